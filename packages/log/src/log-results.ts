import type { LeaderEpoch, Now, Offset, Uuid } from "@samsa/stdx";
import type { Part } from "@samsa/world";

/** Names of Kafka's error table. */
export type AppendError =
  | "CORRUPT_MESSAGE"
  | "MESSAGE_TOO_LARGE"
  | "RECORD_LIST_TOO_LARGE"
  | "INVALID_RECORD"
  | "INVALID_TIMESTAMP"
  | "UNSUPPORTED_FOR_MESSAGE_FORMAT"
  | "UNSUPPORTED_COMPRESSION_TYPE"
  | "OUT_OF_ORDER_SEQUENCE_NUMBER"
  | "INVALID_PRODUCER_EPOCH"
  | "UNKNOWN_PRODUCER_ID"
  | "KAFKA_STORAGE_ERROR";

export interface Rejected {
  readonly type: "rejected";
  readonly error: AppendError;
  readonly message: string;
}

export type LeaderAppend =
  | { readonly type: "appended"; readonly baseOffset: Offset; readonly endOffset: Offset; readonly logAppendTimeMs: number }
  /** All of it is in the log already: answer as the first time. */
  | { readonly type: "duplicate"; readonly baseOffset: Offset; readonly endOffset: Offset; readonly logAppendTimeMs: number }
  | Rejected;

export type FollowerAppend = { readonly type: "appended"; readonly endOffset: Offset } | Rejected;

export interface LogRead {
  readonly parts: readonly Part[];
  readonly sizeInBytes: number;
  /** Offset after the last record of `parts`; `startOffset` where there are none. */
  readonly endOffset: Offset;
  /** There is more, whose place must be read first: `readable` tells when to ask again. */
  readonly isPending: boolean;
}

/** The largest epoch ≤ the one asked for, and where it ends; (−1, −1) if there is none. */
export interface EpochEnd {
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

export interface TimestampedOffset {
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

/** Told by the log when a completion has come. */
export interface PartitionLogListener {
  /** `writtenEnd` or `syncedEnd` has moved. */
  endsMoved(now: Now): void;
  /** What a read or a truncation was told to wait for is there. */
  readable(now: Now): void;
  /** Records are damaged that were sound once: nothing of the log is served any more. Its directory may be in order. */
  logDamaged(detail: string, now: Now): void;
  /** `logStartOffset` has moved, or segments were deleted; and so `nextDeadlineUs` may have come nearer. */
  startMoved?(now: Now): void;
  /** `isFull` may have changed, and so `nextDeadlineUs`: the disk has no room for what was accepted (`because`), or has some again (""). */
  fullnessChanged?(because: string, now: Now): void;
  /** An append, a sync or the recovery failed: the log is offline for good, no offset is reused. */
  logFailed(detail: string, now: Now): void;
  /** After `recover`: the directory is another topic's of the same name, and nothing was touched. It is never ready. */
  logForeign(topicId: Uuid, now: Now): void;
  /** After `recover`: the log is ready, and its three ends are equal. */
  logRecovered(now: Now): void;
}

export const rejected = (error: AppendError, message: string): Rejected => ({ type: "rejected", error, message });
