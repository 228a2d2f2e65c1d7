import type { Entry, LogPosition } from "./entry.ts";
import type { RaftMessage } from "./message.ts";
import type { ReplicaKey } from "./replica-key.ts";
import type { Role } from "./role.ts";
import type { Snapshot } from "./snapshot.ts";

/** One frame of the write-ahead log: the whole of term and vote, and what changed of the log. */
export interface PersistedWrite {
  readonly term: number;
  readonly votedFor: ReplicaKey | undefined;
  /** Entries with index ≥ it are replaced by `entries`; 0 means that none are. */
  readonly truncateFrom: number;
  /** If given, the frame is the whole of a new file, whose first entry follows this one; it takes the place of the old file at once or not at all. */
  readonly base: LogPosition | undefined;
  /** Contiguous, behind what is left of the log. */
  readonly entries: readonly Entry[];
}

/** What a node asks for, in order. */
export type RaftOutput =
  /** Append the write to the write-ahead log, sync it, then step `persisted` with the id. One is outstanding at most. */
  | { readonly type: "persist"; readonly id: number; readonly write: PersistedWrite }
  /** To be dropped unless the connection to `to` is with that very replica: its id and, if not `ANY_DIRECTORY`, its directory id. */
  | { readonly type: "send"; readonly to: ReplicaKey; readonly message: RaftMessage }
  /** The application's state is what this snapshot says, whatever it was before; entries go on behind it. First of all at start, if there is one. */
  | { readonly type: "restore"; readonly snapshot: Snapshot }
  /** In index order, each entry exactly once an incarnation, from the first one or from behind the last `restore`. */
  | { readonly type: "committed"; readonly entries: readonly Entry[] }
  /** Keep the state as it is now, after the entry at `index`, write it down when there is time, then step `snapshot-taken`. One is outstanding at most. */
  | { readonly type: "take-snapshot"; readonly index: number }
  /** Make `snapshot.file` durable in the place of earlier ones, at once or not at all, then step `snapshot-stored`. In the order asked. */
  | { readonly type: "store-snapshot"; readonly id: number; readonly snapshot: Snapshot }
  /** The read may be answered from the state after `index`, which was output before; undefined: this node can't answer it, ask the leader. */
  | { readonly type: "read"; readonly id: number; readonly index: number | undefined }
  /** On every change of role, term or known leader (−1: none); the first one tells the role the node starts in. */
  | { readonly type: "role"; readonly role: Role; readonly term: number; readonly leader: number };

/** Why a leader did not take a proposal, a read, a transfer or a change of voters. */
export type Refusal =
  /** This node leads no more in this term; a role output says so. */
  | "not-leader"
  /** Larger than `maxPayloadBytes`. The node leads on and takes what is smaller: whoever proposes batches that build on each other must not propose the next one. */
  | "too-large"
  /** It is handing over; ask again when the role changed, or within an election timeout. */
  | "transferring"
  /** More reads wait than `maxPendingReads`, or there are as many voters as there can be. */
  | "too-many"
  /** No entry of this term is committed yet, so earlier changes may not all be known (the fix of the single-server change). */
  | "not-ready"
  /** The last change of voters is not committed yet. */
  | "change-pending"
  /** The id votes already, perhaps with another disk: remove it first. */
  | "duplicate-voter"
  | "unknown-voter"
  | "last-voter"
  /** Longer than 255 characters, or not printable ASCII: no node could read it back. */
  | "bad-address"
  /** The replica has not fetched lately, or lags by more than `maxVoterLag`. */
  | "not-caught-up";

/**
 * What became of a proposal. Accepted is not committed: wait for (index, term) among the committed entries.
 */
export type Proposed =
  { readonly ok: true; readonly index: number; readonly term: number } | { readonly ok: false; readonly reason: Refusal; readonly leader: number };

/** Accepted: a `read` output with the id follows, at the latest when the leadership ends. */
export type ReadRequested = { readonly ok: true; readonly id: number } | { readonly ok: false; readonly reason: Refusal; readonly leader: number };

/** Accepted: the role changes when the successor has all entries; if it does not within an election timeout, this node leads on. */
export type TransferStarted = { readonly ok: true } | { readonly ok: false; readonly reason: Refusal; readonly leader: number };

/** A change of one voter. */
export type VoterChange =
  { readonly type: "add"; readonly voter: ReplicaKey & { readonly address: string } } | { readonly type: "remove"; readonly voter: ReplicaKey };
