import type { AppendResponse, FetchRequest, RaftMessage, SnapshotWanted } from "./message.ts";
import { Observers } from "./observers.ts";
import type { ResolvedOptions } from "./options.ts";
import type { Refusal, VoterChange } from "./output.ts";
import type { RaftLog } from "./raft-log.ts";
import { Reads } from "./reads.ts";
import { isVoterAddress, type ReplicaKey } from "./replica-key.ts";
import { Replication } from "./replication.ts";
import type { Snapshot } from "./snapshot.ts";
import type { VoterSet } from "./voter-set.ts";
import { MAX_VOTERS } from "./voters-codec.ts";

/** A message and whom it is for. */
export interface Addressed {
  readonly to: ReplicaKey;
  readonly message: RaftMessage;
}

export interface LeadershipStart {
  readonly term: number;
  readonly log: RaftLog;
  readonly commitIndex: number;
  readonly lastReadId: number;
  readonly nowUs: number;
}

/**
 * What a node does in the one term it leads: replicate, serve observers, prove that it still leads, change the voters, hand over.
 * To be made before its first entry is appended.
 */
export class Leadership {
  readonly term: number;
  /** Its first entry. Nothing of its term, and nothing that the voters depend on, is known to be committed before this one is. */
  readonly firstIndex: number;
  readonly reads: Reads;
  readonly replication: Replication;
  readonly observers: Observers;
  private readonly options: ResolvedOptions;
  private readonly log: RaftLog;
  private commitIndex: number;
  private transfer: { readonly target: number; readonly untilUs: number } | undefined;
  private heartbeatAtUs: number;
  /** The latest change of voters is committed, and those it removed have not been told. */
  private isFarewellDue = false;
  private hasObservers = false;

  constructor(options: ResolvedOptions, { term, log, commitIndex, lastReadId, nowUs }: LeadershipStart) {
    this.options = options;
    this.term = term;
    this.log = log;
    this.commitIndex = commitIndex;
    this.firstIndex = log.lastIndex + 1;
    this.reads = new Reads(lastReadId);
    this.replication = new Replication(options, { term, log, nowUs });
    this.observers = new Observers(options);
    this.heartbeatAtUs = nowUs + options.heartbeatIntervalUs;
    this.votersChanged(nowUs);
  }

  /** The next heartbeat, the end of a transfer, or the moment the quorum would be lost; undefined for a single voter that nobody follows. */
  get deadlineUs(): number | undefined {
    const isAlone = this.replication.size === 0 && !this.hasObservers;
    if (isAlone) return this.transfer?.untilUs;
    return Math.min(this.heartbeatAtUs, this.replication.quorumLostAtUs, this.transfer?.untilUs ?? Number.POSITIVE_INFINITY);
  }

  get isTransferring(): boolean {
    return this.transfer !== undefined;
  }

  /** Its barrier is committed. */
  get isReady(): boolean {
    return this.commitIndex >= this.firstIndex;
  }

  /** It was taken out of the voters, the change is committed, and the others have been told: it may go. */
  get isRemoved(): boolean {
    const { latest } = this.log.voters;
    return latest.index <= this.commitIndex && !this.isFarewellDue && !latest.voters.has(this.options.self);
  }

  /** Who should lead next, best first: those who vote, by what they have. */
  get successors(): readonly number[] {
    const { voters } = this.log.voters.latest;
    const others = this.replication.bySuitability.filter(({ key }) => voters.has(key)).map(({ key }) => key.id);
    const first = this.transfer?.target;
    return first === undefined ? others : [first, ...others.filter((id) => id !== first)];
  }

  onDeadline(nowUs: number, snapshot: Snapshot | undefined): readonly Addressed[] {
    if (this.transfer !== undefined && nowUs >= this.transfer.untilUs) this.transfer = undefined;
    if (nowUs < this.heartbeatAtUs) return [];
    this.heartbeatAtUs = nowUs + this.options.heartbeatIntervalUs;
    this.replication.heartbeatNow();
    return this.observers.heartbeat(this.committed(snapshot));
  }

  onReconnected(peer: number): void {
    this.replication.onReconnected(peer);
    this.observers.onReconnected(peer);
  }

  onResponse(from: ReplicaKey, response: AppendResponse, nowUs: number): void {
    this.replication.onResponse(from, response, nowUs);
    if (this.replication.has(from)) this.reads.answered(from.id, response.sequence);
  }

