/** Stands for "no node": an unknown leader, a vote not given. */
export const NO_NODE = -1;
/** Ids of voters lie in [0, MAX_NODE_ID]: they are written as int32. */
export const MAX_NODE_ID = 0x7fff_ffff;
/** Terms lie in [0, MAX_TERM]: they are written as int32, as Kafka's epochs are. A node of this term campaigns no more. */
export const MAX_TERM = 0x7fff_ffff;
/** Indexes lie in [1, MAX_INDEX]; 0 is the index before the first entry. */
export const MAX_INDEX = Number.MAX_SAFE_INTEGER;

/** One entry of the replicated log. The pair (index, term) identifies it and all before it (log matching, Raft §5.3). */
export interface Entry {
  /** From 1, without gaps. */
  readonly index: number;
  /** Term of the leader that made it; never decreases along the log. */
  readonly term: number;
  /** Opaque. Empty in the barrier that a leader appends at the start of its term. Must not be changed once handed over. */
  readonly payload: Uint8Array;
}

/** What a node knows of its past, from its write-ahead log; `EMPTY_PAST` for a new one. */
export interface Recovered {
  readonly term: number;
  /** Whom this node voted for in `term`; −1 for nobody. */
  readonly votedFor: number;
  readonly entries: readonly Entry[];
}

/** The past of a node that has none. */
export const EMPTY_PAST: Recovered = { term: 0, votedFor: NO_NODE, entries: [] };
