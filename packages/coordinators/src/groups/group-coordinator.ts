import {
  type ErrorName,
  type HeartbeatRequest,
  type LeaveGroupRequest,
  type OffsetCommitRequest,
  type OffsetCommitResponse,
  type OffsetDeleteRequest,
  type OffsetDeleteResponse,
} from "@samsa/protocol";
import { earlier, type Micros, type Now, type Offset, type Prng } from "@samsa/stdx";
import type { CoordinatorLog } from "../runtime/coordinator-log.ts";
import { CoordinatorShard, type Settled } from "../runtime/coordinator-shard.ts";
import { Timers } from "../runtime/timers.ts";
import { errorOfWrite } from "../runtime/write-error.ts";
import { joinFailed, syncFailed } from "./classic/classic-answers.ts";
import { ClassicGroup } from "./classic/classic-group.ts";
import { emptyGroupMetadata, groupTombstone } from "./classic/classic-records.ts";
import { heartbeat } from "./classic/heartbeat.ts";
import { type Join, Joins } from "./classic/join.ts";
import { leave } from "./classic/leave.ts";
import { Rebalances } from "./classic/rebalances.ts";
import { type Sync, Syncs } from "./classic/sync.ts";
import { commitRefusal, isOfNoMember, unknownGroup } from "./classic/validate-commit.ts";
import { describeClassicGroup, type DescribedGroup, describeMissingGroup, listClassicGroup, type ListedGroup } from "./describe-group.ts";
import type { GroupConfig } from "./group-config.ts";
import { EMPTY_GROUPS, type GroupsState, offsetsOf, replayGroupRecords } from "./groups-state.ts";
import { commitFailed, commitOffsets } from "./offsets/commit-offsets.ts";
import { deleteOffsets, offsetDeleteFailed } from "./offsets/delete-offsets.ts";
import { type FetchedGroup, type FetchedOffsets, fetchOffsets } from "./offsets/fetch-offsets.ts";
import { hasExpired } from "./offsets/offset-expiry.ts";
import { offsetTombstone } from "./offsets/offset-records.ts";
import type { GroupRecord } from "./records/group-record.ts";
import { canBeSaidAgain, isSayableGroupId } from "./said-again.ts";

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly log: CoordinatorLog<GroupRecord>;
  readonly prng: Prng;
}

const CLEANUP = "cleanup";
/** Records of one batch where many offsets go at once: it has to fit into the log's largest batch. */
const RECORDS_PER_BATCH_MAX = 1_000;

/**
 * The groups of one partition of `__consumer_offsets`, on its leader, in one leader epoch.
 *
 * What is agreed on lies in the log: offsets, and each group's last generation. Who is about to join, and who was heard of when, is in memory: a new
 * coordinator begins with the members of the last generation, and gives each of them its session time-out anew.
 */
export class GroupCoordinator {
  private readonly config: GroupConfig;
  private readonly shard: CoordinatorShard<GroupsState, GroupRecord>;
  private readonly timers = new Timers();
  private readonly classic = new Map<string, ClassicGroup>();
  private readonly rebalances: Rebalances;
  private readonly joins: Joins;
  private readonly syncs: Syncs;

  constructor({ config, log, prng }: GroupCoordinatorOptions) {
    this.config = config;
    this.shard = new CoordinatorShard({ initial: EMPTY_GROUPS, replay: replayGroupRecords, log, writeTimeoutMs: config.offsetsCommitTimeoutMs });
    const write = (records: readonly GroupRecord[], settled: Settled, now: Now): void => this.shard.write(records, settled, now);
    this.rebalances = new Rebalances({ config, timers: this.timers, write });
    this.joins = new Joins({ config, prng, rebalances: this.rebalances, write });
    this.syncs = new Syncs({ rebalances: this.rebalances, write });
  }

  /** Before that nothing may be asked of it. */
  get isActive(): boolean {
    return this.shard.isActive;
  }

  get nextDeadlineUs(): Micros | undefined {
    return earlier(this.shard.nextDeadlineUs, this.timers.nextDeadlineUs);
  }

  /** The next committed batch of the log. */
  loaded(records: readonly GroupRecord[], endOffset: Offset): void {
    this.shard.loaded(records, endOffset);
  }

  /** The log is replayed up to the start of this leader epoch: the members of its groups have their session time-outs from now on. */
  opened(now: Now): void {
    this.shard.opened();
    for (const [groupId, value] of this.shard.state.classic.entries()) {
      const group = ClassicGroup.loaded(groupId, value);
      this.classic.set(groupId, group);
      for (const member of group.members) this.rebalances.heardOf(group, member, now);
      if (group.size > this.config.maxSize) this.rebalances.prepare(group, now);
    }
    // Offsets of a group without a record of its own, as an operator may have written them.
    for (const [groupId] of this.shard.state.offsets.entries())
      if (!this.classic.has(groupId)) this.classic.set(groupId, new ClassicGroup(groupId, now.wallMs));
    this.scheduleCleanup(now);
  }

