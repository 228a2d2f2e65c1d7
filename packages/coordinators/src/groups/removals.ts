import type { ErrorName } from "@samsa/protocol";
import type { Now, Uuid } from "@samsa/stdx";
import type { CoordinatorShard, Settled } from "../runtime/coordinator-shard.ts";
import type { ClassicGroup } from "./classic/classic-group.ts";
import { groupTombstone } from "./classic/classic-records.ts";
import type { Rebalances } from "./classic/rebalances.ts";
import type { ConsumerGroupState } from "./consumer/consumer-group-state.ts";
import type { ConsumerGroups } from "./consumer/consumer-groups.ts";
import { groupTombstones } from "./consumer/consumer-records.ts";
import { GroupDraft } from "./consumer/group-draft.ts";
import type { GroupConfig } from "./group-config.ts";
import { consumerGroupsOf, type GroupsState, offsetsOf } from "./groups-state.ts";
import { expiredOffsets } from "./offsets/offset-expiry.ts";
import { readersOfConsumer } from "./offsets/offset-readers.ts";
import { offsetTombstone } from "./offsets/offset-records.ts";
import type { GroupRecord } from "./records/group-record.ts";
import { recordBatches } from "./records/record-batches.ts";

export interface RemovalsOptions {
  readonly config: GroupConfig;
  readonly shard: CoordinatorShard<GroupsState, GroupRecord>;
  /** All that there are in memory. */
  readonly classic: Map<string, ClassicGroup>;
  readonly rebalances: Rebalances;
  readonly consumers: ConsumerGroups;
}

/** Whether there is this topic, and not only another one of the name; the zero id: of an offset that was written without. */
export type IsTopicThere = (topic: string, topicId: Uuid) => boolean;

/** How groups and offsets go: deleted, expired, or of topics that are not there any more. */
export class Removals {
  private readonly options: RemovalsOptions;

  constructor(options: RemovalsOptions) {
    this.options = options;
  }

  private get state(): GroupsState {
    return this.options.shard.state;
  }

  /** With its offsets. At once for who asks, so that nobody joins what is about to go; it is back where the log did not take it. */
  removeClassic(group: ClassicGroup, offsets: readonly GroupRecord[], settled: Settled, now: Now): void {
    const { rebalances, classic, shard } = this.options;
    const { groupId } = group;
    rebalances.forget(group);
    classic.delete(groupId);
    const done: Settled = (error, at) => {
      // What takes too long is in the log all the same.
      const isRefused = error !== undefined && error !== "REQUEST_TIMED_OUT";
      if (isRefused && !classic.has(groupId) && shard.isActive) classic.set(groupId, group);
      settled(error, at);
    };
    const failure = this.writeInBatches(offsets, now);
    if (failure !== undefined) done(failure, now);
    else shard.write([groupTombstone(groupId)], done, now);
  }

  removeConsumer(group: ConsumerGroupState, offsets: readonly GroupRecord[], settled: Settled, now: Now): void {
    const failure = this.writeInBatches(offsets, now);
    if (failure !== undefined) return settled(failure, now);
    const draft = new GroupDraft(group.groupId, group);
    draft.write(...groupTombstones(group));
    this.options.consumers.write(draft, settled, now);
  }

  /** Offsets of topics that are not there any more: nobody can read at them again, and a topic made under the name of one begins anew. */
  forgetTopics(isThere: IsTopicThere, now: Now): void {
    const tombstones: GroupRecord[] = [];
    for (const [group, offsets] of this.state.offsets.entries())
      for (const { topic, topicId, partition } of offsets.values()) if (!isThere(topic, topicId)) tombstones.push(offsetTombstone({ group, topic, partition }));
    this.writeInBatches(tombstones, now);
  }

  /** Offsets that have expired go, and groups that have neither members nor offsets. */
  expire(now: Now): void {
    const { config, classic } = this.options;
    const limits = { wallMs: now.wallMs, retentionMs: config.offsetsRetentionMs };
    for (const group of Array.from(classic.values())) {
      const offsets = offsetsOf(this.state, group.groupId);
      const tombstones = expiredOffsets(group.groupId, offsets, group, limits);
      if (group.state === "Empty" && tombstones.length === offsets.size && group.pendingMembers.size === 0)
        this.removeClassic(group, tombstones, () => {}, now);
      else this.writeInBatches(tombstones, now);
    }
    for (const group of consumerGroupsOf(this.state)) {
      const offsets = offsetsOf(this.state, group.groupId);
      const tombstones = expiredOffsets(group.groupId, offsets, readersOfConsumer(group), limits);
      if (group.members.size === 0 && tombstones.length === offsets.size) this.removeConsumer(group, tombstones, () => {}, now);
      else this.writeInBatches(tombstones, now);
    }
  }

  /** Why the log has not taken all of them, where it says so at once: a group is not gone as long as one of its offsets is there. */
  writeInBatches(records: readonly GroupRecord[], now: Now): ErrorName | undefined {
    let failure: ErrorName | undefined;
    let isAppending = true;
    const settled: Settled = (error) => {
      if (isAppending) failure ??= error;
    };
    for (const batch of recordBatches(records)) this.options.shard.write(batch, settled, now);
    isAppending = false;
    return failure;
  }
}
