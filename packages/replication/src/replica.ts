import { invariant, type LeaderEpoch, type Micros, NO_EPOCH, type NodeId, type Now, offset, type Offset, type PartitionEpoch, type Uuid } from "@samsa/stdx";
import { deleteBefore } from "./delete-records.ts";
import { consumersDivergence, divergenceOf, epochEndOf } from "./divergence.ts";
import { type ApplyOutcome, type FetchedFromLeader, type FetchPosition, Follower, type FollowerState } from "./follower.ts";
import { HighWatermark } from "./high-watermark.ts";
import { IsrChanges } from "./isr-changes.ts";
import { Leader, type LeaderState, type ReadReplica } from "./leader.ts";
import { listOffset, visibleTo } from "./list-offset.ts";
import {
  type Acks,
  type AckWait,
  type DeleteOutcome,
  type EpochEndOutcome,
  failed,
  type Failed,
  type Fetched,
  type FetchOutcome,
  type ListOffsetOutcome,
  type ProduceOutcome,
  type RecordsDeletion,
  type ReplicaError,
} from "./outcomes.ts";
import { lastStableOffsetOf, recordsOf, withAborted } from "./log-reads.ts";
import type { BrokerView, IsrAnswer, ListenerOf } from "./replica-listener.ts";
import type { ConsumerFetch, OffsetRequest, ReplicaFetch } from "./replica-requests.ts";
import { refuseFollower } from "./refuse-follower.ts";
import { type EpochRule, inEpoch, stillLeads } from "./role-in-epoch.ts";
import { type Offline, offlineIn, type Role, UNASSIGNED } from "./replica-role.ts";
import type { BatchCodecs, EpochEnd, LogListener, ReplicaLog } from "./replica-log.ts";

/** Whom a replica calls; see `ListenerOf`. */
export type ReplicaListener = ListenerOf<Replica>;

export interface ReplicaOptions {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly self: NodeId;
  readonly log: ReplicaLog;
  readonly listener: ReplicaListener;
  readonly replicaLagTimeMaxMs: number;
}

/**
 * One replica of one partition. Its role follows the committed metadata: see `Role`.
 *
 * Between calls: logStartOffset ≤ highWatermark ≤ writtenEnd. The high watermark goes back only where the log is cut below it.
 */
export class Replica implements LogListener {
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly self: NodeId;
  readonly log: ReplicaLog;
  private readonly listener: ReplicaListener;
  private readonly replicaLagTimeMaxMs: number;
  private readonly committed: HighWatermark;
  private readonly isrChanges: IsrChanges;
  private current: Role;

  constructor(options: ReplicaOptions) {
    this.topic = options.topic;
    this.topicId = options.topicId;
    this.partition = options.partition;
    this.self = options.self;
    this.log = options.log;
    this.replicaLagTimeMaxMs = options.replicaLagTimeMaxMs;
    const { listener } = options;
    this.listener = listener;
    this.committed = new HighWatermark(this.log, (value, now, hasFallen) => this.highWatermarkMoved(value, now, hasFallen));
    this.isrChanges = new IsrChanges({
      topicId: options.topicId,
      partition: options.partition,
      alterIsr: (change, now) => listener.alterIsr(this, change, now),
      brokerView: (id) => listener.brokerView(id),
      ownBrokerEpoch: () => listener.ownBrokerEpoch,
    });
    this.current = this.followerOf(UNASSIGNED);
  }

  get role(): Role["type"] {
    return this.current.type;
  }

  get leaderEpoch(): LeaderEpoch {
    return this.current.leaderEpoch;
  }

  get partitionEpoch(): PartitionEpoch {
    return this.current.partitionEpoch;
  }

  /** −1: nobody. */
  get leader(): NodeId {
    return this.current.leader;
  }

  /** As the controller committed it, as far as this replica knows. */
  get isr(): readonly NodeId[] {
    return this.current.isr;
  }

  /** On a leader with a proposal in flight: whoever may be in the ISR already, or still. */
  get maximalIsr(): readonly NodeId[] {
    return this.current.type === "leader" ? this.current.isrState.maximalIsr : this.current.isr;
  }