  onSnapshotWanted(from: ReplicaKey, wanted: SnapshotWanted, nowUs: number): readonly Addressed[] {
    if (!this.replication.has(from)) return addressed(from, this.observers.onSnapshotWanted(from, wanted, this.term, nowUs));
    this.replication.onSnapshotWanted(from, wanted, nowUs);
    return [];
  }

  /** A voter of ours is pushed to: that it asks is a sign that it does not know it yet. */
  onFetch(from: ReplicaKey, request: FetchRequest, snapshot: Snapshot | undefined, nowUs: number): readonly Addressed[] {
    if (this.replication.has(from)) return [];
    this.hasObservers = true;
    return addressed(from, this.observers.onFetch(from, request, this.committed(snapshot), nowUs));
  }

  /** The commit index that a majority makes: entries of earlier terms are committed with one of this term only (Raft §5.4.2, figure 8). */
  nextCommitIndex(syncedIndex: number): number {
    const index = this.replication.majorityIndex(syncedIndex);
    return this.log.termAt(index) === this.term ? index : this.commitIndex;
  }

  committedTo(index: number): void {
    const { latest } = this.log.voters;
    if (latest.index > this.commitIndex && latest.index <= index) this.isFarewellDue = true;
    this.commitIndex = index;
    if (this.isReady) this.reads.ready(index);
  }

  /** What to send at the end of a turn. */
  pump(snapshot: Snapshot | undefined, nowUs: number): readonly Addressed[] {
    this.reads.close();
    const messages: Addressed[] = [...this.replication.pump(this.commitIndex, snapshot)];
    if (this.hasObservers) messages.push(...this.observers.pump(this.committed(snapshot)));
    if (this.isFarewellDue) {
      this.isFarewellDue = false;
      this.votersChanged(nowUs);
    }
    return messages;
  }

  /** Whose votes and copies count changed, or what is known to be committed of it. */
  votersChanged(nowUs: number): void {
    const { voters } = this.log;
    this.replication.votersChanged(voters.inForce(this.commitIndex), nowUs);
    for (const { id } of voters.latest.voters.voters) this.observers.forget(id);
  }

  /** The voters after the change, or why not. */
  change(change: VoterChange, nowUs: number): VoterSet | Refusal {
    const { index, voters } = this.log.voters.latest;
    // Without this two changes could be in force whose majorities share nobody (thesis, the bug found in 2015).
    if (!this.isReady) return "not-ready";
    if (index > this.commitIndex) return "change-pending";
    const { voter } = change;
    if (change.type === "remove") {
      if (!voters.has(voter)) return "unknown-voter";
      return voters.size === 1 ? "last-voter" : voters.without(voter.id);
    }
    if (voters.get(voter.id) !== undefined) return "duplicate-voter";
    if (voters.size >= MAX_VOTERS) return "too-many";
    if (!isVoterAddress(change.voter.address)) return "bad-address";
    return this.isCaughtUp(voter, nowUs) ? voters.with(change.voter) : "not-caught-up";
  }

  read(): number | Refusal {
    if (this.reads.pending >= this.options.limits.maxPendingReads) return "too-many";
    this.replication.heartbeatNow();
    return this.reads.request({ commitIndex: this.isReady ? this.commitIndex : undefined, sequences: () => this.replication.sequences });
  }

  /** Begins to hand over, to the best follower if no target is given. */
  beginTransfer(target: number | undefined, nowUs: number): Refusal | undefined {
    const [best] = this.successors;
    const successor = target ?? best;
    if (successor === undefined || !this.successors.includes(successor)) return "unknown-voter";
    this.transfer = { target: successor, untilUs: nowUs + this.options.electionTimeoutUs };
    return undefined;
  }

  /** The successor has all entries: it would win. */
  get isTransferDue(): boolean {
    return this.transfer !== undefined && this.replication.progressOf(this.transfer.target)?.matchIndex === this.log.lastIndex;
  }

  private isCaughtUp(key: ReplicaKey, nowUs: number): boolean {
    const observer = this.observers.of(key);
    if (observer === undefined || nowUs - observer.lastHeardUs >= this.options.electionTimeoutUs) return false;
    return this.commitIndex - observer.matchIndex <= this.options.limits.maxVoterLag;
  }

  private committed(snapshot: Snapshot | undefined) {
    return { term: this.term, log: this.log, commitIndex: this.commitIndex, snapshot };
  }
}

const addressed = (to: ReplicaKey, message: RaftMessage | undefined): readonly Addressed[] => (message === undefined ? [] : [{ to, message }]);
