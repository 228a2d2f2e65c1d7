import type { LeaderEpoch, Offset } from "@samsa/stdx";
import type { AbortedTransaction, AppendError, LogRead } from "./replica-log.ts";

/** What a replica answers instead of a result; names of Kafka's error table. */
export type ReplicaError =
  | AppendError
  | "NOT_LEADER_OR_FOLLOWER"
  | "FENCED_LEADER_EPOCH"
  | "UNKNOWN_LEADER_EPOCH"
  | "OFFSET_OUT_OF_RANGE"
  | "OFFSET_NOT_AVAILABLE"
  | "NOT_ENOUGH_REPLICAS"
  | "NOT_ENOUGH_REPLICAS_AFTER_APPEND"
  | "REQUEST_TIMED_OUT";

export interface Failed {
  readonly type: "failed";
  readonly error: ReplicaError;
  readonly message: string;
}

export const failed = (error: ReplicaError, message: string): Failed => ({ type: "failed", error, message });

/** 0: no answer is awaited; 1: the leader's own write; −1 ("all"): every in-sync replica. */
export type Acks = -1 | 0 | 1;

/** The records are accepted, not yet acknowledged: ask `ackStatus` with the epoch and the end offset given here. */
export interface Produced {
  readonly type: "appended" | "duplicate";
  readonly baseOffset: Offset;
  readonly endOffset: Offset;
  readonly logAppendTimeMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

export type ProduceOutcome = Produced | Failed;

/** What an acknowledgement waits for. */
export interface AckWait {
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
  readonly acks: Acks;
}

export interface Fetched {
  readonly type: "records";
  /** Without parts where there is nothing new for this reader. */
  readonly read: LogRead;
  readonly highWatermark: Offset;
  readonly lastStableOffset: Offset;
  readonly logStartOffset: Offset;
  /** For readers of committed records only: whose records among them they are to leave out. */
  readonly abortedTransactions: readonly AbortedTransaction[] | undefined;
}

/**
 * The reader's log is not a prefix of this one: its largest common epoch, and where that ends here. Epoch −1: what the
 * reader has continues nowhere here, and `endOffset` is where this log starts. Only replicas are told that; consumers get OFFSET_OUT_OF_RANGE.
 */
export interface Diverging {
  readonly type: "diverging";
  readonly leaderEpoch: LeaderEpoch;
  readonly endOffset: Offset;
  readonly highWatermark: Offset;
  readonly logStartOffset: Offset;
}

export type FetchOutcome = Fetched | Diverging | Failed;

/** Offset −1 with timestamp −1: no such record. */
export interface OffsetFound {
  readonly type: "found";
  readonly offset: Offset;
  readonly timestampMs: number;
  readonly leaderEpoch: LeaderEpoch;
}

export type ListOffsetOutcome = OffsetFound | Failed;

/** Accepted, not yet done: ask `deletionStatus` with the epoch and the offset given here. */
export interface RecordsDeletion {
  readonly type: "deleted";
  readonly leaderEpoch: LeaderEpoch;
  /** All below it is deleted on the leader. */
  readonly startOffset: Offset;
}

export type DeleteOutcome = RecordsDeletion | Failed;

/** Epoch and offset −1: this log knows no such epoch. */
export type EpochEndOutcome = { readonly type: "found"; readonly leaderEpoch: LeaderEpoch; readonly endOffset: Offset } | Failed;