  /** Records below it are committed: no clean election can lose them. */
  get highWatermark(): Offset {
    return this.committed.value;
  }

  /** Below it every transaction is decided, and its marker committed: logStartOffset ≤ lastStableOffset ≤ highWatermark. */
  get lastStableOffset(): Offset {
    return lastStableOffsetOf(this.log, this.highWatermark);
  }

  /** Leaders only; false otherwise. */
  get isUnderMinIsr(): boolean {
    return this.current.type === "leader" && this.current.isUnderMinIsr;
  }

  /** The smaller of min.insync.replicas and the number of replicas; undefined on others than the leader. */
  get effectiveMinIsr(): number | undefined {
    return this.current.type === "leader" ? this.current.effectiveMinIsr : undefined;
  }

  /** Once, when the log was read: what an earlier process knew to be committed, as far as the log still has it. */
  restoreHighWatermark(known: number | undefined, now: Now): void {
    const { logStartOffset, writtenEnd } = this.log;
    this.committed.advanceTo(offset(Math.min(Math.max(known ?? logStartOffset, logStartOffset), writtenEnd)), now);
  }

  becomeLeader(state: LeaderState, now: Now): void {
    const { current } = this;
    if (current.type === "offline") return this.stayOffline(current, { ...state, leader: this.self });
    if (state.leaderEpoch < current.leaderEpoch) return;
    if (state.leaderEpoch === current.leaderEpoch) {
      invariant(current.type === "leader", "a leader has an epoch of its own", { topic: this.topic, partition: this.partition, epoch: state.leaderEpoch });
      return this.updateLeader(current, state, now);
    }
    // Else offsets that an earlier incarnation gave away in this epoch would be given again.
    invariant(state.leaderEpoch > this.log.latestEpoch, "a leader's epoch is new to its log", { epoch: state.leaderEpoch, latest: this.log.latestEpoch });
    const epochStartOffset = this.log.appendedEnd;
    this.log.assignEpoch(state.leaderEpoch);
    this.current = new Leader({ self: this.self, state, epochStartOffset, replicaLagTimeMaxMs: this.replicaLagTimeMaxMs, now });
    this.listener.trace({ kind: "became-leader", topic: this.topic, partition: this.partition, leaderEpoch: state.leaderEpoch, startOffset: epochStartOffset });
    this.committed.raiseToLogStart(now);
    this.leaderMoved(this.current, now);
    this.listener.deadlineMoved(this);
    this.listener.stateChanged(this, now);
  }

  becomeFollower(state: FollowerState, now: Now): void {
    const { current } = this;
    if (current.type === "offline") return this.stayOffline(current, state);
    if (state.leaderEpoch < current.leaderEpoch) return;
    if (state.leaderEpoch === current.leaderEpoch) {
      const { topic, partition } = this;
      invariant(current.type === "follower", "a leader steps down into a higher epoch", { topic, partition, epoch: state.leaderEpoch });
      return current.update(state);
    }
    this.current = this.followerOf(state);
    const { leader, leaderEpoch } = state;
    this.listener.trace({ kind: "became-follower", topic: this.topic, partition: this.partition, leader, leaderEpoch, endOffset: this.log.appendedEnd });
    this.committed.raiseToLogStart(now);
    this.listener.stateChanged(this, now);
  }

  // --- Leader: clients

  /** min.insync.replicas is asked before the append here, and after it by `ackStatus` (P28). */
  produce(records: Uint8Array, acks: Acks, now: Now, compression?: BatchCodecs): ProduceOutcome {
    const leader = this.asLeader();
    if (leader.type === "failed") return leader;
    if (acks === -1 && leader.isUnderMinIsr) {
      return failed("NOT_ENOUGH_REPLICAS", `the ISR [${leader.isr.join(",")}] is smaller than the ${leader.effectiveMinIsr} replicas wanted`);
    }
    leader.grows(this.log.appendedEnd);
    const appended = this.log.appendAsLeader(records, leader.leaderEpoch, now, compression);
    if (appended.type === "rejected") return failed(appended.error, appended.message);
    if (appended.type === "appended") {
      this.listener.deadlineMoved(this);
      this.listener.recordsAppended(this, now);
    }
    const { type, baseOffset, endOffset, logAppendTimeMs } = appended;
    return { type, baseOffset, endOffset, logAppendTimeMs, leaderEpoch: leader.leaderEpoch };
  }

