import type { Entry } from "./entry.ts";
import type { RaftMessage } from "./message.ts";
import type { Role } from "./role.ts";

/** One frame of the write-ahead log: the whole of term and vote, and what changed of the log. */
export interface PersistedWrite {
  readonly term: number;
  readonly votedFor: number;
  /** Entries with index ≥ it are replaced by `entries`; 0 means that none are. */
  readonly truncateFrom: number;
  /** Contiguous, behind what is left of the log. */
  readonly entries: readonly Entry[];
}

/** What a node asks for, in order. */
export type RaftOutput =
  /** Append the write to the write-ahead log, sync it, then step `persisted` with the id. One is outstanding at most. */
  | { readonly type: "persist"; readonly id: number; readonly write: PersistedWrite }
  | { readonly type: "send"; readonly to: number; readonly message: RaftMessage }
  /** In index order, each entry exactly once an incarnation, from index 1. */
  | { readonly type: "committed"; readonly entries: readonly Entry[] }
  /** On every change of role, term or known leader (−1: none); the first one tells the role the node starts in. */
  | { readonly type: "role"; readonly role: Role; readonly term: number; readonly leader: number };

/**
 * What became of a proposal. Accepted is not committed: wait for (index, term) among the committed entries.
 *
 * After `not-leader` this node leads no more in this term; a role output says so. After `too-large` it leads on, and takes what is
 * smaller: whoever proposes batches that build on each other must not propose the next one.
 */
export type Proposed =
  | { readonly ok: true; readonly index: number; readonly term: number }
  | { readonly ok: false; readonly reason: "not-leader" | "too-large"; readonly leader: number };
