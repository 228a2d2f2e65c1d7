import { Ballot } from "./ballot.ts";
import { deadlineInLaterTerm, grantsPreVote, grantsVote } from "./election.ts";
import { MAX_TERM, NO_NODE } from "./entry.ts";
import { Leadership } from "./leadership.ts";
import type { EndTerm, PreVoteRequest, PreVoteResponse, VoteRequest, VoteResponse } from "./message.ts";
import type { Observing } from "./observing.ts";
import type { ReplicaKey } from "./replica-key.ts";
import type { Replica } from "./replica.ts";
import { voteRequest, voteResponse } from "./replies.ts";
import { encodeVoters } from "./voters-codec.ts";

/**
 * How a node votes, and comes to lead: pre-vote (KIP-996), vote (Raft §5.2), and the first entry of the term. Whoever asks is answered, voter or
 * not: a change of voters may be known to one side only (KIP-853).
 */
export class Elections {
  private readonly replica: Replica;
  private readonly observing: Observing;
  private rounds = 0;
  /** The round in which it asked the leader that others follow: once is enough. */
  private roundOfHint = 0;
  /** The last round was lost, for nobody was there to answer. */
  private wasUnanswered = false;
  private lastReadId = 0;

  constructor(replica: Replica, observing: Observing) {
    this.replica = replica;
    this.observing = observing;
  }

  onPreVoteRequest(from: ReplicaKey, request: PreVoteRequest): void {
    const { replica } = this;
    const { state, term, log, leader } = replica;
    const now = { us: replica.nowUs, electionTimeoutUs: replica.options.electionTimeoutUs };
    const isGranted = grantsPreVote({ state, term, votedFor: replica.durable.votedFor, log }, request, now);
    replica.send(from, { type: "pre-vote-response", term, round: request.round, isGranted, leader });
  }

  onPreVoteResponse(from: ReplicaKey, response: PreVoteResponse): void {
    const { state, self } = this.replica;
    if (response.round !== this.rounds) return;
    // There is a leader, and it does not push to this node: it may have been removed while it was away, and asks as an observer would.
    const isLost = state.type === "prospective" || (state.type === "follower" && state.leader === NO_NODE);
    if (isLost && this.roundOfHint < this.rounds && !response.isGranted && response.leader !== NO_NODE && response.leader !== self.id) {
      this.roundOfHint = this.rounds;
      this.observing.fetchFrom(response.leader);
    }
    if (state.type !== "prospective") return;
    state.ballot.count(from, response.isGranted);
    this.settleBallot();
  }

  onVoteRequest(from: ReplicaKey, request: VoteRequest): void {
    const { replica } = this;
    const { state, term, durable, log } = replica;
    // Whoever asks counts this node among the voters, and its answer is a promise.
    durable.makeDurable();
    const isGranted = grantsVote({ state, term, votedFor: durable.votedFor, log }, request, from);
    if (isGranted) {
      durable.voteFor(from);
      this.schedule(replica.clock.timeout());
    }
    replica.reply({ to: from, kind: "vote", build: (synced) => voteResponse(synced, { term, candidate: from, isGranted }) });
  }

  onVoteResponse(from: ReplicaKey, response: VoteResponse): void {
    const { state, term } = this.replica;
    if (state.type !== "candidate" || response.term !== term) return;
    state.ballot.count(from, response.isGranted);
    this.settleBallot();
  }

  /** The leader goes, and says who should come. */
  onEndTerm(from: ReplicaKey, { term, successors }: EndTerm): void {
    const { replica } = this;
    const { state, clock } = replica;
    if (term !== replica.term || (state.type !== "follower" && state.type !== "observer") || (state.leader !== from.id && state.leader !== NO_NODE)) return;
    const rank = successors.indexOf(replica.self.id);
    // It need not ask whether others would vote: it has what the leader had, and those who have not heard yet of the end would say no.
    if (rank === 0 && state.type === "follower" && term < MAX_TERM) return this.stand();
    if (state.type === "observer") return this.schedule(replica.options.heartbeatIntervalUs);
    this.schedule(rank > 0 ? clock.backoff() + rank * clock.stepUs : clock.timeout());
  }

  /** The candidate's own vote is durable, and only now one that counts. */
  onVoteSynced(): void {
    const { state, self } = this.replica;
    if (state.type !== "candidate") return;
    state.ballot.count(self, true);
    for (const voter of state.ballot.voters.voters) this.askForVote(voter);
    this.settleBallot();
  }