  /**
   * acks=1: the leader's own write has returned. acks=−1: every member of the ISR has it, and they are enough still. Leadership that
   * was lost and won again meanwhile is another one: what happened to the record between is not known.
   */
  ackStatus(wait: AckWait): "pending" | "done" | ReplicaError {
    const current = stillLeads(this.current, wait);
    if (typeof current === "string") return current;
    if (wait.acks === 0) return "done";
    if (wait.acks === 1 && this.log.writtenEnd >= wait.endOffset) return "done";
    // It has no time-out, and a full disk may stay so: the record is written some day, and who has a sequence may ask again.
    if (wait.acks === 1) return this.log.isFull === true ? "KAFKA_STORAGE_ERROR" : "pending";
    if (this.committed.value < wait.endOffset) return "pending";
    return this.maximalIsr.length < current.effectiveMinIsr ? "NOT_ENOUGH_REPLICAS_AFTER_APPEND" : "done";
  }

  /**
   * Committed records only. A follower gives what it knows to be committed; of an offset that it has not got yet it says so, for the
   * consumer may have read from a replica that was further (KIP-392).
   */
  fetchAsConsumer(request: ConsumerFetch, _now: Now): FetchOutcome {
    const { currentLeaderEpoch, fetchOffset, isReadCommitted } = request;
    const reader = request.mayReadFromFollower === true ? this.inEpoch(currentLeaderEpoch) : this.asLeader(currentLeaderEpoch);
    if (reader.type === "failed") return reader;
    if (reader.type === "follower" && fetchOffset > this.log.writtenEnd && reader.isCommittedAtLeader(fetchOffset))
      return failed("OFFSET_NOT_AVAILABLE", `offset ${fetchOffset} is committed, and has not come to this follower yet`);
    const diverging = consumersDivergence(this.log, request, reader.leaderEpoch);
    if (diverging !== undefined) return "type" in diverging ? diverging : this.parted(diverging);
    if (!isReadCommitted) return this.readFrom(request, this.committed.value);
    return withAborted(this.log, this.readFrom(request, this.lastStableOffset), fetchOffset);
  }

  /** Followers that can give a consumer the records from this offset on; none where this replica does not lead. */
  readReplicas(fetchOffset: Offset): readonly ReadReplica[] {
    return this.current.type === "leader" ? this.current.readReplicas(fetchOffset, this.log.appendedEnd) : [];
  }

  /** Of the leader only, whatever of it is committed: what is asked is where logs part. */
  epochEnd(epoch: LeaderEpoch, currentLeaderEpoch: LeaderEpoch): EpochEndOutcome {
    const leader = this.asLeader(currentLeaderEpoch);
    return leader.type === "failed" ? leader : { type: "found", ...epochEndOf(this.log, epoch) };
  }

  /** `answer` may come later: timestamps are looked up on disk. */
  listOffset({ timestamp, currentLeaderEpoch, reader }: OffsetRequest, answer: (result: ListOffsetOutcome, now: Now) => void, now: Now): void {
    const role = reader === "debugger" ? this.inEpoch(currentLeaderEpoch) : this.asLeader(currentLeaderEpoch);
    if (role.type === "failed") return answer(role, now);
    const { leaderEpoch, type } = role;
    const visible = visibleTo(reader, role, this);
    const answerIfStillSo = (result: ListOffsetOutcome, at: Now): void => {
      const isStillSo = this.current.type === type && this.current.leaderEpoch === leaderEpoch;
      answer(isStillSo ? result : failed("NOT_LEADER_OR_FOLLOWER", "leadership was lost while the log was searched"), at);
    };
    listOffset({ log: this.log, ...visible, timestamp, leaderEpoch }, answerIfStillSo, now);
  }

