import { Ballot } from "./ballot.ts";
import { DurableState } from "./durable-state.ts";
import { deadlineInLaterTerm, ElectionClock, grantsPreVote, grantsVote } from "./election.ts";
import { type Entry, MAX_TERM, NO_NODE, type Recovered } from "./entry.ts";
import type { RaftInput } from "./input.ts";
import { invariant } from "./invariant.ts";
import type { AppendRequest, PreVoteRequest, PreVoteResponse, RaftMessage, VoteRequest, VoteResponse } from "./message.ts";
import { type RaftOptions, type ResolvedOptions, resolveOptions } from "./options.ts";
import type { Proposed, RaftOutput } from "./output.ts";
import type { PeerProgress } from "./progress.ts";
import { reconcile } from "./reconcile.ts";
import { appendConflict, appendMatched, PendingReplies, type Reply, voteRequest, voteResponse } from "./replies.ts";
import { Replication } from "./replication.ts";
import { type Follower, isTransition, type Role, type RoleState } from "./role.ts";

/**
 * One voter of a Raft quorum as a pure machine. Its roles and their transition table are in `role.ts`.
 *
 * Step it with what happens, then drain it for what to do, in order. It does no I/O and reads no clock; every `nowUs`
 * is monotonic microseconds and never runs backwards. `step` and `propose` never throw for what others send, and throw
 * `InvariantViolation` when this node, or the quorum, is broken beyond repair; the process must stop then.
 */
export class RaftNode {
  private readonly options: ResolvedOptions;
  private readonly durable: DurableState;
  private readonly clock: ElectionClock;
  private readonly replies = new PendingReplies();
  /** Peers whose last dial was refused and of whom nothing came since: no ballot waits for them. */
  private readonly unreachable = new Set<number>();
  private state: RoleState;
  private committed = 0;
  private rounds = 0;
  /** The term that was last told in a role output. */
  private toldTerm = -1;
  private outputs: RaftOutput[] = [];

  /** Throws `InvalidOptionsError`. The write-ahead log that `recovered` is from must be durable before: written anew, for a sync alone does not prove it. */
  constructor(options: RaftOptions, recovered: Recovered, nowUs: number) {
    this.options = resolveOptions(options);
    this.durable = new DurableState(recovered);
    this.clock = new ElectionClock(this.options);
    // It knows of no leader to wait for; if there is one, the others refuse the pre-vote and nothing is lost.
    const deadlineUs = nowUs + this.clock.backoff();
    const mayHaveLed = recovered.votedFor === options.self;
    this.state = mayHaveLed ? { type: "resigned", deadlineUs } : { type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs };
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
    if (this.state.type === "leader") return this.options.self;
    return this.state.type === "follower" ? this.state.leader : NO_NODE;
  }

  get votedFor(): number {
    return this.durable.votedFor;
  }

  get voters(): readonly number[] {
    return this.options.voters;
  }

  get commitIndex(): number {
    return this.committed;
  }

  get lastIndex(): number {
    return this.durable.log.lastIndex;
  }

  /** On this node's disk up to here. */
  get syncedIndex(): number {
    return this.durable.synced.index;
  }

  /** The followers as the leader sees them; empty on any other node. */
  get progress(): readonly PeerProgress[] {
    return this.state.type === "leader" ? this.state.replication.progress : [];
  }

  /** When to step `deadline`; it may move with every step. Undefined if nothing is waited for. */
  get nextDeadlineUs(): number | undefined {
    return this.state.type === "leader" ? this.state.replication.deadlineUs : this.state.deadlineUs;
  }

  entryAt(index: number): Entry | undefined {
    return this.durable.log.entryAt(index);
  }

  /** 0 for index 0, undefined behind the end. */
  termAt(index: number): number | undefined {
    return this.durable.log.termAt(index);
  }

