import { invariant, type LeaderEpoch, type NodeId, NO_NODE, type Now, type Offset, type PartitionEpoch } from "@samsa/stdx";
import { type Truncation, truncationFor } from "./divergence.ts";
import type { HighWatermark } from "./high-watermark.ts";
import type { ReplicaLog } from "./replica-log.ts";

/** What the metadata say of a partition that another broker leads, or nobody. */
export interface FollowerState {
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  /** −1: nobody. */
  readonly leader: NodeId;
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

/** What a follower's fetch says of it. */
export interface FetchPosition {
  readonly fetchOffset: Offset;
  readonly lastFetchedEpoch: LeaderEpoch;
  readonly currentLeaderEpoch: LeaderEpoch;
  readonly logStartOffset: Offset;
}

/** One partition of the answer to a follower's fetch, and what the fetch had said. */
export interface FetchedFromLeader {
  readonly forLeaderEpoch: LeaderEpoch;
  readonly forFetchOffset: Offset;
  /** A name of Kafka's error table. */
  readonly error: string;
  readonly diverging: { readonly epoch: LeaderEpoch; readonly endOffset: Offset } | undefined;
  readonly records: Uint8Array | null;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

/** `progress`: the log moved; `idle`: nothing for it here, fetch again; `retry`: fetch again, after a back-off. */
export type ApplyOutcome = "progress" | "idle" | "retry";

export interface FollowerOptions {
  readonly state: FollowerState;
  readonly log: ReplicaLog;
  readonly highWatermark: HighWatermark;
}

/** The follower's role for the time of one leader epoch: copies the leader's log, and cuts its own where that one says they part. */
export class Follower {
  readonly type = "follower";
  private readonly log: ReplicaLog;
  private readonly highWatermark: HighWatermark;
  private state: FollowerState;
  /** The leader's last word; ours follows as far as our log is written. */
  private leadersHighWatermark: Offset | undefined;
  /** The leader's last word; records before it are deleted here, too, as far as they are committed here. */
  private leadersLogStart: Offset | undefined;

  constructor({ state, log, highWatermark }: FollowerOptions) {
    this.state = state;
    this.log = log;
    this.highWatermark = highWatermark;
  }

  get leaderEpoch(): LeaderEpoch {
    return this.state.leaderEpoch;
  }

  get partitionEpoch(): PartitionEpoch {
    return this.state.partitionEpoch;
  }

  get leader(): NodeId {
    return this.state.leader;
  }

  get replicas(): readonly NodeId[] {
    return this.state.replicas;
  }

  get isr(): readonly NodeId[] {
    return this.state.isr;
  }

  /** The leader has committed more than this follower holds: the offset is there, not here yet. */
  isCommittedAtLeader(at: Offset): boolean {
    return this.leadersHighWatermark !== undefined && at <= this.leadersHighWatermark;
  }

  /** Metadata of this very leader epoch. */
  update(state: FollowerState): void {
    const isSameLeader = state.leaderEpoch === this.leaderEpoch && state.leader === this.leader;
    invariant(isSameLeader, "a change of leader has an epoch of its own", { leaderEpoch: state.leaderEpoch, leader: state.leader, had: this.leader });
    if (state.partitionEpoch > this.partitionEpoch) this.state = state;
  }

  /** Undefined where nothing is to be fetched: no leader, or a write under way. */
  fetchPosition(): FetchPosition | undefined {
    const { log } = this;
    if (this.leader === NO_NODE || log.isOffline) return undefined;
    // The fetch offset is a promise to hold everything below it.
    if (log.appendedEnd > log.writtenEnd) return undefined;
    // 1. We begin anew at 7, where the leader's log starts and ends; 2. our fetch from 7 on takes us into the ISR; 3. our process dies before the new
    // log's file is there, and comes back with a log that ends at 0, in the ELR.
    if (log.isBeginningAnew === true) return undefined;
    const fetchOffset = log.writtenEnd;
    return { fetchOffset, lastFetchedEpoch: log.epochBefore(fetchOffset), currentLeaderEpoch: this.leaderEpoch, logStartOffset: log.logStartOffset };
  }

  /** Whatever the fetch was sent as, only what fits today's epoch and position is applied (P09, P23). */
  applyFetched(answer: FetchedFromLeader, now: Now): ApplyOutcome {
    const position = this.fetchPosition();
    if (answer.forLeaderEpoch !== this.leaderEpoch || answer.forFetchOffset !== position?.fetchOffset) return "idle";
    if (answer.error !== "NONE") return "retry";
    if (answer.diverging !== undefined) return this.truncate(answer.diverging, now);
    const outcome = answer.records === null || answer.records.length === 0 ? "idle" : this.copy(answer.records, now);
    this.leadersHighWatermark = answer.highWatermark;
    this.leadersLogStart = answer.logStartOffset;
    this.followHighWatermark(now);
    return outcome;
  }

  /** Called when more of the log is written, too: the leader's word may have been ahead of it. */
  followHighWatermark(now: Now): void {
    if (this.leadersHighWatermark === undefined) return;
    const { writtenEnd } = this.log;
    this.highWatermark.advanceTo(this.leadersHighWatermark < writtenEnd ? this.leadersHighWatermark : writtenEnd, now);
    this.followLogStart(now);
  }

  /** Never beyond what is known to be committed, and written: the rest follows with it. */
  private followLogStart(now: Now): void {
    const { leadersLogStart, log } = this;
    const known = this.highWatermark.value < log.writtenEnd ? this.highWatermark.value : log.writtenEnd;
    if (leadersLogStart === undefined || log.logStartOffset >= leadersLogStart || log.logStartOffset >= known) return;
    log.moveStartTo(leadersLogStart < known ? leadersLogStart : known, now);
  }

  private copy(records: Uint8Array, now: Now): ApplyOutcome {
    return this.log.appendAsFollower(records, now).type === "appended" ? "progress" : "retry";
  }

  private truncate({ epoch, endOffset }: { readonly epoch: LeaderEpoch; readonly endOffset: Offset }, now: Now): ApplyOutcome {
    if (endOffset < 0) return "retry";
    const truncation = truncationFor(this.log, { leaderEpoch: epoch, endOffset });
    // A leader that says we part, but not below our end, is wrong about itself.
    if (truncation.type === "suffix" && truncation.toOffset >= this.log.appendedEnd) return "retry";
    const because = epoch < 0 ? `leader ${this.leader} starts at ${endOffset}` : `diverges from leader ${this.leader} after its epoch ${epoch}`;
    // Where the log must look first, the next fetch is told the same again.
    return this.cut(truncation, because, now) ? "progress" : "retry";
  }

  /**
   * The leader of a clean election has all that is committed, so that nothing below the high watermark is ever cut; after an unclean
   * one it may be, and what the log traces of the cut says so (P19).
   */
  private cut({ type, toOffset }: Truncation, because: string, now: Now): boolean {
    if (type === "all") {
      this.leadersHighWatermark = undefined;
      this.leadersLogStart = undefined;
      this.log.truncateFullyAndStartAt(toOffset);
      this.highWatermark.restartAt(toOffset, now);
      return true;
    }
    const known = this.highWatermark.value;
    if (!this.log.truncateTo(toOffset, toOffset < known ? `${because}; below the high watermark ${known}` : because)) return false;
    // The leader's word was of another log than this one is now.
    this.leadersHighWatermark = undefined;
    this.leadersLogStart = undefined;
    // A batch that reaches over the point of divergence goes whole.
    this.highWatermark.truncatedTo(this.log.appendedEnd, now);
    return true;
  }
}
