/*
 * Roles and their transitions. `term+` marks those that raise the term.
 *
 *   from         to           when
 *   (start)      follower     always, but for:
 *   (start)      resigned     it voted for itself in its term, so it may have led it: it must not do so again (KAFKA-10527)
 *   follower     follower     a leader shows up; the leader's process is gone (dial refused); term+ a later term shows up
 *   follower     prospective  nothing heard from a leader for the election timeout, or for a short delay after a refused dial
 *   prospective  candidate    term+ a majority would vote for it
 *   prospective  follower     a leader shows up; the round is lost; it votes for another; term+ a later term shows up
 *   prospective  prospective  the round timed out
 *   candidate    leader       a majority voted for it, its own durable vote included
 *   candidate    follower     a leader shows up; the round is lost; term+ a later term shows up
 *   candidate    prospective  the round timed out
 *   leader       resigned     no majority was heard of for an election timeout (check-quorum)
 *   leader       follower     term+ a later term shows up
 *   resigned     prospective  the election timeout passed
 *   resigned     follower     a leader shows up (it was a candidate that lost before it restarted); term+ a later term shows up
 *
 * A node leads a term only as that term's candidate, and is its candidate at most once, in one incarnation.
 */
import type { Ballot } from "./ballot.ts";
import type { Replication } from "./replication.ts";

/** Kafka's names (KIP-595, KIP-996); "unattached" is a follower whose leader is −1. */
export type Role = "follower" | "prospective" | "candidate" | "leader" | "resigned";

export interface Follower {
  readonly type: "follower";
  /** −1 while unknown. */
  readonly leader: number;
  /** When the leader was last heard of; meaningless while there is none. */
  heardUs: number;
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
  readonly replication: Replication;
}

export interface Resigned {
  readonly type: "resigned";
  readonly deadlineUs: number;
}

export type RoleState = Follower | Prospective | Candidate | Leader | Resigned;

const TRANSITIONS: Readonly<Record<Role, readonly Role[]>> = {
  follower: ["follower", "prospective"],
  prospective: ["candidate", "follower", "prospective"],
  candidate: ["leader", "follower", "prospective"],
  leader: ["resigned", "follower"],
  resigned: ["prospective", "follower"],
};

export const isTransition = (from: Role, to: Role): boolean => TRANSITIONS[from].includes(to);