  step(input: RaftInput, nowUs: number): void {
    switch (input.type) {
      case "message":
        return this.onMessage(input.from, input.message, nowUs);
      case "persisted":
        return this.onPersisted(input.id, nowUs);
      case "peer-refused":
        return this.onPeerRefused(input.peer, nowUs);
      case "peer-reconnected":
        return this.onPeerReconnected(input.peer);
      case "deadline":
        return this.onDeadline(nowUs);
    }
  }

  /**
   * Appends to the log if this node leads. The caller bounds what it has proposed and not seen committed. An empty payload can't be told
   * from a leader's barrier.
   */
  propose(payload: Uint8Array, nowUs: number): Proposed {
    // A leader that was paused may be deposed without knowing: it checks before it promises anything.
    this.checkQuorum(nowUs);
    if (this.state.type !== "leader") return { ok: false, reason: "not-leader", leader: this.leader };
    if (payload.length > this.options.limits.maxPayloadBytes) return { ok: false, reason: "too-large", leader: this.leader };
    return { ok: true, ...this.appendAsLeader(payload) };
  }

  /** What is to be done since the last drain, in order. To be called once after the inputs of a turn. */
  drain(): readonly RaftOutput[] {
    const next = this.durable.nextWrite();
    if (next !== undefined) this.outputs.push({ type: "persist", ...next });
    if (this.state.type === "leader") for (const request of this.state.replication.pump(this.committed)) this.send(request.to, request.message);
    if (this.outputs.length === 0) return NOTHING;
    const drained = this.outputs;
    this.outputs = [];
    return drained;
  }

  // Messages

