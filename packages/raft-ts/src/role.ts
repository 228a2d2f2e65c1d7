/*
 * Roles and their transitions. `term+` marks those that raise the term.
 *
 *   from         to           when
 *   (start)      follower     it votes
 *   (start)      observer     it does not
 *   (start)      resigned     it voted for itself in its term, so it may have led it: it must not do so again (KAFKA-10527)
 *   follower     follower     a leader shows up, or goes (dial refused, term ended); term+ a later term shows up
 *   follower     prospective  nothing heard from a leader for the election timeout, or for a short delay after it went
 *   follower     candidate    term+ its leader ended the term in favour of it
 *   prospective  candidate    term+ enough voters would vote for it
 *   prospective  follower     a leader shows up; the round is lost; it votes for another; term+ a later term shows up
 *   prospective  prospective  the round timed out
 *   candidate    leader       enough voters voted for it, its own durable vote included if it has one
 *   candidate    follower     a leader shows up; the round is lost; term+ a later term shows up
 *   candidate    prospective  the round timed out
 *   leader       resigned     no majority was heard of for an election timeout (check-quorum); it handed over
 *   leader       follower     term+ a later term shows up
 *   leader       observer     its own removal is committed
 *   resigned     prospective  the election timeout passed
 *   resigned     follower     a leader shows up (it was a candidate that lost before it restarted); term+ a later term shows up
 *   observer     observer     a leader shows up, or goes; term+ a later term shows up
 *   observer     follower     the log names it a voter
 *   (any)        observer     neither the latest voters in its log nor the latest committed ones name it
 *
 * A node leads a term only as that term's candidate, and is its candidate at most once, in one incarnation.
 */
import type { Ballot } from "./ballot.ts";
import type { Leadership } from "./leadership.ts";
import type { Role } from "./role-name.ts";

export interface Follower {
  readonly type: "follower";
  /** −1 while unknown. */
  readonly leader: number;
  /** When the leader was last heard of; meaningless while there is none. */
  heardUs: number;
  deadlineUs: number;
}

/** Pulls what is committed, counts for nothing, campaigns never. */
export interface Observer {
  readonly type: "observer";
  /** −1 while unknown. */
  readonly leader: number;
  heardUs: number;
  /** When it asks (somebody else). */
  deadlineUs: number;
}

export interface Prospective {
  readonly type: "prospective";
  readonly round: number;
  readonly ballot: Ballot;
  readonly deadlineUs: number;
}

export interface Candidate {
  readonly type: "candidate";
  readonly ballot: Ballot;
  readonly deadlineUs: number;
}

export interface Leader {
  readonly type: "leader";
  readonly leadership: Leadership;
}

export interface Resigned {
  readonly type: "resigned";
  readonly deadlineUs: number;
}

export type RoleState = Follower | Prospective | Candidate | Leader | Resigned | Observer;

const TRANSITIONS: Readonly<Record<Role, readonly Role[]>> = {
  follower: ["follower", "prospective", "candidate", "observer"],
  prospective: ["candidate", "follower", "prospective", "observer"],
  candidate: ["leader", "follower", "prospective", "observer"],
  leader: ["resigned", "follower", "observer"],
  resigned: ["prospective", "follower", "observer"],
  observer: ["observer", "follower"],
};

export const isTransition = (from: Role, to: Role): boolean => TRANSITIONS[from].includes(to);
