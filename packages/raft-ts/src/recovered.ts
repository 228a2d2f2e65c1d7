import { type Entry, LOG_START, type LogPosition } from "./entry.ts";
import type { ReplicaKey } from "./replica-key.ts";
import type { Snapshot } from "./snapshot.ts";

/** What a node knows of its past (`recover`); `EMPTY_PAST` for a new one. */
export interface Recovered {
  readonly term: number;
  /** Whom this node voted for in `term`, if anybody. */
  readonly votedFor: ReplicaKey | undefined;
  /** The entry before the first of `entries`. */
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
  /** Covers at least `base`. */
  readonly snapshot: Snapshot | undefined;
  /** False if nothing was ever written to the write-ahead log: the node promised nothing yet. */
  readonly hasPromised: boolean;
}

/** The past of a node that has none. */
export const EMPTY_PAST: Recovered = { term: 0, votedFor: undefined, base: LOG_START, entries: [], snapshot: undefined, hasPromised: false };