  private onMessage(from: number, message: RaftMessage, nowUs: number): void {
    if (!this.options.peers.includes(from)) return;
    this.unreachable.delete(from);
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
      case "append-matched":
      case "append-conflict":
        if (message.term !== this.term || this.state.type !== "leader") return;
        this.state.replication.onResponse(from, message, nowUs);
        return this.advanceCommit();
    }
  }

  private onPreVoteRequest(from: number, request: PreVoteRequest, nowUs: number): void {
    const { state, term, votedFor, durable } = this;
    const now = { us: nowUs, electionTimeoutUs: this.options.electionTimeoutUs };
    const isGranted = grantsPreVote({ state, term, votedFor, log: durable.log }, request, now);
    this.send(from, { type: "pre-vote-response", term, round: request.round, isGranted });
  }

  private onPreVoteResponse(from: number, response: PreVoteResponse, nowUs: number): void {
    if (this.state.type !== "prospective" || this.state.round !== response.round) return;
    this.state.ballot.count(from, response.isGranted);
    this.settleBallot(nowUs);
  }

  private onVoteRequest(from: number, request: VoteRequest, nowUs: number): void {
    const { state, term, votedFor, durable } = this;
    const isGranted = grantsVote({ state, term, votedFor, log: durable.log }, request, from);
    if (isGranted) {
      durable.voteFor(from);
      this.become({ type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs: nowUs + this.clock.timeout() });
    }
    this.reply({ to: from, kind: "vote", build: (synced) => voteResponse(synced, { term, candidate: from, isGranted }) });
  }

  private onVoteResponse(from: number, response: VoteResponse, nowUs: number): void {
    if (this.state.type !== "candidate" || response.term !== this.term) return;
    this.state.ballot.count(from, response.isGranted);
    this.settleBallot(nowUs);
  }

  private onAppendRequest(from: number, request: AppendRequest, nowUs: number): void {
    const { term } = this;
    const { sequence } = request;
    if (request.term < term) {
      // Tells a deposed leader of the later term. What it says of our log is of no use to it.
      const { lastIndex } = this;
      return this.reply({
        to: from,
        kind: "append",
        build: (synced) => appendConflict(synced, { term, sequence, lastIndex, conflictTerm: 0, conflictIndex: lastIndex + 1 }),
      });
    }
    const follower = this.follow(from, nowUs);
    if (follower === undefined) return;
    follower.heardUs = nowUs;
    follower.deadlineUs = nowUs + this.clock.timeout();
    this.acceptAppend(from, request);
  }

  /** A term has one leader: an append by a second one, or to the leader itself, is a lie and is ignored. */
  private follow(leader: number, nowUs: number): Follower | undefined {
    if (this.state.type === "leader") return undefined;
    if (this.state.type === "follower" && this.state.leader !== NO_NODE) return this.state.leader === leader ? this.state : undefined;
    const follower: Follower = { type: "follower", leader, heardUs: nowUs, deadlineUs: nowUs };
    this.clock.settled();
    this.become(follower);
    return follower;
  }

  private acceptAppend(from: number, request: AppendRequest): void {
    const { term, durable } = this;
    const { sequence } = request;
    const outcome = reconcile(durable.log, request);
    if (outcome.type === "conflict") {
      const { conflictTerm, conflictIndex } = outcome;
      const { lastIndex } = durable.log;
      return this.reply({ to: from, kind: "append", build: (synced) => appendConflict(synced, { term, sequence, lastIndex, conflictTerm, conflictIndex }) });
    }
    if (outcome.truncateFrom !== 0) durable.truncateFrom(outcome.truncateFrom, this.committed);
    durable.append(outcome.entries);
    const { lastIndex } = durable.log;
    const matchIndex = outcome.lastIndex;
    this.reply({ to: from, kind: "append", build: (synced) => appendMatched(synced, { term, sequence, lastIndex, matchIndex }) });
    if (request.entries.length === 0) this.answerHeartbeat(from, { sequence, matchIndex });
    this.commitTo(Math.min(request.commitIndex, matchIndex));
  }

  /** While a sync lasts, a heartbeat is answered with what is durable already: a slow disk must not look like a dead process. */
  private answerHeartbeat(to: number, heartbeat: { readonly sequence: number; readonly matchIndex: number }): void {
    const { synced } = this.durable;
    if (synced.index >= heartbeat.matchIndex) return;
    const message = appendMatched(synced, { term: this.term, sequence: heartbeat.sequence, lastIndex: this.lastIndex, matchIndex: synced.index });
    if (message !== undefined) this.send(to, message);
  }

  // The disk

  private onPersisted(id: number, nowUs: number): void {
    const synced = this.durable.complete(id);
    if (synced === undefined) return;
    for (const { to, message } of this.replies.release(synced)) this.send(to, message);
    if (this.state.type === "candidate" && synced.term === this.term) {
      // Only now is the candidate's own vote one that counts.
      this.state.ballot.count(this.options.self, true);
      for (const peer of this.options.peers) this.askForVote(peer);
      this.settleBallot(nowUs);
    } else this.advanceCommit();
  }

  // Peers

  private onPeerRefused(peer: number, nowUs: number): void {
    if (!this.options.peers.includes(peer)) return;
    this.unreachable.add(peer);
    if (this.state.type === "follower" && this.state.leader === peer) {
      const deadlineUs = Math.min(this.state.deadlineUs, nowUs + this.clock.backoff());
      this.become({ type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs });
    } else this.settleBallot(nowUs);
  }

  private onPeerReconnected(peer: number): void {
    this.unreachable.delete(peer);
    if (this.state.type === "leader") this.state.replication.onReconnected(peer);
    else if (this.state.type === "prospective" && this.state.ballot.isUndecided(peer)) this.askForPreVote(peer, this.state.round);
    else if (this.state.type === "candidate" && this.state.ballot.isUndecided(peer)) this.askForVote(peer);
  }

  // Time

  private onDeadline(nowUs: number): void {
    this.checkQuorum(nowUs);
    if (this.state.type === "leader") this.state.replication.onDeadline(nowUs);
    else if (nowUs >= this.state.deadlineUs) this.campaign(nowUs);
  }

  private checkQuorum(nowUs: number): void {
    if (this.state.type !== "leader" || !this.state.replication.isQuorumLost(nowUs)) return;
    this.become({ type: "resigned", deadlineUs: nowUs + this.clock.timeout() });
  }

  // Elections

  private campaign(nowUs: number): void {
    const ballot = new Ballot(this.options.voters);
    const round = ++this.rounds;
    this.clock.campaigned();
    this.become({ type: "prospective", round, ballot, deadlineUs: nowUs + this.clock.timeout() });
    for (const peer of this.options.peers) this.askForPreVote(peer, round);
    ballot.count(this.options.self, true);
    this.settleBallot(nowUs);
  }

  private settleBallot(nowUs: number): void {
    if (this.state.type !== "prospective" && this.state.type !== "candidate") return;
    const outcome = this.state.ballot.outcome(this.unreachable);
    if (outcome === "lost") this.become({ type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs: nowUs + this.clock.backoff() });
    else if (outcome === "won" && this.state.type === "candidate") this.lead(nowUs);
    else if (outcome === "won" && this.term < MAX_TERM) this.stand(nowUs);
  }

  /** Becomes a candidate of the next term. The requests leave when the vote for itself is durable. */
  private stand(nowUs: number): void {
    this.durable.adoptTerm(this.term + 1);
    this.durable.voteFor(this.options.self);
    this.replies.forget();
    this.become({ type: "candidate", ballot: new Ballot(this.options.voters), deadlineUs: nowUs + this.clock.timeout() });
  }

  private lead(nowUs: number): void {
    this.clock.settled();
    this.become({ type: "leader", replication: new Replication(this.options, { term: this.term, log: this.durable.log, nowUs }) });
    // The barrier: nothing of earlier terms is committed before an entry of this term is (Raft §5.4.2, §8).
    this.appendAsLeader(new Uint8Array(0));
  }

  private stepDown(term: number, nowUs: number): void {
    this.durable.adoptTerm(term);
    this.replies.forget();
    this.become({ type: "follower", leader: NO_NODE, heardUs: nowUs, deadlineUs: deadlineInLaterTerm(this.state, this.clock, nowUs) });
  }

  private askForPreVote(peer: number, round: number): void {
    const { lastIndex, lastTerm } = this.durable.log;
    this.send(peer, { type: "pre-vote-request", term: this.term, round, lastIndex, lastTerm });
  }

  private askForVote(peer: number): void {
    const { lastIndex, lastTerm } = this.durable.log;
    const request = voteRequest(this.durable.synced, { term: this.term, self: this.options.self, lastIndex, lastTerm });
    if (request !== undefined) this.send(peer, request);
  }

  // The log

  private appendAsLeader(payload: Uint8Array): { readonly index: number; readonly term: number } {
    const entry = { index: this.lastIndex + 1, term: this.term, payload };
    this.durable.append([entry]);
    return { index: entry.index, term: entry.term };
  }

  private advanceCommit(): void {
    if (this.state.type !== "leader") return;
    const index = this.state.replication.majorityIndex(this.durable.synced.index);
    // Replicas are counted for entries of the own term only; earlier ones are committed with them (Raft §5.4.2, figure 8).
    if (this.termAt(index) !== this.term) return;
    this.commitTo(index);
  }

  private commitTo(index: number): void {
    if (index <= this.committed) return;
    invariant(index <= this.lastIndex, "what is committed is there", { index, lastIndex: this.lastIndex });
    const entries = this.durable.log.slice(this.committed + 1, index + 1);
    this.committed = index;
    this.outputs.push({ type: "committed", entries });
  }

  // Outputs

  private reply(reply: Reply): void {
    const message = this.replies.ask(reply, this.durable.synced);
    if (message !== undefined) this.send(reply.to, message);
  }

  private send(to: number, message: RaftMessage): void {
    this.outputs.push({ type: "send", to, message });
  }

  private become(state: RoleState): void {
    invariant(isTransition(this.state.type, state.type), "roles change as the table says", { from: this.state.type, to: state.type });
    const { role, leader } = this;
    this.state = state;
    if (role !== this.role || leader !== this.leader || this.toldTerm !== this.term) this.tellRole();
  }

  private tellRole(): void {
    this.toldTerm = this.term;
    this.outputs.push({ type: "role", role: this.role, term: this.term, leader: this.leader });
  }
}

const NOTHING: readonly RaftOutput[] = [];