  /** Deletes committed records below `beforeOffset`; −1: all that are. What is deleted already stays so. */
  deleteRecords(beforeOffset: number, now: Now): DeleteOutcome {
    const leader = this.asLeader();
    if (leader.type === "failed") return leader;
    return deleteBefore(this.log, { beforeOffset, highWatermark: this.highWatermark, leaderEpoch: leader.leaderEpoch }, now);
  }

  /** Done when the log of every replica that is alive starts there, or later. */
  deletionStatus(deletion: RecordsDeletion): "pending" | "done" | ReplicaError {
    const current = stillLeads(this.current, deletion);
    if (typeof current === "string") return current;
    return this.lowWatermark >= deletion.startOffset ? "done" : "pending";
  }

  /** Leaders only: where the log of the last of the replicas starts whose brokers are alive; −1: one of them has not said, or this is no leader. */
  get lowWatermark(): Offset {
    const view = (id: NodeId): BrokerView | undefined => this.listener.brokerView(id);
    return this.current.type === "leader" ? this.current.lowWatermark(this.log.logStartOffset, view) : offset(-1);
  }

  // --- Leader: followers and ISR

  /**
   * A follower's fetch is its promise to hold all below `fetchOffset`. It counts only if it was made in this very leader epoch, by the
   * incarnation known to the controller or a later one, and continues this log. Unwritten records are given away too: a follower may
   * hold what we don't yet. Below the minimum some outside of the ISR are counted on, too (KIP-966).
   */
  fetchAsReplica(request: ReplicaFetch, now: Now): FetchOutcome {
    const leader = this.asLeader(request.currentLeaderEpoch, "epoch-required");
    if (leader.type === "failed") return leader;
    const refusal = refuseFollower(leader, request, this.listener.brokerView(request.replicaId));
    if (refusal !== undefined) return refusal;
    const diverging = divergenceOf(this.log, request, leader.isUnderMinIsr || leader.isr.includes(request.replicaId));
    if (diverging !== undefined) return this.parted(diverging);
    if (request.isLookedAtAgain !== true) this.followerProved(leader, request, now);
    return this.readFrom(request, this.log.appendedEnd);
  }

  /** The answer to the last `alterIsr`. */
  isrAltered(answer: IsrAnswer, now: Now): void {
    const leader = this.current.type === "leader" ? this.current : undefined;
    const hasSettled = this.isrChanges.answered(leader, answer, now);
    if (leader === undefined) return;
    if (hasSettled) this.isrSettled(leader, now);
    this.isrChanges.maybeShrink(leader, this.log.appendedEnd, now);
    this.listener.deadlineMoved(this);
  }

  /** Due work at `nextDeadlineUs`: takes laggards out of the ISR, asks the controller again. */
  tick(now: Now): void {
    if (this.current.type !== "leader") return;
    this.isrChanges.retry(this.current, now);
    this.isrChanges.maybeShrink(this.current, this.log.appendedEnd, now);
  }

  /** Comes nearer only with a call of `deadlineMoved`, or with this replica's own `tick`. */
  get nextDeadlineUs(): Micros | undefined {
    return this.current.type === "leader" ? this.isrChanges.nextDeadlineUs(this.current, this.log.appendedEnd) : undefined;
  }

  // --- Follower

  /** Undefined where nothing is to be fetched: no leader, a write under way, or not a follower at all. */
  fetchPosition(): FetchPosition | undefined {
    return this.current.type === "follower" ? this.current.fetchPosition() : undefined;
  }

  /** An answer may come when this replica leads already, or follows another: then it does nothing. */
  applyFetched(answer: FetchedFromLeader, now: Now): ApplyOutcome {
    return this.current.type === "follower" ? this.current.applyFetched(answer, now) : "idle";
  }

  // --- From the log

  endsMoved(now: Now): void {
    const { current } = this;
    if (current.type === "leader") {
      this.leaderMoved(current, now);
      this.listener.recordsWritten(this, now);
    } else if (current.type === "follower") current.followHighWatermark(now);
  }

