/** Stands for "no node": an unknown leader. */
export const NO_NODE = -1;
/** Ids of voters lie in [0, MAX_NODE_ID]: they are written as int32. */
export const MAX_NODE_ID = 0x7fff_ffff;
/** Terms lie in [0, MAX_TERM]: they are written as int32, as Kafka's epochs are. A node of this term campaigns no more. */
export const MAX_TERM = 0x7fff_ffff;
/** Indexes lie in [1, MAX_INDEX]; 0 is the index before the first entry. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER;

/** `data`: proposed. `barrier`: the empty entry a leader begins its term with. `voters`: who votes from here on (`decodeVoters`). */
export type EntryKind = "data" | "barrier" | "voters";

/** One entry of the replicated log. The pair (index, term) identifies it and all before it (log matching, Raft §5.3). */
export interface Entry {
  /** From 1, without gaps. */
  readonly index: number;
  /** Term of the leader that made it; never decreases along the log. */
  readonly term: number;
  readonly kind: EntryKind;
  /** Opaque where the kind is `data`. Must not be changed once handed over. */
  readonly payload: Uint8Array;
}

/** A place in the log. (0, 0) is before the first entry. */
export interface LogPosition {
  readonly index: number;
  readonly term: number;
}

export const LOG_START: LogPosition = { index: 0, term: 0 };
