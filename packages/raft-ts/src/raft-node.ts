import type { Recovered } from "./recovered.ts";
import { Elections } from "./elections.ts";
import { type Entry, type LogPosition, NO_NODE } from "./entry.ts";
import { Following } from "./following.ts";
import type { RaftInput } from "./input.ts";
import type { Leadership } from "./leadership.ts";
import type { AppendConflict, AppendMatched, EndTerm, FetchRequest, RaftMessage, SnapshotWanted } from "./message.ts";
import { Observing } from "./observing.ts";
import type { RaftOptions } from "./options.ts";
import type { Proposed, RaftOutput, ReadRequested, Refusal, TransferStarted, VoterChange } from "./output.ts";
import type { PeerProgress } from "./progress.ts";
import type { ReplicaKey, Voter } from "./replica-key.ts";
import { Replica } from "./replica.ts";
import type { Role } from "./role.ts";
import type { Snapshot } from "./snapshot.ts";
import { encodeVoters } from "./voters-codec.ts";

/**
 * One replica of a Raft quorum as a pure machine. Its roles and their transition table are in `role.ts`.
 *
 * Step it with what happens, then drain it for what to do, in order. It does no I/O and reads no clock; every `nowUs`
 * is monotonic microseconds and never runs backwards. `step` and the requests never throw for what others send, and throw
 * `InvariantViolation` when this node, or the quorum, is broken beyond repair; the process must stop then.
 */
export class RaftNode {
  private readonly replica: Replica;
  private readonly observing: Observing;
  private readonly following: Following;
  private readonly elections: Elections;

  /** Throws `InvalidOptionsError`. The write-ahead log that `recovered` is from must be durable before: written anew, for a sync alone does not prove it. */
  constructor(options: RaftOptions, recovered: Recovered, nowUs: number) {
    this.replica = new Replica(options, recovered, nowUs);
    this.observing = new Observing(this.replica);
    this.following = new Following(this.replica, this.observing);
    this.elections = new Elections(this.replica, this.observing);
  }

  get role(): Role {
    return this.replica.state.type;
  }

  get term(): number {
    return this.replica.term;
  }

  /** The known leader of `term`; −1 if there is none. */
  get leader(): number {
    return this.replica.leader;
  }

  get votedFor(): ReplicaKey | undefined {
    return this.replica.durable.votedFor;
  }

  /** Who votes as far as this node knows, committed or not. */
  get voters(): readonly Voter[] {
    return this.replica.log.voters.latest.voters.voters;
  }

  get commitIndex(): number {
    return this.replica.committed;
  }

  get lastIndex(): number {
    return this.replica.log.lastIndex;
  }

  /** The entry before the first one that is still held; a snapshot covers it. */
  get base(): LogPosition {
    return this.replica.log.base;
  }

  /** The newest durable snapshot. */
  get snapshot(): Snapshot | undefined {
    return this.replica.snapshots.current;
  }

  /** On this node's disk up to here. */
  get syncedIndex(): number {
    return this.replica.durable.synced.index;
  }

  /** The voters but itself as the leader sees them; empty on any other node. */
  get progress(): readonly PeerProgress[] {
    return this.leadership?.replication.progress ?? [];
  }

  /** Those who fetch from the leader; empty on any other node. */
  get observers(): readonly PeerProgress[] {
    return this.leadership?.observers.progress ?? [];
  }

  /** When to step `deadline`; it may move with every step. Undefined if nothing is waited for. */
  get nextDeadlineUs(): number | undefined {
    const { state } = this.replica;
    return state.type === "leader" ? state.leadership.deadlineUs : state.deadlineUs;
  }

  entryAt(index: number): Entry | undefined {
    return this.replica.log.entryAt(index);
  }

  /** 0 for index 0, undefined before the base and behind the end. */
  termAt(index: number): number | undefined {
    return this.replica.log.termAt(index);
  }

  step(input: RaftInput, nowUs: number): void {
    this.replica.nowUs = nowUs;
    switch (input.type) {
      case "message":
        return this.onMessage(input.from, input.message);
      case "persisted":
        return this.onPersisted(input.id);
      case "snapshot-taken":
        return this.following.onSnapshotTaken(input.index, input.data);
      case "snapshot-stored":
        return this.following.onSnapshotStored(input.id);
      case "peer-refused":
        return this.onPeerRefused(input.peer);
      case "peer-reconnected":
        return this.onPeerReconnected(input.peer);
      case "deadline":
        return this.onDeadline();
    }
  }

