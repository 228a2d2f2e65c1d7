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
import { ConsumerGroups, type ConsumerHeartbeat } from "./consumer/consumer-groups.ts";
import type { ConsumerGroupState } from "./consumer/consumer-group-state.ts";
import { groupTombstones } from "./consumer/consumer-records.ts";
import {
  consumerGroupNotDescribed,
  describeConsumerGroup,
  descriptionSize,
  type DescribedConsumerGroup,
  listConsumerGroup,
} from "./consumer/describe-consumer-group.ts";
import { GroupDraft } from "./consumer/group-draft.ts";
import type { Refusal } from "./consumer/refusal.ts";
import type { TopicsView } from "./consumer/topics-view.ts";
import { type CommitPermission, consumerCommitPermission, consumerFetchRefusal } from "./consumer/validate-consumer-commit.ts";
import { describeClassicGroup, type DescribedGroup, describeMissingGroup, listClassicGroup, type ListedGroup } from "./describe-group.ts";
import type { GroupConfig } from "./group-config.ts";
import { consumerGroupOf, EMPTY_GROUPS, type GroupsState, consumerGroupsOf, offsetsOf, replayGroupRecords } from "./groups-state.ts";
import { commitFailed, commitOffsets } from "./offsets/commit-offsets.ts";
import { deleteOffsets, offsetDeleteFailed } from "./offsets/delete-offsets.ts";
import { type FetchedGroup, type FetchedOffsets, fetchFailed, fetchOffsets } from "./offsets/fetch-offsets.ts";
import { type OffsetReaders, readersOfConsumer } from "./offsets/offset-readers.ts";
import { offsetTombstone } from "./offsets/offset-records.ts";
import type { GroupRecord } from "./records/group-record.ts";
import { type GroupPutAside, judgedGroups } from "./judged-groups.ts";
import { leftBehind, tombstonesOfPieces } from "./left-behind.ts";
import { ClassicMembers } from "./migration/classic-members.ts";
import { downgrade } from "./migration/downgrade.ts";
import { upgrade } from "./migration/upgrade.ts";
import { type IsTopicThere, Removals } from "./removals.ts";
import { canBeSaidAgain, isSayableGroupId } from "./said-again.ts";

export interface GroupCoordinatorOptions {
  readonly config: GroupConfig;
  readonly log: CoordinatorLog<GroupRecord>;
  readonly prng: Prng;
  /** The newest committed metadata that this broker has applied. */
  readonly topics: () => TopicsView;
}

