import type { Ballot } from "./ballot.ts";
import type { Leadership } from "./leadership.ts";

/** What a node remembers in each of its roles (`role.ts`), and only there. */
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