  // What the application asks for. A leader that was paused may be deposed without knowing: it checks before it promises anything.

  /** Appends to the log if this node leads. The caller bounds what it has proposed and not seen committed. */
  propose(payload: Uint8Array, nowUs: number): Proposed {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    if (leadership.isTransferring) return this.refused("transferring");
    if (payload.length > this.replica.options.limits.maxPayloadBytes) return this.refused("too-large");
    return { ok: true, ...this.replica.appendAsLeader("data", payload) };
  }

  /**
   * Adds or removes one voter; in force at once, and for good when committed. An added one must fetch already, and be close. A leader that is
   * removed goes when the change is committed.
   */
  changeVoters(change: VoterChange, nowUs: number): Proposed {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    if (leadership.isTransferring) return this.refused("transferring");
    const voters = leadership.change(change, nowUs);
    if (typeof voters === "string") return this.refused(voters);
    const appended = this.replica.appendAsLeader("voters", encodeVoters(voters.voters));
    leadership.votersChanged(nowUs);
    return { ok: true, ...appended };
  }

  /** A read that sees all that was acknowledged before it (thesis §6.4). Costs one round of heartbeats, shared by all reads of a turn. */
  readIndex(nowUs: number): ReadRequested {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    const id = leadership.read();
    if (typeof id === "string") return this.refused(id);
    this.elections.readAsked(id);
    return { ok: true, id };
  }

  /** Hands the leadership to `target`, or to the follower that has most. Nothing is proposed meanwhile. */
  transferLeadership(target: number | undefined, nowUs: number): TransferStarted {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    const refusal = leadership.isTransferring ? "transferring" : leadership.beginTransfer(target, nowUs);
    if (refusal !== undefined) return this.refused(refusal);
    this.handOverIfDue(leadership);
    return { ok: true };
  }

  /** Leads no more, at once, and tells who should campaign: for a stop that can't wait for a transfer. */
  resign(nowUs: number): void {
    this.replica.nowUs = nowUs;
    if (this.leadership !== undefined) this.handOver(this.leadership);
  }

  /** What is to be done since the last drain, in order. To be called once after the inputs of a turn. */
  drain(): readonly RaftOutput[] {
    const next = this.replica.durable.nextWrite();
    if (next !== undefined) this.replica.output({ type: "persist", ...next });
    if (this.leadership !== undefined) this.drainLeadership(this.leadership);
    return this.replica.takeOutputs();
  }

  // Leading

  private get leadership(): Leadership | undefined {
    const { state } = this.replica;
    return state.type === "leader" ? state.leadership : undefined;
  }

  /** The leadership if it still holds: check-quorum. */
  private leadershipAt(nowUs: number): Leadership | undefined {
    this.replica.nowUs = nowUs;
    const { leadership } = this;
    if (leadership === undefined || nowUs < leadership.replication.quorumLostAtUs) return leadership;
    this.becomeResigned();
    return undefined;
  }

  private drainLeadership(leadership: Leadership): void {
    const { replica } = this;
    replica.sendAll(leadership.pump(replica.snapshots.current, replica.nowUs));
    this.releaseReads(leadership);
    if (!leadership.isRemoved) return;
    this.tellEnd(leadership);
    replica.become({ type: "observer", leader: NO_NODE, heardUs: replica.nowUs, deadlineUs: replica.nowUs + replica.options.heartbeatIntervalUs });
  }

  private onReplicaAnswer(from: ReplicaKey, message: AppendMatched | AppendConflict | SnapshotWanted): void {
    const { leadership, replica } = this;
    if (message.term !== replica.term || leadership === undefined) return;
    if (message.type === "snapshot-wanted") return replica.sendAll(leadership.onSnapshotWanted(from, message, replica.nowUs));
    leadership.onResponse(from, message, replica.nowUs);
    this.advanceCommit(leadership);
    this.handOverIfDue(leadership);
  }

  private onFetchRequest(from: ReplicaKey, request: FetchRequest): void {
    const { leadership, replica } = this;
    if (leadership !== undefined) return replica.sendAll(leadership.onFetch(from, request, replica.snapshots.current, replica.nowUs));
    replica.send(from, { type: "fetch-redirect", term: replica.term, sequence: request.sequence, leader: replica.leader });
  }