  logFailed(detail: string, now: Now): void {
    if (this.current.type === "offline") return;
    this.current = offlineIn(this.current, detail);
    this.listener.stateChanged(this, now);
  }

  // --- Inside

  private updateLeader(leader: Leader, state: LeaderState, now: Now): void {
    if (state.partitionEpoch < leader.partitionEpoch) return;
    const isNews = state.partitionEpoch > leader.partitionEpoch;
    if (!isNews && state.minInsyncReplicas === leader.minInsyncReplicas) return;
    if (isNews) leader.update(state, now);
    else leader.minInsyncReplicas = state.minInsyncReplicas;
    this.isrSettled(leader, now);
    this.isrChanges.maybeShrink(leader, this.log.appendedEnd, now);
    this.listener.deadlineMoved(this);
  }

  private stayOffline(offline: Offline, state: FollowerState): void {
    if (state.leaderEpoch >= offline.leaderEpoch) this.current = offlineIn(state, offline.because);
  }

  /** Leadership, or why there is none to answer from. */
  private asLeader(askedEpoch: LeaderEpoch = NO_EPOCH, rule: EpochRule = "epoch-optional"): Leader | Failed {
    const role = this.inEpoch(askedEpoch, rule);
    return role.type === "follower" ? failed("NOT_LEADER_OR_FOLLOWER", `the leader is ${role.leader}`) : role;
  }

  /** The role, or why there is none to answer from. Both sides of every fetch say their epoch (KIP-320, P06). */
  private inEpoch(askedEpoch: LeaderEpoch, rule: EpochRule = "epoch-optional"): Leader | Follower | Failed {
    return inEpoch(this.current, { isOffline: this.log.isOffline, askedEpoch, rule });
  }

  private parted(end: EpochEnd): FetchOutcome {
    return { type: "diverging", ...end, highWatermark: this.committed.value, logStartOffset: this.log.logStartOffset };
  }

  private readFrom({ fetchOffset, maxBytes }: { readonly fetchOffset: Offset; readonly maxBytes: number }, endOffset: Offset): Fetched {
    const { highWatermark, lastStableOffset } = this;
    return { ...recordsOf(this.log, { fetchOffset, maxBytes, endOffset }), highWatermark, lastStableOffset };
  }

  private followerProved(leader: Leader, request: ReplicaFetch, now: Now): void {
    const { replicaId, fetchOffset, replicaEpoch, logStartOffset = offset(0), times = { lastFetchUs: now.monotonicUs } } = request;
    const before = leader.provedOf(replicaId);
    leader.fetched(replicaId, { fetchOffset, brokerEpoch: replicaEpoch, logStartOffset, times }, this.log.appendedEnd, now);
    if (logStartOffset !== before?.logStartOffset || replicaEpoch !== before.brokerEpoch) this.listener.followersStartMoved(this, now);
    // Who has everything lags behind nothing.
    if (fetchOffset < this.log.appendedEnd) this.listener.deadlineMoved(this);
    this.leaderMoved(leader, now);
    this.isrChanges.maybeExpand(leader, replicaId, { highWatermark: this.committed.value, logStartOffset: this.log.logStartOffset }, now);
  }

  private leaderMoved(leader: Leader, now: Now): void {
    const end = leader.replicatedEnd(this.log.writtenEnd);
    if (end !== undefined) this.committed.advanceTo(end, now);
  }

  private isrSettled(leader: Leader, now: Now): void {
    // Whom it waited for may have gone (P14).
    this.leaderMoved(leader, now);
    this.listener.stateChanged(this, now);
  }

  private followerOf(state: FollowerState): Follower {
    return new Follower({ state, log: this.log, highWatermark: this.committed });
  }

  private highWatermarkMoved(value: Offset, now: Now, hasFallen: boolean): void {
    if (this.listener.isDetailed) this.listener.trace({ kind: "high-watermark", topic: this.topic, partition: this.partition, offset: value });
    this.listener.highWatermarkMoved(this, now, hasFallen);
  }
}
