import type { ErrorName } from "@samsa/protocol";
import type { Now, Uuid } from "@samsa/stdx";
import type { CoordinatorShard, Settled } from "../runtime/coordinator-shard.ts";
import { ClassicGroup } from "./classic/classic-group.ts";
import { groupTombstone } from "./classic/classic-records.ts";
import type { Rebalances } from "./classic/rebalances.ts";
import type { ConsumerGroupState } from "./consumer/consumer-group-state.ts";
import type { ConsumerGroups } from "./consumer/consumer-groups.ts";
import { groupTombstones } from "./consumer/consumer-records.ts";
import { GroupDraft } from "./consumer/group-draft.ts";
import { isTooLarge } from "./consumer/write-draft.ts";
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

/** What became of these records: why the log has not taken them, if it has not. */
type ToldOfBatch = (error: ErrorName | undefined, records: readonly GroupRecord[]) => void;

/** That go because nobody needs them: each is a decision with batches of its own. The others have to wait for the next time. */
const CONSUMER_GROUPS_AT_A_TIME_MAX = 1_000;

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
    this.takeOut(group);
    const done: Settled = (error, at) => {
      this.putBack(group, error);
      settled(error, at);
    };
    const failure = this.writeInBatches(offsets, now);
    if (failure !== undefined) done(failure, now);
    else this.options.shard.write([groupTombstone(group.groupId)], done, now);
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

  /**
   * Offsets that have expired go, and groups that have neither members nor offsets. There may be tens of thousands of them at once: most share their batches,
   * for each batch takes one of the answers that may wait.
   */
  expire(now: Now): void {
    const { config, classic } = this.options;
    const limits = { wallMs: now.wallMs, retentionMs: config.offsetsRetentionMs };
    const expired: GroupRecord[] = [];
    const gone: { readonly group: ClassicGroup | ConsumerGroupState; readonly tombstones: readonly GroupRecord[] }[] = [];
    for (const group of classic.values()) {
      const offsets = offsetsOf(this.state, group.groupId);
      const tombstones = expiredOffsets(group.groupId, offsets, group, limits);
      for (const tombstone of tombstones) expired.push(tombstone);
      if (group.state === "Empty" && tombstones.length === offsets.size && group.pendingMembers.size === 0) gone.push({ group, tombstones });
    }
    let consumerGroups = 0;
    for (const group of consumerGroupsOf(this.state)) {
      const offsets = offsetsOf(this.state, group.groupId);
      const tombstones = expiredOffsets(group.groupId, offsets, readersOfConsumer(group), limits);
      for (const tombstone of tombstones) expired.push(tombstone);
      const isGone = group.members.size === 0 && tombstones.length === offsets.size;
      if (isGone && consumerGroups++ < CONSUMER_GROUPS_AT_A_TIME_MAX) gone.push({ group, tombstones });
    }
    const refused = new Set<GroupRecord>();
    this.eachBatch(expired, (error, records) => (error === undefined ? undefined : records.forEach((record) => refused.add(record))), now);
    const groups = gone.filter(({ tombstones }) => !tombstones.some((record) => refused.has(record))).map(({ group }) => group);
    this.removeAllClassic(
      groups.filter((group) => group instanceof ClassicGroup),
      now,
    );
    for (const group of groups) if (!(group instanceof ClassicGroup)) this.removeConsumer(group, [], () => {}, now);
  }

  /** Why the log has not taken all of them, where it says so at once: a group is not gone as long as one of its offsets is there. */
  writeInBatches(records: readonly GroupRecord[], now: Now): ErrorName | undefined {
    let failure: ErrorName | undefined;
    let isAppending = true;
    const told = (error: ErrorName | undefined): void => {
      if (isAppending) failure ??= error;
    };
    this.eachBatch(records, told, now);
    isAppending = false;
    return failure;
  }

  /** Their offsets are out of the log. */
  private removeAllClassic(groups: readonly ClassicGroup[], now: Now): void {
    const byTombstone = new Map(groups.map((group): [GroupRecord, ClassicGroup] => [groupTombstone(group.groupId), group]));
    for (const group of groups) this.takeOut(group);
    const told = (error: ErrorName | undefined, records: readonly GroupRecord[]): void => {
      for (const group of records.flatMap((record) => byTombstone.get(record) ?? [])) this.putBack(group, error);
    };
    this.eachBatch([...byTombstone.keys()], told, now);
  }

  private takeOut(group: ClassicGroup): void {
    const { rebalances, classic } = this.options;
    rebalances.forget(group);
    classic.delete(group.groupId);
  }

  /** It is not gone where the log has refused that. What takes too long is in the log all the same. */
  private putBack(group: ClassicGroup, error: ErrorName | undefined): void {
    const { classic, shard } = this.options;
    const isRefused = error !== undefined && error !== "REQUEST_TIMED_OUT";
    if (isRefused && !classic.has(group.groupId) && shard.isActive) classic.set(group.groupId, group);
  }

  /** In their order. `told`: what has become of each batch, at once where the log does not take it. */
  private eachBatch(records: readonly GroupRecord[], told: ToldOfBatch, now: Now): void {
    for (const batch of recordBatches(records)) this.writeInHalves(batch, told, now);
  }

  /** As large as the log takes them: it may be set to smaller batches than most are. */
  private writeInHalves(records: readonly GroupRecord[], told: ToldOfBatch, now: Now): void {
    let isAppending = true;
    let isSplit = false;
    const settled: Settled = (error) => {
      isSplit = isAppending && isTooLarge(error) && records.length > 1;
      if (!isSplit) told(error, records);
    };
    this.options.shard.write(records, settled, now);
    isAppending = false;
    if (!isSplit) return;
    const half = Math.ceil(records.length / 2);
    this.writeInHalves(records.slice(0, half), told, now);
    this.writeInHalves(records.slice(half), told, now);
  }
}