  private advanceCommit(leadership: Leadership): void {
    this.replica.commitTo(leadership.nextCommitIndex(this.replica.durable.synced.index));
    this.releaseReads(leadership);
  }

  private releaseReads(leadership: Leadership): void {
    const { replica } = this;
    for (const { id, index } of leadership.reads.release(replica.log.voters.latest.voters, replica.self)) replica.output({ type: "read", id, index });
  }

  private handOverIfDue(leadership: Leadership): void {
    if (leadership.isTransferDue) this.handOver(leadership);
  }

  private handOver(leadership: Leadership): void {
    this.tellEnd(leadership);
    this.becomeResigned();
  }

  private tellEnd(leadership: Leadership): void {
    const message: EndTerm = { type: "end-term", term: this.replica.term, successors: leadership.successors };
    for (const { key } of leadership.replication.bySuitability) this.replica.send(key, message);
  }

  private becomeResigned(): void {
    this.replica.become({ type: "resigned", deadlineUs: this.replica.nowUs + this.replica.clock.timeout() });
  }

  // Inputs

  private onMessage(from: ReplicaKey, message: RaftMessage): void {
    const { replica, elections } = this;
    if (from.id === replica.self.id) return;
    replica.unreachable.delete(from.id);
    if (message.term > replica.term && message.type !== "pre-vote-request") elections.stepDown(message.term);
    switch (message.type) {
      case "pre-vote-request":
        return elections.onPreVoteRequest(from, message);
      case "pre-vote-response":
        return elections.onPreVoteResponse(from, message);
      case "vote-request":
        return elections.onVoteRequest(from, message);
      case "vote-response":
        return elections.onVoteResponse(from, message);
      case "end-term":
        return elections.onEndTerm(from, message);
      case "append-request":
        return this.following.onAppendRequest(from, message);
      case "snapshot-chunk":
        return this.following.onSnapshotChunk(from, message);
      case "fetch-response":
        return this.observing.onFetchResponse(from, message);
      case "fetch-redirect":
        return this.observing.onFetchRedirect(message);
      case "fetch-request":
        return this.onFetchRequest(from, message);
      case "append-matched":
      case "append-conflict":
      case "snapshot-wanted":
        return this.onReplicaAnswer(from, message);
    }
  }

  private onPersisted(id: number): void {
    const { replica } = this;
    const synced = replica.durable.complete(id);
    if (synced === undefined) return;
    replica.sendReleasedReplies();
    if (synced.term === replica.term) this.elections.onVoteSynced();
    if (this.leadership !== undefined) this.advanceCommit(this.leadership);
  }

  private onPeerRefused(peer: number): void {
    const { replica } = this;
    const { state, nowUs, clock } = replica;
    replica.unreachable.add(peer);
    const isLeader = (state.type === "follower" || state.type === "observer") && state.leader === peer;
    const isAsked = state.type === "observer" && state.leader === NO_NODE && this.observing.lastTarget === peer;
    if (isLeader || isAsked) replica.become(replica.following(NO_NODE, Math.min(state.deadlineUs, nowUs + clock.backoff())));
    else this.elections.settleBallot();
  }

  private onPeerReconnected(peer: number): void {
    const { replica, leadership, observing } = this;
    const { state } = replica;
    replica.unreachable.delete(peer);
    if (leadership !== undefined) return leadership.onReconnected(peer);
    this.elections.onReconnected(peer);
    if (state.type !== "observer") return;
    if (state.leader === peer) return observing.fetchFrom(peer);
    if (state.leader === NO_NODE) observing.fetch();
  }

  private onDeadline(): void {
    const { replica } = this;
    const leadership = this.leadershipAt(replica.nowUs);
    if (leadership !== undefined) return replica.sendAll(leadership.onDeadline(replica.nowUs, replica.snapshots.current));
    const { state, nowUs } = replica;
    if (state.type === "leader" || nowUs < state.deadlineUs) return;
    if (state.type === "observer") this.observing.fetch();
    else this.elections.campaign();
  }

  private refused(reason: Refusal): { readonly ok: false; readonly reason: Refusal; readonly leader: number } {
    return { ok: false, reason, leader: this.leader };
  }
}
