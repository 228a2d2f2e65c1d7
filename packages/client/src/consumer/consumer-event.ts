import type { RecordHeader } from "../producer/batch.ts";

export interface ConsumedRecord {
  readonly offset: number;
  readonly leaderEpoch: number;
  readonly timestampMs: number;
  /** Views of the response; copy what is to be kept for long. */
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

export type OffsetQuery = "earliest" | "latest";

interface OfPartition {
  readonly topic: string;
  readonly partition: number;
}

export type ConsumerEvent =
  /** One response; `highWatermark` is the end that the leader told with it. */
  | ({ readonly type: "records"; readonly records: readonly ConsumedRecord[]; readonly highWatermark: number } & OfPartition)
  /** The position was looked up: after `assign`, or because the old one was not in the log. */
  | ({ readonly type: "position"; readonly offset: number; readonly because: "assigned" | "OFFSET_OUT_OF_RANGE" } & OfPartition)
  /** The answer to `queryOffset`. */
  | ({ readonly type: "offset"; readonly query: OffsetQuery; readonly offset: number } & OfPartition)
  /** `isFatal`: the partition is not read, the query not answered. Otherwise it is tried again. */
  | ({ readonly type: "error"; readonly error: string; readonly isFatal: boolean } & OfPartition);