  /** What was asked over the old connection may be lost. */
  onReconnected(peer: number): void {
    const { state } = this.replica;
    if (state.type === "prospective" && state.ballot.isUndecided(peer)) this.askForPreVote(state.ballot.voters.get(peer), state.round);
    if (state.type === "candidate" && state.ballot.isUndecided(peer)) this.askForVote(state.ballot.voters.get(peer));
  }

  campaign(): void {
    const { replica } = this;
    const wasInVain = replica.state.type === "prospective" || this.wasUnanswered;
    this.wasUnanswered = false;
    const ballot = new Ballot(replica.log.voters.latest.voters);
    const round = ++this.rounds;
    replica.clock.campaigned();
    replica.become({ type: "prospective", round, ballot, deadlineUs: replica.nowUs + replica.clock.timeout() });
    for (const voter of ballot.voters.voters) this.askForPreVote(voter, round);
    // The voters it knows may all have been replaced while it was away: then nobody answers, and the quorum is somewhere else.
    if (wasInVain) this.observing.fetchFromNext();
    ballot.count(replica.self, true);
    this.settleBallot();
  }

  settleBallot(): void {
    const { replica } = this;
    const { state } = replica;
    if (state.type !== "prospective" && state.type !== "candidate") return;
    const outcome = state.ballot.outcome(replica.unreachable);
    if (outcome === "lost") {
      this.wasUnanswered = !state.ballot.hasAnswerBeside(replica.self.id);
      this.schedule(replica.clock.backoff());
    } else if (outcome === "won" && state.type === "candidate") this.lead(state.ballot);
    else if (outcome === "won" && replica.term < MAX_TERM) this.stand();
  }

  /** Somebody is of a later term. */
  stepDown(term: number): void {
    const { replica } = this;
    const deadlineUs = deadlineInLaterTerm(replica.state, replica.clock, replica.nowUs);
    replica.adoptTerm(term);
    replica.become(replica.following(NO_NODE, deadlineUs));
  }

  /** Reads of a later leadership of this node get other ids. */
  readAsked(id: number): void {
    this.lastReadId = id;
  }

  /** Follows nobody, and campaigns, or asks for a leader, after the delay. */
  private schedule(delayUs: number): void {
    const { replica } = this;
    replica.become(replica.following(NO_NODE, replica.nowUs + delayUs));
  }

  /** Becomes a candidate of the next term. The requests leave when the vote for itself is durable. */
  private stand(): void {
    const { replica } = this;
    replica.adoptTerm(replica.term + 1);
    replica.durable.voteFor(replica.self);
    replica.become({ type: "candidate", ballot: new Ballot(replica.log.voters.latest.voters), deadlineUs: replica.nowUs + replica.clock.timeout() });
  }

  private lead(ballot: Ballot): void {
    const { replica, lastReadId } = this;
    const { term, log, committed, nowUs } = replica;
    replica.clock.settled();
    const leadership = new Leadership(replica.options, { term, log, commitIndex: committed, lastReadId, nowUs });
    replica.become({ type: "leader", leadership });
    const { index, voters } = log.voters.latest;
    // The barrier: nothing of earlier terms is committed before an entry of this term is (Raft §5.4.2, §8). The quorum's first one names its voters.
    if (index > 0) replica.appendAsLeader("barrier", new Uint8Array(0));
    else replica.appendAsLeader("voters", encodeVoters(voters.pinned((id) => ballot.directoryOf(id)).voters));
    leadership.votersChanged(nowUs);
  }

  private askForPreVote(voter: ReplicaKey | undefined, round: number): void {
    const { self, term, log } = this.replica;
    if (voter === undefined || voter.id === self.id) return;
    this.replica.send(voter, { type: "pre-vote-request", term, round, lastIndex: log.lastIndex, lastTerm: log.lastTerm });
  }

  private askForVote(voter: ReplicaKey | undefined): void {
    const { self, term, log, durable } = this.replica;
    if (voter === undefined || voter.id === self.id) return;
    const request = voteRequest(durable.synced, { term, self, lastIndex: log.lastIndex, lastTerm: log.lastTerm });
    if (request !== undefined) this.replica.send(voter, request);
  }
}