const CLEANUP = "cleanup";

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
  private readonly consumers: ConsumerGroups;
  private readonly classicMembers: ClassicMembers;
  private readonly removals: Removals;
  private readonly topics: () => TopicsView;

  constructor({ config, log, prng, topics }: GroupCoordinatorOptions) {
    this.config = config;
    this.topics = topics;
    this.shard = new CoordinatorShard({ initial: EMPTY_GROUPS, replay: replayGroupRecords, log, writeTimeoutMs: config.offsetsCommitTimeoutMs });
    const write = (records: readonly GroupRecord[], settled: Settled, now: Now): void => this.shard.write(records, settled, now);
    this.rebalances = new Rebalances({ config, timers: this.timers, write });
    this.joins = new Joins({ config, prng, rebalances: this.rebalances, write });
    this.syncs = new Syncs({ rebalances: this.rebalances, write });
    this.consumers = new ConsumerGroups({
      config: config.consumer,
      timers: this.timers,
      prng,
      topics,
      write,
      group: (groupId) => this.consumerGroup(groupId),
      isClassic: (groupId) => this.classic.has(groupId),
      tombstonesOfPieces: (groupId) => tombstonesOfPieces(this.shard.state, groupId),
      takeOver: (groupId) => this.takeOver(groupId),
      downgrade: (group, { wallMs }) => downgrade(group, config, topics(), wallMs),
      downgraded: (group, now) => this.downgraded(group, now),
    });
    this.classicMembers = new ClassicMembers({ consumers: this.consumers, group: (groupId) => this.consumerGroup(groupId), topics, prng });
    const { shard, classic, rebalances, consumers } = this;
    this.removals = new Removals({ config, shard, classic, rebalances, consumers });
  }

  /** Before that nothing may be asked of it. */
  get isActive(): boolean {
    return this.shard.isActive;
  }

  /** What is committed of all its groups, for whoever compares it with the log. */
  get committed(): GroupsState {
    return this.shard.committedState;
  }

  get nextDeadlineUs(): Micros | undefined {
    return earlier(this.shard.nextDeadlineUs, this.timers.nextDeadlineUs);
  }

  /** The next committed batch of the log. */
  loaded(records: readonly GroupRecord[], endOffset: Offset): void {
    this.shard.loaded(records, endOffset);
  }

  /**
   * The log is replayed up to the start of this leader epoch: the members of its groups have their session time-outs from now on. Groups whose records
   * disagree are put aside, and taken out of the log.
   */
  opened(now: Now): readonly GroupPutAside[] {
    const { state, putAside } = judgedGroups(this.shard.state);
    this.shard.opened(state);
    for (const [groupId, value] of state.classic.entries()) {
      if (consumerGroupOf(state, groupId) !== undefined) continue;
      const group = ClassicGroup.loaded(groupId, value);
      this.classic.set(groupId, group);
      for (const member of group.members) this.rebalances.heardOf(group, member, now);
      if (group.size > this.config.maxSize || group.isUnassigned) this.rebalances.prepare(group, now);
    }
    for (const group of this.consumerGroups()) this.consumers.opened(group, now);
    // Offsets of a group without a record of its own, as an operator may have written them.
    for (const [groupId] of state.offsets.entries())
      if (!this.classic.has(groupId) && this.consumerGroup(groupId) === undefined) this.classic.set(groupId, new ClassicGroup(groupId, now.wallMs));
    this.scheduleCleanup(now);
    const classicPutAside = putAside.flatMap(({ type, groupId }) => (type === "classic" ? [groupTombstone(groupId)] : []));
    this.removals.writeInBatches([...leftBehind(this.shard.state), ...classicPutAside], now);
    return putAside;
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

  /** Topics have come or gone, or have more partitions. */
  topicsChanged(now: Now): void {
    this.consumers.topicsChanged(this.consumerGroups(), now);
  }

  consumerGroupHeartbeat(heartbeat: ConsumerHeartbeat, now: Now): void {
    const { groupId } = heartbeat.request;
    this.consumers.heartbeat(heartbeat, now);
    const classic = this.classic.get(groupId);
    if (classic !== undefined && this.consumerGroup(groupId) !== undefined) this.drop(classic, now);
  }

  joinGroup(join: Join, now: Now): void {
    const { groupId, sessionTimeoutMs, memberId } = join.request;
    const { minSessionTimeoutMs, maxSessionTimeoutMs } = this.config;
    if (groupId === "" || !isSayableGroupId(groupId)) return join.answer(joinFailed("INVALID_GROUP_ID", memberId));
    if (!canBeSaidAgain({ ...join.request, clientId: join.client.clientId })) return join.answer(joinFailed("INVALID_REQUEST", memberId));
    if (sessionTimeoutMs < minSessionTimeoutMs || sessionTimeoutMs > maxSessionTimeoutMs) return join.answer(joinFailed("INVALID_SESSION_TIMEOUT", memberId));
    const consumers = this.consumerGroup(groupId);
    if (consumers !== undefined && consumers.members.size > 0) return this.classicMembers.join(consumers, join, now);
    const known = this.classic.get(groupId);
    if (known === undefined && memberId !== "") return join.answer(joinFailed("UNKNOWN_MEMBER_ID", memberId));
    if (consumers !== undefined && !this.giveBack(consumers, now)) return join.answer(joinFailed("COORDINATOR_NOT_AVAILABLE", memberId));
    const group = known ?? new ClassicGroup(groupId, now.wallMs);
    if (known === undefined) this.classic.set(groupId, group);
    this.joins.join(group, join, now);
    if (known === undefined) this.record(group, now);
  }

  syncGroup(sync: Sync, now: Now): void {
    const group = this.classic.get(sync.request.groupId);
    if (sync.request.groupId === "") return sync.answer(syncFailed("INVALID_GROUP_ID"));
    const consumers = this.consumerGroup(sync.request.groupId);
    if (consumers !== undefined) return this.classicMembers.sync(consumers, sync, now);
    if (group === undefined) return sync.answer(syncFailed("UNKNOWN_MEMBER_ID"));
    this.syncs.sync(group, sync, now);
  }

  heartbeat(request: HeartbeatRequest, now: Now): ErrorName {
    if (request.groupId === "") return "INVALID_GROUP_ID";
    const consumers = this.consumerGroup(request.groupId);
    if (consumers !== undefined) return this.classicMembers.heartbeat(consumers, request, now);
    const group = this.classic.get(request.groupId);
    return group === undefined ? "UNKNOWN_MEMBER_ID" : heartbeat(group, request, this.rebalances, now);
  }

  /** One outcome a member, or one of all of them. */
  leaveGroup(groupId: string, members: LeaveGroupRequest["members"], answer: (outcome: ErrorName | readonly ErrorName[]) => void, now: Now): void {
    if (groupId === "") return answer("INVALID_GROUP_ID");
    const consumers = this.consumerGroup(groupId);
    if (consumers !== undefined) return this.classicMembers.leave(consumers, members, answer, now);
    const group = this.classic.get(groupId);
    if (group === undefined) return answer(members.map(() => "UNKNOWN_MEMBER_ID"));
    answer(group.state === "Dead" ? "COORDINATOR_NOT_AVAILABLE" : leave(group, members, this.rebalances, now));
  }

  offsetCommit(request: OffsetCommitRequest, apiVersion: number, answer: (response: OffsetCommitResponse) => void, now: Now): void {
    const permission = this.commitPermission(request, apiVersion, now);
    if (typeof permission === "string") return answer(commitFailed(request, permission));
    const { records, response } = commitOffsets(request, this.config, permission ?? (() => undefined), now);
    this.shard.write(records, (error) => answer(error === undefined ? response : commitFailed(request, errorOfWrite(error))), now);
  }

  /** Of what is committed in the log: nobody is told an offset that may still be lost. */
  offsetFetch(group: FetchedGroup): FetchedOffsets {
    const consumers = consumerGroupOf(this.shard.committedState, group.groupId);
    const refusal = consumers === undefined ? undefined : consumerFetchRefusal(consumers, group);
    if (refusal !== undefined) return fetchFailed(group.groupId, refusal);
    return fetchOffsets(group, offsetsOf(this.shard.committedState, group.groupId));
  }

  offsetDelete(request: OffsetDeleteRequest, answer: (response: OffsetDeleteResponse) => void, now: Now): void {
    const { groupId } = request;
    const group = this.readersOf(groupId);
    if (group === undefined || group.state === "Dead") return answer(offsetDeleteFailed("GROUP_ID_NOT_FOUND"));
    const { records, response } = deleteOffsets(request, group, offsetsOf(this.shard.state, groupId));
    this.shard.write(records, (error) => answer(error === undefined ? response : offsetDeleteFailed(errorOfWrite(error))), now);
  }

  describeGroup(groupId: string, apiVersion: number): DescribedGroup {
    const group = this.classicOf(groupId);
    if (group !== undefined) return describeClassicGroup(group);
    const because =
      consumerGroupOf(this.shard.committedState, groupId) === undefined ? `Group ${groupId} not found.` : `Group ${groupId} is not a classic group.`;
    return describeMissingGroup(groupId, apiVersion, because);
  }

  /** About how many bytes its description will take. */
  consumerGroupDescriptionSize(groupId: string): number {
    const group = consumerGroupOf(this.shard.committedState, groupId);
    return group === undefined ? 0 : descriptionSize(group, this.topics());
  }

  /** Of what is committed, as Kafka does. */
  describeConsumerGroup(groupId: string): DescribedConsumerGroup {
    const group = consumerGroupOf(this.shard.committedState, groupId);
    if (group !== undefined) return describeConsumerGroup(group, this.topics(), this.config.consumer.assignors);
    const because = this.classicOf(groupId) !== undefined ? `Group ${groupId} is not a consumer group.` : `Group ${groupId} not found.`;
    return consumerGroupNotDescribed(groupId, "GROUP_ID_NOT_FOUND", because);
  }

  /** What they are described as. */
  listGroups(): readonly ListedGroup[] {
    const { committedState } = this.shard;
    const migrating = consumerGroupsOf(this.shard.state).filter(({ groupId }) => consumerGroupOf(committedState, groupId) === undefined);
    const classic = [...this.classic.keys(), ...migrating.map(({ groupId }) => groupId)].flatMap((groupId) => this.classicOf(groupId) ?? []);
    return [...classic.map(listClassicGroup), ...consumerGroupsOf(committedState).map(listConsumerGroup)];
  }

  /** A group without members, with its offsets. */
  deleteGroup(groupId: string, answer: (error: ErrorName) => void, now: Now): void {
    if (groupId === "") return answer("INVALID_GROUP_ID");
    const group = this.readersOf(groupId);
    if (group === undefined || group.state === "Dead") return answer("GROUP_ID_NOT_FOUND");
    if (group.state !== "Empty") return answer("NON_EMPTY_GROUP");
    const offsets = Array.from(offsetsOf(this.shard.state, groupId).values(), ({ topic, partition }) => offsetTombstone({ group: groupId, topic, partition }));
    const settled: Settled = (error) => answer(error === undefined ? "NONE" : errorOfWrite(error));
    const classic = this.classic.get(groupId);
    const consumer = this.consumerGroup(groupId);
    if (consumer !== undefined) this.removals.removeConsumer(consumer, offsets, settled, now);
    else if (classic !== undefined) this.removals.removeClassic(classic, offsets, settled, now);
  }

  /** Offsets of topics that are not there any more: nobody can read at them again, and a topic made under the name of one begins anew. */
  forgetTopics(isThere: IsTopicThere, now: Now): void {
    this.removals.forgetTopics(isThere, now);
  }

  private commitPermission(request: OffsetCommitRequest, apiVersion: number, now: Now): CommitPermission {
    const { groupId } = request;
    const consumers = this.consumerGroup(groupId);
    if (consumers !== undefined) return consumerCommitPermission(consumers, request, apiVersion, this.topics());
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

  /** For who looks on: of a group that has become another kind, or is about to, what is committed. */
  private classicOf(groupId: string): ClassicGroup | undefined {
    const { committedState } = this.shard;
    if (consumerGroupOf(committedState, groupId) !== undefined) return undefined;
    const value = this.consumerGroup(groupId) === undefined ? undefined : committedState.classic.get(groupId);
    return value === undefined ? this.classic.get(groupId) : ClassicGroup.loaded(groupId, value);
  }

  private consumerGroup(groupId: string): ConsumerGroupState | undefined {
    return consumerGroupOf(this.shard.state, groupId);
  }

  private consumerGroups(): readonly ConsumerGroupState[] {
    return consumerGroupsOf(this.shard.state);
  }

  private readersOf(groupId: string): OffsetReaders | undefined {
    const consumer = this.consumerGroup(groupId);
    return consumer === undefined ? this.classic.get(groupId) : readersOfConsumer(consumer);
  }

  /** A member comes with the consumer protocol. */
  private takeOver(groupId: string): GroupDraft | Refusal | undefined {
    const group = this.classic.get(groupId);
    const options = { config: this.config.consumer, topics: this.topics(), first: tombstonesOfPieces(this.shard.state, groupId) };
    return group === undefined ? undefined : upgrade(group, options);
  }

  /** The last member with the consumer protocol has gone: those who are left have to join again. */
  private downgraded(group: ClassicGroup, now: Now): void {
    this.classic.set(group.groupId, group);
    for (const member of group.members) this.rebalances.heardOf(group, member, now);
    this.rebalances.prepare(group, now);
  }

  /** A member comes with the classic protocol: a consumer group that nobody is in makes room, and its offsets stay. False: the log takes nothing. */
  private giveBack(group: ConsumerGroupState, now: Now): boolean {
    const draft = new GroupDraft(group.groupId, group);
    draft.write(...groupTombstones(group));
    return this.consumers.write(draft, () => {}, now);
  }

  /** It is a consumer group now. */
  private drop(group: ClassicGroup, now: Now): void {
    this.rebalances.forget(group);
    this.classic.delete(group.groupId);
    // What it has written and is not told of yet must not have it go on.
    group.goTo("Dead", now.wallMs);
    for (const member of group.members) this.rebalances.answerWaiting(member, "REBALANCE_IN_PROGRESS");
  }

  private scheduleCleanup(now: Now): void {
    this.timers.schedule(CLEANUP, this.config.offsetsRetentionCheckIntervalMs, (at) => this.cleanUp(at), now);
  }

  private cleanUp(now: Now): void {
    this.removals.expire(now);
    this.scheduleCleanup(now);
  }
}
