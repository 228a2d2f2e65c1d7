import type { Now, Uuid } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { LeaderEpochCache } from "./leader-epoch-cache.ts";
import type { Requests } from "./patient-outbox.ts";
import type { ProducerEntry } from "./producer-state.ts";
import type { Segment } from "./segment.ts";

/** What a log begins its life with. */
export interface RecoveredLog {
  /** At least one; the last is the active one. */
  readonly segments: Segment[];
  readonly epochs: LeaderEpochCache;
  /** Their file says something else. */
  readonly isEpochFileStale: boolean;
  /** Bytes of a torn tail that were cut off. */
  readonly droppedBytes: number;
  /** Bytes that were read and checked. */
  readonly scannedBytes: number;
  /** The producer snapshots in the directory. */
  readonly snapshots: readonly number[];
}

export interface RecoveryEvents {
  /** What follows is told by `batch`. */
  restore(producers: readonly ProducerEntry[]): void;
  /** In the order of the log. */
  batch(header: BatchHeader, segment: Segment): void;
  /** What `restore` and `batch` have come to. */
  producers(): readonly ProducerEntry[];
  /** All batches of a closed segment were told. */
  scanned(segment: Segment): void;
  recovered(log: RecoveredLog, now: Now): void;
  failed(detail: string, now: Now): void;
  /** Records are not there, or not sound, that were. */
  damaged(detail: string, now: Now): void;
  /** The directory is another topic's: it has been deleted since, and this one has its name. */
  foreign(topicId: Uuid, now: Now): void;
}

export interface RecoveryOptions {
  readonly outbox: Outbox;
  readonly patient: Requests;
  readonly directory: string;
  readonly topicId: Uuid;
  readonly generations: FileGenerations;
  /** The host lost its page cache, and the controller counts this replica out for it: what is not sound any more is cut off, wherever it lies. */
  readonly hasLostPageCache: boolean;
  /** What is found is synced before it counts. */
  readonly mustSync: boolean;
  /** What the last process knew to be on the disk, by the directory's checkpoint; undefined: not known. */
  readonly recoveryPoint: number | undefined;
  /** Records before it were deleted, and what is known of their epochs with them; undefined: not known. */
  readonly logStartOffset: number | undefined;
  /** The last process stopped in order: all it wrote is whole. */
  readonly isCleanStop: boolean;
  readonly intervalBytes?: () => number;
  readonly events: RecoveryEvents;
}
