import type { TimestampType } from "@samsa/protocol/records";
import type { RecordHeader } from "../producer/batch.ts";

export interface ConsumedRecord {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly timestampMs: number;
  /** Whose clock gave it. */
  readonly timestampType: TimestampType;
  /** Views of the response; copy what is to be kept for long. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** `timestampMs`: the first record that is not older. */
export type OffsetQuery = "earliest" | "latest" | { readonly timestampMs: number };

/**
 * `LOG_TRUNCATED`: what was read up to there is in the leader's log no more; it goes on where the two part, or where the reset policy says (KIP-320).
 * `UNKNOWN_TOPIC_ID`: the topic was deleted, and what has its name now is another one.
 */
export type PositionReason = "assigned" | "OFFSET_OUT_OF_RANGE" | "LOG_TRUNCATED" | "UNKNOWN_TOPIC_ID";

interface OfPartition {
  readonly topic: string;
  readonly partition: number;
}

export type ConsumerEvent =
  /** One response; `highWatermark` is the end that the leader told with it. */
  | ({ readonly type: "records"; readonly records: readonly ConsumedRecord[]; readonly highWatermark: number } & OfPartition)
  /** The position was looked up: after `assign`, or because the old one was not in the log (any more). */
  | ({ readonly type: "position"; readonly offset: number; readonly because: PositionReason } & OfPartition)
  /** The answer to `queryOffset`; `offset` and `timestampMs` −1: there is no record so young. */
  | ({ readonly type: "offset"; readonly query: OffsetQuery; readonly offset: number; readonly timestampMs: number } & OfPartition)
  /** `isFatal`: the partition is not read; with a `query`: that one has no answer, and reading goes on. Otherwise it is tried again. */
  | ({ readonly type: "error"; readonly error: string; readonly isFatal: boolean; readonly query?: OffsetQuery } & OfPartition);