  committedTo(highWatermark: Offset, now: Now): void {
    this.shard.committedTo(highWatermark, now);
  }

  deadline(now: Now): void {
    this.shard.deadline(now);
    this.timers.deadline(now);
  }

  /** Another broker coordinates these groups now: whoever waits is told to look for it. */
  close(now: Now): void {
    this.timers.clear();
    this.shard.close(now);
    for (const group of this.classic.values()) for (const member of group.members) this.rebalances.answerWaiting(member, "NOT_COORDINATOR");
    this.classic.clear();
  }

  joinGroup(join: Join, now: Now): void {
    const { groupId, sessionTimeoutMs, memberId } = join.request;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.config;
    if (groupId === "" || !isSayableGroupId(groupId)) return join.answer(joinFailed("INVALID_GROUP_ID", memberId));
    if (!canBeSaidAgain({ ...join.request, clientId: join.client.clientId })) return join.answer(joinFailed("INVALID_REQUEST", memberId));
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) return join.answer(joinFailed("INVALID_SESSION_TIMEOUT", memberId));
    const known = this.classic.get(groupId);
    if (known === undefined && memberId !== "") return join.answer(joinFailed("UNKNOWN_MEMBER_ID", memberId));
    const group = known ?? new ClassicGroup(groupId, now.wallMs);
    if (known === undefined) this.classic.set(groupId, group);
    this.joins.join(group, join, now);
    if (known === undefined) this.record(group, now);
  }

  syncGroup(sync: Sync, now: Now): void {
    const group = this.classic.get(sync.request.groupId);
    if (sync.request.groupId === "") return sync.answer(syncFailed("INVALID_GROUP_ID"));
    if (group === undefined) return sync.answer(syncFailed("UNKNOWN_MEMBER_ID"));
    this.syncs.sync(group, sync, now);
  }

  heartbeat(request: HeartbeatRequest, now: Now): ErrorName {
    if (request.groupId === "") return "INVALID_GROUP_ID";
    const group = this.classic.get(request.groupId);
    return group === undefined ? "UNKNOWN_MEMBER_ID" : heartbeat(group, request, this.rebalances, now);
  }

  /** One outcome a member, or one of all of them. */
  leaveGroup(groupId: string, members: LeaveGroupRequest["members"], now: Now): ErrorName | readonly ErrorName[] {
    if (groupId === "") return "INVALID_GROUP_ID";
    const group = this.classic.get(groupId);
    if (group === undefined) return members.map(() => "UNKNOWN_MEMBER_ID");
    return group.state === "Dead" ? "COORDINATOR_NOT_AVAILABLE" : leave(group, members, this.rebalances, now);
  }

  offsetCommit(request: OffsetCommitRequest, apiVersion: number, answer: (response: OffsetCommitResponse) => void, now: Now): void {
    const refusal = this.commitRefusal(request, apiVersion, now);
    if (refusal !== undefined) return answer(commitFailed(request, refusal));
    const { records, response } = commitOffsets(request, this.config, now);
    this.shard.write(records, (error) => answer(error === undefined ? response : commitFailed(request, errorOfWrite(error))), now);
  }

  /** Of what is committed in the log: nobody is told an offset that may still be lost. */
  offsetFetch(group: FetchedGroup): FetchedOffsets {
    return fetchOffsets(group, offsetsOf(this.shard.committedState, group.groupId));
  }

  offsetDelete(request: OffsetDeleteRequest, answer: (response: OffsetDeleteResponse) => void, now: Now): void {
    const { groupId } = request;
    const group = this.classic.get(groupId);
    if (group === undefined || group.state === "Dead") return answer(offsetDeleteFailed("GROUP_ID_NOT_FOUND"));
    const { records, response } = deleteOffsets(request, group, offsetsOf(this.shard.state, groupId));
    this.shard.write(records, (error) => answer(error === undefined ? response : offsetDeleteFailed(errorOfWrite(error))), now);
  }

  describeGroup(groupId: string, apiVersion: number): DescribedGroup {
    const group = this.classic.get(groupId);
    return group === undefined ? describeMissingGroup(groupId, apiVersion) : describeClassicGroup(group);
  }

  listGroups(): readonly ListedGroup[] {
    return Array.from(this.classic.values(), listClassicGroup);
  }

  /** A group without members, with its offsets. */
  deleteGroup(groupId: string, answer: (error: ErrorName) => void, now: Now): void {
    if (groupId === "") return answer("INVALID_GROUP_ID");
    const group = this.classic.get(groupId);
    if (group === undefined || group.state === "Dead") return answer("GROUP_ID_NOT_FOUND");
    if (group.state !== "Empty") return answer("NON_EMPTY_GROUP");
    const offsets = Array.from(offsetsOf(this.shard.state, groupId).values(), ({ topic, partition }) => offsetTombstone({ group: groupId, topic, partition }));
    this.remove(group, offsets, (error) => answer(error === undefined ? "NONE" : errorOfWrite(error)), now);
  }

  /** Offsets of topics that are not there any more: nobody can read at them again, and a topic made under the name of one begins anew. */
  forgetTopics(isThere: (topic: string) => boolean, now: Now): void {
    const tombstones: GroupRecord[] = [];
    for (const [group, offsets] of this.shard.state.offsets.entries())
      for (const { topic, partition } of offsets.values()) if (!isThere(topic)) tombstones.push(offsetTombstone({ group, topic, partition }));
    this.writeInBatches(tombstones, () => {}, now);
  }

  private commitRefusal(request: OffsetCommitRequest, apiVersion: number, now: Now): ErrorName | undefined {
    const { groupId } = request;
    const group = this.classic.get(groupId);
    if (group !== undefined) {
      const refusal = commitRefusal(group, request);
      if (refusal !== undefined) return refusal;
      // With the classic protocol commits are heartbeats, too.
      const member = group.member(request.memberId);
      if (member !== undefined && (group.state === "Stable" || group.state === "PreparingRebalance")) this.rebalances.heardOf(group, member, now);
      return undefined;
    }
    if (!isOfNoMember(request)) return unknownGroup(apiVersion);
    const simple = new ClassicGroup(groupId, now.wallMs);
    this.classic.set(groupId, simple);
    this.record(simple, now);
    return undefined;
  }

  /** A group that has just been made: without a record it would be known here and to no other coordinator. */
  private record(group: ClassicGroup, now: Now): void {
    const settled: Settled = (error) => {
      // What takes too long is in the log all the same.
      if (error === undefined || error === "REQUEST_TIMED_OUT" || this.classic.get(group.groupId) !== group || group.generation > 0) return;
      this.rebalances.forget(group);
      this.classic.delete(group.groupId);
      for (const member of group.members) this.rebalances.answerWaiting(member, errorOfWrite(error));
    };
    this.shard.write([emptyGroupMetadata(group)], settled, now);
  }

  /** At once for who asks, so that nobody joins what is about to go; it is back where the log did not take it. */
  private remove(group: ClassicGroup, offsets: readonly GroupRecord[], settled: Settled, now: Now): void {
    const { groupId } = group;
    this.rebalances.forget(group);
    this.classic.delete(groupId);
    let failure: ErrorName | undefined;
    const failed: Settled = (error) => (failure ??= error);
    const done: Settled = (error, at) => {
      // What takes too long is in the log all the same.
      const isRefused = error !== undefined && error !== "REQUEST_TIMED_OUT";
      if (isRefused && !this.classic.has(groupId) && this.shard.isActive) this.classic.set(groupId, group);
      settled(error, at);
    };
    this.writeInBatches(offsets, failed, now);
    // An append is refused at once: a group is not gone as long as one of its offsets is there.
    if (failure !== undefined) done(failure, now);
    else this.shard.write([groupTombstone(groupId)], done, now);
  }

  private scheduleCleanup(now: Now): void {
    this.timers.schedule(CLEANUP, this.config.offsetsRetentionCheckIntervalMs, (at) => this.cleanUp(at), now);
  }

  /** Offsets that have expired go, and groups that have neither members nor offsets. */
  private cleanUp(now: Now): void {
    const { wallMs } = now;
    const retentionMs = this.config.offsetsRetentionMs;
    for (const group of Array.from(this.classic.values())) {
      const { groupId } = group;
      const offsets = offsetsOf(this.shard.state, groupId);
      const expired = Array.from(offsets.values()).filter((offset) => hasExpired(offset, group, { wallMs, retentionMs }));
      const tombstones = expired.map(({ topic, partition }) => offsetTombstone({ group: groupId, topic, partition }));
      if (group.state === "Empty" && expired.length === offsets.size && group.pendingMembers.size === 0) this.remove(group, tombstones, () => {}, now);
      else this.writeInBatches(tombstones, () => {}, now);
    }
    this.scheduleCleanup(now);
  }

  private writeInBatches(records: readonly GroupRecord[], settled: Settled, now: Now): void {
    for (let from = 0; from < records.length; from += RECORDS_PER_BATCH_MAX) this.shard.write(records.slice(from, from + RECORDS_PER_BATCH_MAX), settled, now);
  }
}
