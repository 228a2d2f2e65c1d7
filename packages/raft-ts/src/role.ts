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
/** Kafka's names (KIP-595, KIP-996); "unattached" is a follower whose leader is −1. */
export type Role = "follower" | "prospective" | "candidate" | "leader" | "resigned" | "observer";

const TRANSITIONS: Readonly<Record<Role, readonly Role[]>> = {
  follower: ["follower", "prospective", "candidate", "observer"],
  prospective: ["candidate", "follower", "prospective", "observer"],
  candidate: ["leader", "follower", "prospective", "observer"],
  leader: ["resigned", "follower", "observer"],
  resigned: ["prospective", "follower", "observer"],
  observer: ["observer", "follower"],
};

export const isTransition = (from: Role, to: Role): boolean => TRANSITIONS[from].includes(to);
