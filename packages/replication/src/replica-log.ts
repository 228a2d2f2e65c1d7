import type { LeaderEpoch, Now, Offset } from "@samsa/stdx";

/** What compressed batches are looked into with, by its name. */
export interface BatchCodecs {
  readonly [codec: string]: { decompress(bytes: Uint8Array, outputBytesMax: number): Uint8Array } | undefined;
}

/** A piece of a read: bytes in memory, or a slice of a file that the shell sends (see `Part` of the world). */
export type RecordsPart = Uint8Array | { readonly path: string; readonly position: number; readonly length: number; readonly generation: number };

/**
 * Names of Kafka's error table. This and the other types of the port are also those of `@samsa/log`, written again on purpose: neither package may import
 * the other, so that a replica runs over any log; the broker, which gives a replica its log, does not compile where they differ.
 */
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

export type LeaderAppend =
  | { readonly type: "appended"; readonly baseOffset: Offset; readonly endOffset: Offset; readonly logAppendTimeMs: number }
  /** All of it is in the log already: answer as the first time. */
  | { readonly type: "duplicate"; readonly baseOffset: Offset; readonly endOffset: Offset; readonly logAppendTimeMs: number }
  | { readonly type: "rejected"; readonly error: AppendError; readonly message: string };

export type FollowerAppend =
  | { readonly type: "appended"; readonly endOffset: Offset }
  /** The bytes are damaged or do not continue this log: fetch again, after a back-off. */
  | { readonly type: "rejected"; readonly error: AppendError; readonly message: string };

export interface LogRead {
  readonly parts: readonly RecordsPart[];
  readonly sizeInBytes: number;
  /** Offset after the last record of `parts`; `startOffset` where there are none. */
  readonly endOffset: Offset;
  /** There is more, whose place must be read first: the log tells when to ask again. */
  readonly isPending: boolean;
}

/** The largest epoch ≤ the one asked for, and where it ends; (−1, −1) if there is none. KIP-279. */
export interface EpochEnd {
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
}

/** A producer's transaction that ended in an abort: of its records none counts, from the first one to the marker. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: Offset;
}

/** Told by the log when a completion has come. */
export interface LogListener {
  /** `writtenEnd` or `syncedEnd` has moved. */
  endsMoved(now: Now): void;
  /** An append or a recovery failed: the replica goes offline, no offset is reused. */
  logFailed(detail: string, now: Now): void;
}

/**
 * One partition's log as its replica sees it. Calls are synchronous; what they do to the disk comes back later through
 * the listener. logStartOffset ≤ syncedEnd ≤ writtenEnd ≤ appendedEnd.
 */
export interface ReplicaLog {
  readonly logStartOffset: Offset;
  /** After the last record accepted in memory. */
  readonly appendedEnd: Offset;
  /** After the last record whose write returned: Kafka's log end offset. */
  readonly writtenEnd: Offset;
  readonly syncedEnd: Offset;
  /** Epoch of the last record or of the last leadership assigned; −1 for none. */
  readonly latestEpoch: LeaderEpoch;
  /** Epoch of the last record that was deleted before the log's start; −1: none, or not known. */
  readonly epochBeforeStart: LeaderEpoch;
  readonly isOffline: boolean;
  /** After `truncateFullyAndStartAt`, until a process that begins on this disk would find the log there. */
  readonly isBeginningAnew?: boolean;
  /** What was accepted can't be written for want of room, until there is some; nothing more is accepted meanwhile. */
  readonly isFull?: boolean;

  /** A new leader's epoch starts at `appendedEnd`, even if nothing is ever written in it (KIP-101). */
  assignEpoch(epoch: LeaderEpoch): void;
  /** The largest epoch ≤ `epoch`; the latest one ends at `appendedEnd`, for unwritten records are given to followers too. */
  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd;
  /** Epoch of the record at `offset − 1`; −1 at the log's start. */
  epochBefore(offset: Offset): LeaderEpoch;

  /** Checks CRC, form (looking into it with `compression`, else with what the process has) and producer sequences; gives offsets and the epoch in place; one write a turn for all of a turn's appends. */
  appendAsLeader(records: Uint8Array, epoch: LeaderEpoch, now: Now, compression?: BatchCodecs): LeaderAppend;
  /** Checks CRC, that offsets are dense from `appendedEnd`, and that epochs do not fall. May hold a cut-off last batch. An epoch
   * that was assigned here and has no records gives way to the records' own, older or newer. */
  appendAsFollower(records: Uint8Array, now: Now): FollowerAppend;
  /** Drops records at and after `offset`, epochs that start there, and producers' state with them. All three ends are at most `offset` at once.
   * False: nothing was dropped, for the place must be read first; to be asked again. */
  truncateTo(offset: Offset, because: string): boolean;
  /** Drops everything; the next record is at `offset` (the leader's log starts later than ours ends). Start and ends are `offset` at once. */
  truncateFullyAndStartAt(offset: Offset): void;

  /** Records before `offset` (≤ writtenEnd) are deleted: `logStartOffset` is there at once, unless it is further already. */
  moveStartTo(offset: Offset, now: Now): void;

  /** Whole batches from the one that holds `startOffset`, all below `endOffset` (≤ appendedEnd); at least one batch if any, else ≤ maxBytes. */
  read(startOffset: Offset, endOffset: Offset, maxBytes: number): LogRead;
  /** Where the earliest transaction begins that is open, or whose marker is not below the high watermark; undefined without any. */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined;
  /** Those of which records may lie at or after `startOffset` and below `endOffset`; undefined: that must be read first. Absent: the log keeps none. */
  abortedTransactions?(startOffset: Offset, endOffset: Offset): readonly AbortedTransaction[] | undefined;
  /** First record with a timestamp ≥ `timestampMs` below `endOffset`; answered later, for it may have to read. */
  findByTimestamp(
    timestampMs: number,
    endOffset: Offset,
    found: (result: { readonly offset: Offset; readonly timestampMs: number; readonly leaderEpoch: LeaderEpoch } | undefined, now: Now) => void,
  ): void;
}
