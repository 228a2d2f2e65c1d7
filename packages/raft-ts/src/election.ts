import type { RaftLog } from "./raft-log.ts";
import { NO_NODE } from "./entry.ts";
import { isSameReplica, type ReplicaKey } from "./replica-key.ts";
import type { PreVoteRequest, VoteRequest } from "./message.ts";
import type { ResolvedOptions } from "./options.ts";
import type { RoleState } from "./role-state.ts";

/** The delay before a first campaign after a refused dial lies in [0, T / 25): 40 ms of a second. */
const BACKOFF_DIVISOR = 25;
/** So many campaigns in a row keep the short delay; then it doubles each time, up to T. */
const SHORT_BACKOFFS = 3;

/** Draws the random times of elections. */
export class ElectionClock {
  private readonly timeoutUs: number;
  private readonly random: () => number;
  /** Campaigns since a leader was last known. */
  private attempts = 0;

  constructor(options: ResolvedOptions) {
    this.timeoutUs = options.electionTimeoutUs;
    this.random = options.random;
  }

  /** In [T, 2T): different on each node, so that one campaigns before the others wake (Raft §5.2). */
  timeout(): number {
    return this.timeoutUs + this.below(this.timeoutUs);
  }

  /** The short random delay before campaigning (again), which is there to part nodes that lost the leader, or a ballot, at once. */
  backoff(): number {
    const doublings = Math.max(0, this.attempts - SHORT_BACKOFFS);
    return this.below(Math.min(this.timeoutUs, Math.ceil(this.timeoutUs / BACKOFF_DIVISOR) * 2 ** doublings));
  }

  /** The shortest delay that parts two nodes: a round trip fits in many times. */
  get stepUs(): number {
    return Math.ceil(this.timeoutUs / BACKOFF_DIVISOR);
  }

  campaigned(): void {
    this.attempts++;
  }

  settled(): void {
    this.attempts = 0;
  }

  private below(bound: number): number {
    return Math.floor((this.random() / 0x1_0000_0000) * bound);
  }
}

/** A log is up to date if its last entry is of a later term, or of the same term and at least as far (Raft §5.4.1). */
export function isUpToDate(theirs: { readonly lastTerm: number; readonly lastIndex: number }, ours: RaftLog): boolean {
  if (theirs.lastTerm !== ours.lastTerm) return theirs.lastTerm > ours.lastTerm;
  return theirs.lastIndex >= ours.lastIndex;
}

interface Voter {
  readonly state: RoleState;
  readonly term: number;
  readonly votedFor: ReplicaKey | undefined;
  readonly log: RaftLog;
}

/**
 * KIP-996: refused by a leader and by whoever heard from one within the election timeout, so that a server that was cut
 * off does not depose a healthy leader. All others grant: refusing there too would keep two nodes that lost their leader
 * from ever agreeing (KAFKA-17641).
 */
export function grantsPreVote(voter: Voter, request: PreVoteRequest, now: { readonly us: number; readonly electionTimeoutUs: number }): boolean {
  const { state, term, log } = voter;
  if (request.term < term || state.type === "leader") return false;
  const isFollowing = state.type === "follower" || state.type === "observer";
  const hasLiveLeader = isFollowing && state.leader !== NO_NODE && now.us - state.heardUs < now.electionTimeoutUs;
  return !hasLiveLeader && isUpToDate(request, log);
}

/** Raft §5.2: one vote a term, first come first served; the same candidate may ask again, for the answer may have been lost. */
export function grantsVote(voter: Voter, request: VoteRequest, candidate: ReplicaKey): boolean {
  const { state, term, votedFor, log } = voter;
  if (request.term !== term || state.type === "leader" || ((state.type === "follower" || state.type === "observer") && state.leader !== NO_NODE)) return false;
  return (votedFor === undefined || isSameReplica(votedFor, candidate)) && isUpToDate(request, log);
}

/**
 * When a node campaigns that learnt of a later term, but of no leader in it. One who waited for a leader goes on waiting;
 * one who campaigned may soon do so again, in case the new term's candidate fails.
 */
export function deadlineInLaterTerm(state: RoleState, clock: ElectionClock, nowUs: number): number {
  switch (state.type) {
    case "follower":
    case "observer":
      return state.deadlineUs;
    case "prospective":
    case "candidate":
      return nowUs + clock.backoff();
    case "leader":
    case "resigned":
      return nowUs + clock.timeout();
  }
}
