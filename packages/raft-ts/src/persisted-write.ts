import type { Entry, LogPosition } from "./entry.ts";
import type { ReplicaKey } from "./replica-key.ts";

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
