import { Ballot } from "./ballot.ts";
import { DurableState } from "./durable-state.ts";
import { deadlineInLaterTerm, ElectionClock, grantsPreVote, grantsVote } from "./election.ts";
import { type Entry, type EntryKind, type LogPosition, MAX_TERM, NO_NODE, type Recovered } from "./entry.ts";
import { FetchRoute } from "./fetch-route.ts";
import type { RaftInput } from "./input.ts";
import { invariant } from "./invariant.ts";
import { type Addressed, Leadership } from "./leadership.ts";
import type {
  AppendRequest,
  EndTerm,
  FetchRedirect,
  FetchRequest,
  FetchResponse,
  PreVoteRequest,
  PreVoteResponse,
  RaftMessage,
  SnapshotChunk,
  VoteRequest,
  VoteResponse,
} from "./message.ts";
import { type RaftOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import type { Proposed, RaftOutput, ReadRequested, Refusal, TransferStarted, VoterChange } from "./output.ts";
import type { PeerProgress } from "./progress.ts";
import { reconcile } from "./reconcile.ts";
import { ANY_DIRECTORY, type ReplicaKey, type Voter } from "./replica-key.ts";
import { appendConflict, appendMatched, PendingReplies, type Reply, voteRequest, voteResponse } from "./replies.ts";
import { type Follower, isTransition, type Observer, type Role, type RoleState } from "./role.ts";
import type { Snapshot } from "./snapshot.ts";
import { Snapshots } from "./snapshots.ts";
import { VoterSet } from "./voter-set.ts";
import { encodeVoters } from "./voters-codec.ts";

/**
 * One replica of a Raft quorum as a pure machine. Its roles and their transition table are in `role.ts`.
 *
 * Step it with what happens, then drain it for what to do, in order. It does no I/O and reads no clock; every `nowUs`
 * is monotonic microseconds and never runs backwards. `step` and the requests never throw for what others send, and throw
 * `InvariantViolation` when this node, or the quorum, is broken beyond repair; the process must stop then.
 */
export class RaftNode {
  private readonly options: ResolvedOptions;
  private readonly durable: DurableState;
  private readonly snapshots: Snapshots;
  private readonly clock: ElectionClock;
  private readonly replies = new PendingReplies();
  private readonly route: FetchRoute;
  /** Peers whose last dial was refused and of whom nothing came since: no ballot waits for them. */
  private readonly unreachable = new Set<number>();
  private state: RoleState;
  private committed: number;
  private rounds = 0;
  private lastReadId = 0;
  private nowUs: number;
  /** The term that was last told in a role output. */
  private toldTerm = -1;
  private outputs: RaftOutput[] = [];

  /** Throws `InvalidOptionsError`. The write-ahead log that `recovered` is from must be durable before: written anew, for a sync alone does not prove it. */
  constructor(options: RaftOptions, recovered: Recovered, nowUs: number) {
    this.options = resolveOptions(options);
    this.durable = new DurableState(recovered, new VoterSet(options.voters));
    this.snapshots = new Snapshots(this.options, recovered.snapshot);
    this.clock = new ElectionClock(this.options);
    this.route = new FetchRoute(options.self.id);
    this.committed = recovered.snapshot?.index ?? 0;
    this.nowUs = nowUs;
    this.state = this.startState(recovered, nowUs);
    if (recovered.snapshot !== undefined) this.outputs.push({ type: "restore", snapshot: recovered.snapshot });
    // The start is never leadership: a term that was led before the restart must not be led again, for its tail may be lost.
    this.tellRole();
  }

  get role(): Role {
    return this.state.type;
  }

  get term(): number {
    return this.durable.term;
  }

  /** The known leader of `term`; −1 if there is none. */
  get leader(): number {
    if (this.state.type === "leader") return this.options.self.id;
    return this.state.type === "follower" || this.state.type === "observer" ? this.state.leader : NO_NODE;
  }

  get votedFor(): ReplicaKey | undefined {
    return this.durable.votedFor;
  }

  /** Who votes as far as this node knows, committed or not. */
  get voters(): readonly Voter[] {
    return this.log.voters.latest.voters.voters;
  }

  get commitIndex(): number {
    return this.committed;
  }

  get lastIndex(): number {
    return this.log.lastIndex;
  }

  /** The entry before the first one that is still held; a snapshot covers it. */
  get base(): LogPosition {
    return this.log.base;
  }

  /** The newest durable snapshot. */
  get snapshot(): Snapshot | undefined {
    return this.snapshots.current;
  }

  /** On this node's disk up to here. */
  get syncedIndex(): number {
    return this.durable.synced.index;
  }

  /** The voters but itself as the leader sees them; empty on any other node. */
  get progress(): readonly PeerProgress[] {
    return this.state.type === "leader" ? this.state.leadership.replication.progress : [];
  }

  /** Those who fetch from the leader; empty on any other node. */
  get observers(): readonly PeerProgress[] {
    return this.state.type === "leader" ? this.state.leadership.observers.progress : [];
  }

  /** When to step `deadline`; it may move with every step. Undefined if nothing is waited for. */
  get nextDeadlineUs(): number | undefined {
    return this.state.type === "leader" ? this.state.leadership.deadlineUs : this.state.deadlineUs;
  }

  entryAt(index: number): Entry | undefined {
    return this.log.entryAt(index);
  }

  /** 0 for index 0, undefined before the base and behind the end. */
  termAt(index: number): number | undefined {
    return this.log.termAt(index);
  }

  step(input: RaftInput, nowUs: number): void {
    this.nowUs = nowUs;
    switch (input.type) {
      case "message":
        return this.onMessage(input.from, input.message, nowUs);
      case "persisted":
        return this.onPersisted(input.id, nowUs);
      case "snapshot-taken": {
        const snapshot = this.snapshots.taken(input.index, input.data);
        return snapshot === undefined ? undefined : this.store(snapshot);
      }
      case "snapshot-stored":
        return this.onSnapshotStored(input.id, nowUs);
      case "peer-refused":
        return this.onPeerRefused(input.peer, nowUs);
      case "peer-reconnected":
        return this.onPeerReconnected(input.peer, nowUs);
      case "deadline":
        return this.onDeadline(nowUs);
    }
  }

  // What the application asks for. A leader that was paused may be deposed without knowing: it checks before it promises anything.

  /** Appends to the log if this node leads. The caller bounds what it has proposed and not seen committed. */
  propose(payload: Uint8Array, nowUs: number): Proposed {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    if (leadership.isTransferring) return this.refused("transferring");
    if (payload.length > this.options.limits.maxPayloadBytes) return this.refused("too-large");
    return { ok: true, ...this.appendAsLeader("data", payload) };
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
    const appended = this.appendAsLeader("voters", encodeVoters(voters.voters));
    leadership.votersChanged(nowUs);
    return { ok: true, ...appended };
  }

  /** A read that sees all that was acknowledged before it (thesis §6.4). Costs one round of heartbeats, shared by all reads of a turn. */
  readIndex(nowUs: number): ReadRequested {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    const id = leadership.read();
    if (typeof id === "string") return this.refused(id);
    this.lastReadId = id;
    return { ok: true, id };
  }

  /** Hands the leadership to `target`, or to the follower that has most. Nothing is proposed meanwhile. */
  transferLeadership(target: number | undefined, nowUs: number): TransferStarted {
    const leadership = this.leadershipAt(nowUs);
    if (leadership === undefined) return this.refused("not-leader");
    const refusal = leadership.isTransferring ? "transferring" : leadership.beginTransfer(target, nowUs);
    if (refusal !== undefined) return this.refused(refusal);
    this.handOverIfDue(nowUs);
    return { ok: true };
  }

  /** Leads no more, at once, and tells who should campaign: for a stop that can't wait for a transfer. */
  resign(nowUs: number): void {
    this.nowUs = nowUs;
    if (this.state.type !== "leader") return;
    this.endTerm(this.state.leadership);
    this.become({ type: "resigned", deadlineUs: nowUs + this.clock.timeout() });
  }

  /** What is to be done since the last drain, in order. To be called once after the inputs of a turn. */
  drain(): readonly RaftOutput[] {
    const next = this.durable.nextWrite();
    if (next !== undefined) this.outputs.push({ type: "persist", ...next });
    if (this.state.type === "leader") this.drainLeadership(this.state.leadership);
    if (this.outputs.length === 0) return NOTHING;
    const drained = this.outputs;
    this.outputs = [];
    return drained;
  }

  private drainLeadership(leadership: Leadership): void {
    this.sendAll(leadership.pump(this.snapshots.current, this.nowUs));
    this.releaseReads(leadership);
    if (!leadership.isRemoved) return;
    this.endTerm(leadership);
    this.become({ type: "observer", leader: NO_NODE, heardUs: this.nowUs, deadlineUs: this.nowUs + this.options.heartbeatIntervalUs });
  }

  // Messages. Whoever sends is heard, voter or not: a change of voters may be known to one side only (KIP-853).

  private onMessage(from: ReplicaKey, message: RaftMessage, nowUs: number): void {
    if (from.id === this.options.self.id) return;
    this.unreachable.delete(from.id);
    if (message.term > this.term && message.type !== "pre-vote-request") this.stepDown(message.term, nowUs);
    switch (message.type) {
      case "pre-vote-request":
        return this.onPreVoteRequest(from, message, nowUs);
      case "pre-vote-response":
        return this.onPreVoteResponse(from, message, nowUs);
      case "vote-request":
        return this.onVoteRequest(from, message, nowUs);
      case "vote-response":
        return this.onVoteResponse(from, message, nowUs);
      case "append-request":
        return this.onAppendRequest(from, message, nowUs);
      case "snapshot-chunk":
        return this.onSnapshotChunk(from, message, nowUs);
      case "fetch-request":
        return this.onFetchRequest(from, message, nowUs);
      case "fetch-response":
        return this.onFetchResponse(from, message, nowUs);
      case "fetch-redirect":
        return this.onFetchRedirect(message, nowUs);
      case "end-term":
        return this.onEndTerm(from, message, nowUs);
      case "append-matched":
      case "append-conflict":
      case "snapshot-wanted":
        return this.onReplicaAnswer(from, message, nowUs);
    }
  }

  private onPreVoteRequest(from: ReplicaKey, request: PreVoteRequest, nowUs: number): void {
    const { state, term, votedFor, log, leader } = this;
    const now = { us: nowUs, electionTimeoutUs: this.options.electionTimeoutUs };
    const isGranted = grantsPreVote({ state, term, votedFor, log }, request, now);
    this.send(from, { type: "pre-vote-response", term, round: request.round, isGranted, leader });
  }

  private onPreVoteResponse(from: ReplicaKey, response: PreVoteResponse, nowUs: number): void {
    if (this.state.type !== "prospective" || this.state.round !== response.round) return;
    // There is a leader, and it does not push to this node: it may have been removed while it was away, and asks as an observer would.
    if (!response.isGranted && response.leader !== NO_NODE && response.leader !== this.options.self.id) this.fetchFrom(response.leader);
    this.state.ballot.count(from, response.isGranted);
    this.settleBallot(nowUs);
  }

  private onVoteRequest(from: ReplicaKey, request: VoteRequest, nowUs: number): void {
    const { state, term, votedFor, durable } = this;
    // Whoever asks counts this node among the voters, and its answer is a promise.
    durable.makeDurable();
    const isGranted = grantsVote({ state, term, votedFor, log: durable.log }, request, from);
    if (isGranted) {
      durable.voteFor(from);
      this.become(this.following(NO_NODE, nowUs, nowUs + this.clock.timeout()));
    }
    this.reply({ to: from, kind: "vote", build: (synced) => voteResponse(synced, { term, candidate: from, isGranted }) });
  }

  private onVoteResponse(from: ReplicaKey, response: VoteResponse, nowUs: number): void {
    if (this.state.type !== "candidate" || response.term !== this.term) return;
    this.state.ballot.count(from, response.isGranted);
    this.settleBallot(nowUs);
  }

  private onAppendRequest(from: ReplicaKey, request: AppendRequest, nowUs: number): void {
    const { term, lastIndex } = this;
    const { sequence } = request;
    // Tells a deposed leader of the later term. What it says of our log is of no use to it.
    const refusal = { term, sequence, lastIndex, conflictTerm: 0, conflictIndex: lastIndex + 1 };
    if (request.term < term) return this.reply({ to: from, kind: "append", build: (synced) => appendConflict(synced, refusal) });
    if (!this.follow(from.id, nowUs)) return;
    // The leader counts on what it pushes: it goes to disk, though the entry that makes this node a voter may come only now.
    this.durable.makeDurable();
    this.acceptAppend(from, request);
  }

  private acceptAppend(from: ReplicaKey, request: AppendRequest): void {
    const { term, durable } = this;
    const { sequence } = request;
    const outcome = reconcile(durable.log, request);
    if (outcome.type === "conflict") {
      const { conflictTerm, conflictIndex } = outcome;
      const { lastIndex } = durable.log;
      return this.reply({ to: from, kind: "append", build: (synced) => appendConflict(synced, { term, sequence, lastIndex, conflictTerm, conflictIndex }) });
    }
    this.takeEntries(outcome);
    const { lastIndex } = durable.log;
    // What is committed agrees with any leader's log.
    const matchIndex = Math.max(outcome.lastIndex, this.committed);
    this.reply({ to: from, kind: "append", build: (synced) => appendMatched(synced, { term, sequence, lastIndex, matchIndex }) });
    if (request.entries.length === 0) this.answerHeartbeat(from, { sequence, matchIndex });
    this.commitTo(Math.min(request.commitIndex, outcome.lastIndex));
  }

  /** While a sync lasts, a heartbeat is answered with what is durable already: a slow disk must not look like a dead process. */
  private answerHeartbeat(to: ReplicaKey, heartbeat: { readonly sequence: number; readonly matchIndex: number }): void {
    const { synced } = this.durable;
    if (synced.index >= heartbeat.matchIndex) return;
    const message = appendMatched(synced, { term: this.term, sequence: heartbeat.sequence, lastIndex: this.lastIndex, matchIndex: synced.index });
    if (message !== undefined) this.send(to, message);
  }

  private takeEntries(outcome: { readonly truncateFrom: number; readonly entries: readonly Entry[] }): void {
    if (outcome.truncateFrom !== 0) this.durable.truncateFrom(outcome.truncateFrom, this.committed);
    this.durable.append(outcome.entries);
    this.settleMembership();
  }

  private onReplicaAnswer(
    from: ReplicaKey,
    message: Extract<RaftMessage, { type: "append-matched" | "append-conflict" | "snapshot-wanted" }>,
    nowUs: number,
  ): void {
    if (message.term !== this.term || this.state.type !== "leader") return;
    const { leadership } = this.state;
    if (message.type === "snapshot-wanted") return this.sendIf(leadership.onSnapshotWanted(from, message, nowUs));
    leadership.onResponse(from, message, nowUs);
    this.advanceCommit();
    this.handOverIfDue(nowUs);
  }

  private onEndTerm(from: ReplicaKey, { term, successors }: EndTerm, nowUs: number): void {
    const { state } = this;
    if (term !== this.term || (state.type !== "follower" && state.type !== "observer") || (state.leader !== from.id && state.leader !== NO_NODE)) return;
    const rank = successors.indexOf(this.options.self.id);
    // It need not ask whether others would vote: it has what the leader had, and those who have not heard yet of the end would say no.
    if (rank === 0 && this.isMember && this.state.type === "follower" && this.term < MAX_TERM) return this.stand(nowUs);
    const delayUs = rank > 0 ? this.clock.backoff() + rank * this.clock.stepUs : this.clock.timeout();
    this.become(this.following(NO_NODE, nowUs, nowUs + (state.type === "observer" ? this.options.heartbeatIntervalUs : delayUs)));
  }

  // Observers, and those who ask like one

  private onFetchRequest(from: ReplicaKey, request: FetchRequest, nowUs: number): void {
    const { term, leader } = this;
    if (this.state.type === "leader") return this.sendIf(this.state.leadership.onFetch(from, request, this.snapshots.current, nowUs));
    this.send(from, { type: "fetch-redirect", term, sequence: request.sequence, leader });
  }

  private onFetchResponse(from: ReplicaKey, response: FetchResponse, nowUs: number): void {
    if (response.term < this.term || !this.follow(from.id, nowUs)) return;
    this.route.answered();
    const outcome = reconcile(this.log, response);
    if (outcome.type === "conflict") {
      // It asked behind its last commit. Where the leader has another entry there, the quorum has lost what it had committed.
      invariant(response.previousIndex > this.committed, "a leader has all that this node knows to be committed", {
        from: from.id,
        index: response.previousIndex,
        term: response.previousTerm,
      });
      // An answer to what this node asked before it restarted.
      return this.fetchFrom(from.id);
    }
    this.takeEntries(outcome);
    this.commitTo(Math.min(response.commitIndex, outcome.lastIndex));
    const isBehind = this.committed < response.commitIndex;
    if (this.state.type === "observer" || isBehind) this.fetchFrom(from.id);
  }

  private onFetchRedirect({ term, sequence, leader }: FetchRedirect, nowUs: number): void {
    const { state } = this;
    const isLost = state.type === "observer" || state.type === "prospective" || (state.type === "follower" && state.leader === NO_NODE);
    if (term !== this.term || !isLost || sequence !== this.route.lastSequence || leader === this.options.self.id) return;
    if (leader === NO_NODE || !this.route.mayFollow()) return;
    if (state.type === "observer") this.become({ type: "observer", leader, heardUs: nowUs, deadlineUs: nowUs + this.clock.timeout() });
    this.fetchFrom(leader);
  }

  /** An observer asks its leader if it heard of it lately, else whoever is next of those that may know one. */
  private fetch({ leader, heardUs }: Observer, nowUs: number): void {
    const { heartbeatIntervalUs, electionTimeoutUs } = this.options;
    if (leader !== NO_NODE && nowUs - heardUs < electionTimeoutUs) {
      this.become({ type: "observer", leader, heardUs, deadlineUs: nowUs + this.clock.timeout() });
      return this.fetchFrom(leader);
    }
    this.become({ type: "observer", leader: NO_NODE, heardUs: nowUs, deadlineUs: nowUs + heartbeatIntervalUs });
    this.fetchFromNext();
  }

  /** Asks the next of those who may know the leader. */
  private fetchFromNext(): void {
    const target = this.route.next([...this.voters.map(({ id }) => id), ...this.options.seeds]);
    if (target !== undefined) this.fetchFrom(target);
  }

  private fetchFrom(id: number): void {
    this.send({ id, directoryId: ANY_DIRECTORY }, { type: "fetch-request", term: this.term, sequence: this.route.nextSequence(), commitIndex: this.committed });
  }

  // Snapshots

  private onSnapshotChunk(from: ReplicaKey, chunk: SnapshotChunk, nowUs: number): void {
    if (chunk.term < this.term || !this.follow(from.id, nowUs)) return;
    this.route.answered();
    if (chunk.snapshot.index <= this.committed) return this.tellProgress(from, chunk.sequence);
    const received = this.snapshots.receive(chunk);
    if (received === undefined) return;
    const { term } = this;
    const { sequence, snapshot } = chunk;
    const position = received.type === "whole" ? snapshot.size : received.position;
    if (received.type === "whole") this.store(received.snapshot);
    this.send(from, { type: "snapshot-wanted", term, sequence, snapshot, position });
  }

  private store(snapshot: Snapshot): void {
    this.outputs.push({ type: "store-snapshot", id: this.snapshots.store(snapshot), snapshot });
  }

  private onSnapshotStored(id: number, nowUs: number): void {
    const snapshot = this.snapshots.complete(id);
    if (snapshot === undefined) return;
    const wasBehind = snapshot.index > this.committed;
    // With the same entry there, the log is the same up to it: what it says need not be thrown away.
    if (this.termAt(snapshot.index) === snapshot.term) this.commitTo(snapshot.index);
    if (snapshot.index > this.committed) this.install(snapshot, nowUs);
    else if (snapshot === this.snapshots.current && snapshot.index > this.log.base.index) {
      this.durable.compact(snapshot, snapshot.index - this.options.limits.retainedEntries);
    }
    if (wasBehind && this.leader !== NO_NODE && this.state.type !== "leader") this.tellProgress({ id: this.leader, directoryId: ANY_DIRECTORY }, 0);
  }

  private install(snapshot: Snapshot, nowUs: number): void {
    invariant(this.state.type !== "leader", "a leader has all that is committed", { index: snapshot.index, term: this.term });
    this.durable.reset(snapshot);
    this.snapshots.restored();
    this.committed = snapshot.index;
    this.outputs.push({ type: "restore", snapshot });
    // A ballot was held among voters that may no longer be those of the log.
    if (this.state.type === "prospective" || this.state.type === "candidate") this.become(this.following(NO_NODE, nowUs, nowUs + this.clock.timeout()));
    this.settleMembership();
  }

  /** After a snapshot: a follower says how far it is, an observer asks for more. */
  private tellProgress(leader: ReplicaKey, sequence: number): void {
    if (this.state.type === "observer") return this.fetchFrom(leader.id);
    const { term, lastIndex, committed: matchIndex } = this;
    this.reply({ to: leader, kind: "append", build: (synced) => appendMatched(synced, { term, sequence, lastIndex, matchIndex }) });
  }

  // The disk

  private onPersisted(id: number, nowUs: number): void {
    const synced = this.durable.complete(id);
    if (synced === undefined) return;
    for (const { to, message } of this.replies.release(synced)) this.send(to, message);
    if (this.state.type === "candidate" && synced.term === this.term) {
      // Only now is the candidate's own vote one that counts.
      this.state.ballot.count(this.options.self, true);
      for (const voter of this.state.ballot.voters.voters) this.askForVote(voter);
      this.settleBallot(nowUs);
    } else this.advanceCommit();
  }

  // Peers

  private onPeerRefused(peer: number, nowUs: number): void {
    this.unreachable.add(peer);
    const { state } = this;
    if (state.type === "follower" && state.leader === peer) {
      this.become(this.following(NO_NODE, nowUs, Math.min(state.deadlineUs, nowUs + this.clock.backoff())));
    } else if (state.type === "observer" && (state.leader === peer || (state.leader === NO_NODE && this.route.lastTarget === peer))) {
      this.become(this.following(NO_NODE, nowUs, Math.min(state.deadlineUs, nowUs + this.clock.backoff())));
    } else this.settleBallot(nowUs);
  }

  private onPeerReconnected(peer: number, nowUs: number): void {
    this.unreachable.delete(peer);
    const { state } = this;
    if (state.type === "leader") return state.leadership.onReconnected(peer);
    if (state.type === "prospective" && state.ballot.isUndecided(peer)) return this.askForPreVote(state.ballot.voters.get(peer), state.round);
    if (state.type === "candidate" && state.ballot.isUndecided(peer)) return this.askForVote(state.ballot.voters.get(peer));
    if (state.type !== "observer") return;
    if (state.leader === peer) return this.fetchFrom(peer);
    if (state.leader === NO_NODE) this.fetch(state, nowUs);
  }

  // Time

  private onDeadline(nowUs: number): void {
    const leadership = this.leadershipAt(nowUs);
    if (leadership !== undefined) return this.sendAll(leadership.onDeadline(nowUs, this.snapshots.current));
    if (this.state.type === "leader" || nowUs < this.state.deadlineUs) return;
    if (this.state.type === "observer") this.fetch(this.state, nowUs);
    else this.campaign(nowUs);
  }

  /** The leadership if it still holds: check-quorum. */
  private leadershipAt(nowUs: number): Leadership | undefined {
    this.nowUs = nowUs;
    if (this.state.type !== "leader") return undefined;
    const { leadership } = this.state;
    if (nowUs < leadership.replication.quorumLostAtUs) return leadership;
    this.become({ type: "resigned", deadlineUs: nowUs + this.clock.timeout() });
    return undefined;
  }

  // Elections

  private campaign(nowUs: number): void {
    const ballot = new Ballot(this.log.voters.latest.voters);
    const round = ++this.rounds;
    const wasInVain = this.state.type === "prospective";
    this.clock.campaigned();
    this.become({ type: "prospective", round, ballot, deadlineUs: nowUs + this.clock.timeout() });
    for (const voter of ballot.voters.voters) this.askForPreVote(voter, round);
    // The voters it knows may all have been replaced while it was away: then nobody answers, and the quorum is somewhere else.
    if (wasInVain) this.fetchFromNext();
    ballot.count(this.options.self, true);
    this.settleBallot(nowUs);
  }

  private settleBallot(nowUs: number): void {
    if (this.state.type !== "prospective" && this.state.type !== "candidate") return;
    const { ballot } = this.state;
    const outcome = ballot.outcome(this.unreachable);
    if (outcome === "lost") this.become(this.following(NO_NODE, nowUs, nowUs + this.clock.backoff()));
    else if (outcome === "won" && this.state.type === "candidate") this.lead(ballot, nowUs);
    else if (outcome === "won" && this.term < MAX_TERM) this.stand(nowUs);
  }

  /** Becomes a candidate of the next term. The requests leave when the vote for itself is durable. */
  private stand(nowUs: number): void {
    this.durable.adoptTerm(this.term + 1);
    this.durable.voteFor(this.options.self);
    this.replies.forget();
    this.become({ type: "candidate", ballot: new Ballot(this.log.voters.latest.voters), deadlineUs: nowUs + this.clock.timeout() });
  }

  private lead(ballot: Ballot, nowUs: number): void {
    this.clock.settled();
    const { term, log, committed, lastReadId } = this;
    const leadership = new Leadership(this.options, { term, log, commitIndex: committed, lastReadId, nowUs });
    this.become({ type: "leader", leadership });
    const { index, voters } = log.voters.latest;
    // The barrier: nothing of earlier terms is committed before an entry of this term is (Raft §5.4.2, §8). The quorum's first one names its voters.
    if (index > 0) this.appendAsLeader("barrier", new Uint8Array(0));
    else this.appendAsLeader("voters", encodeVoters(voters.pinned((id) => ballot.directoryOf(id)).voters));
    leadership.votersChanged(nowUs);
  }

  private stepDown(term: number, nowUs: number): void {
    const deadlineUs = deadlineInLaterTerm(this.state, this.clock, nowUs);
    this.durable.adoptTerm(term);
    this.replies.forget();
    this.become(this.following(NO_NODE, nowUs, deadlineUs));
  }

  private askForPreVote(voter: ReplicaKey | undefined, round: number): void {
    if (voter === undefined || voter.id === this.options.self.id) return;
    const { lastIndex, lastTerm } = this.log;
    this.send(voter, { type: "pre-vote-request", term: this.term, round, lastIndex, lastTerm });
  }

  private askForVote(voter: ReplicaKey | undefined): void {
    if (voter === undefined || voter.id === this.options.self.id) return;
    const { lastIndex, lastTerm } = this.log;
    const request = voteRequest(this.durable.synced, { term: this.term, self: this.options.self, lastIndex, lastTerm });
    if (request !== undefined) this.send(voter, request);
  }

  private handOverIfDue(nowUs: number): void {
    if (this.state.type === "leader" && this.state.leadership.isTransferDue) this.resign(nowUs);
  }

  private endTerm(leadership: Leadership): void {
    const message: EndTerm = { type: "end-term", term: this.term, successors: leadership.successors };
    for (const { key } of leadership.replication.bySuitability) this.send(key, message);
  }

  // The log

  private get log() {
    return this.durable.log;
  }

  private appendAsLeader(kind: EntryKind, payload: Uint8Array): { readonly index: number; readonly term: number } {
    const entry = { index: this.lastIndex + 1, term: this.term, kind, payload };
    this.durable.append([entry]);
    return { index: entry.index, term: entry.term };
  }

  private advanceCommit(): void {
    if (this.state.type !== "leader") return;
    const { leadership } = this.state;
    this.commitTo(leadership.nextCommitIndex(this.durable.synced.index));
    this.releaseReads(leadership);
  }

  private commitTo(index: number): void {
    if (index <= this.committed) return;
    invariant(index <= this.lastIndex, "what is committed is there", { index, lastIndex: this.lastIndex });
    const entries = this.log.slice(this.committed + 1, index + 1);
    this.committed = index;
    let told = 0;
    for (const [position, entry] of entries.entries()) {
      if (!this.snapshots.isDueAfter(entry)) continue;
      this.outputs.push({ type: "committed", entries: entries.slice(told, position + 1) }, { type: "take-snapshot", index: entry.index });
      this.snapshots.begin({ index: entry.index, term: entry.term, voters: this.log.voters.at(entry.index).voters.voters });
      told = position + 1;
    }
    if (told < entries.length) this.outputs.push({ type: "committed", entries: told === 0 ? entries : entries.slice(told) });
    if (this.state.type === "leader") this.state.leadership.committedTo(index);
    this.settleMembership();
  }

  private releaseReads(leadership: Leadership): void {
    for (const { id, index } of leadership.reads.release(this.log.voters.latest.voters, this.options.self)) this.outputs.push({ type: "read", id, index });
  }

  // Roles

  /**
   * It may vote and lead: it is a voter by its latest set or, while that may not be committed, by the one before. Both, for a leader that dies
   * while it removes itself may be the only one that can be elected (thesis §4.2.2).
   */
  private get isMember(): boolean {
    return this.log.voters.inForce(this.committed).some((voters) => voters.has(this.options.self));
  }

  private startState(recovered: Recovered, nowUs: number): RoleState {
    // It knows of no leader to wait for; if there is one, the others refuse the pre-vote and nothing is lost.
    const deadlineUs = nowUs + this.clock.backoff();
    if (!this.isMember) {
      if (!recovered.hasPromised) this.durable.makeVolatile();
      return { type: "observer", leader: NO_NODE, heardUs: nowUs, deadlineUs };
    }
    const { self } = this.options;
    const mayHaveLed = recovered.votedFor?.id === self.id && recovered.votedFor.directoryId === self.directoryId;
    return mayHaveLed ? { type: "resigned", deadlineUs } : { type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs };
  }

  /** A follower, or an observer where it has no vote, of `leader`. */
  private following(leader: number, nowUs: number, deadlineUs: number): Follower | Observer {
    return { type: this.isMember ? "follower" : "observer", leader, heardUs: nowUs, deadlineUs };
  }

  /** The leader of this term was heard. A term has one: a second one, or one beside itself, is a lie, and false is returned. */
  private follow(leader: number, nowUs: number): boolean {
    const { state } = this;
    if (state.type === "leader") return false;
    const deadlineUs = nowUs + this.clock.timeout();
    if ((state.type === "follower" || state.type === "observer") && state.leader === leader) {
      state.heardUs = nowUs;
      state.deadlineUs = deadlineUs;
      return true;
    }
    if (state.type === "follower" && state.leader !== NO_NODE) return false;
    this.clock.settled();
    this.become(this.following(leader, nowUs, deadlineUs));
    return true;
  }

  /** The log, or what is committed of it, changed: it may vote now, or no more. */
  private settleMembership(): void {
    const { state, nowUs } = this;
    if (state.type === "leader" || (state.type === "observer") !== this.isMember) return;
    const { leader } = this;
    if (state.type === "observer") {
      this.durable.makeDurable();
      this.become({ type: "follower", leader, heardUs: state.heardUs, deadlineUs: nowUs + this.clock.timeout() });
    } else this.become({ type: "observer", leader, heardUs: nowUs, deadlineUs: nowUs });
  }

  private become(state: RoleState): void {
    const before = this.state;
    invariant(isTransition(before.type, state.type), "roles change as the table says", { from: before.type, to: state.type });
    const { role, leader } = this;
    this.state = state;
    if (before.type === "leader") for (const id of before.leadership.reads.refuse()) this.outputs.push({ type: "read", id, index: undefined });
    if (role !== this.role || leader !== this.leader || this.toldTerm !== this.term) this.tellRole();
  }

  // Outputs

  private refused(reason: Refusal): { readonly ok: false; readonly reason: Refusal; readonly leader: number } {
    return { ok: false, reason, leader: this.leader };
  }

  private reply(reply: Reply): void {
    const message = this.replies.ask(reply, this.durable.synced);
    if (message !== undefined) this.send(reply.to, message);
  }

  private send(to: ReplicaKey, message: RaftMessage): void {
    this.outputs.push({ type: "send", to: { id: to.id, directoryId: to.directoryId }, message });
  }

  private sendIf(addressed: Addressed | undefined): void {
    if (addressed !== undefined) this.send(addressed.to, addressed.message);
  }

  private sendAll(messages: readonly Addressed[]): void {
    for (const { to, message } of messages) this.send(to, message);
  }

  private tellRole(): void {
    this.toldTerm = this.term;
    this.outputs.push({ type: "role", role: this.role, term: this.term, leader: this.leader });
  }
}

const NOTHING: readonly RaftOutput[] = [];
