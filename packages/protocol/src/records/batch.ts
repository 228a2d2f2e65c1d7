import { invariant } from "@samsa/stdx";
import { crc32c } from "./crc32c.ts";
import * as layout from "./layout.ts";
import { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from "./numbers.ts";

/**
 * Fields of the batch that begins at `position`. They read without checking: the batch has passed `checkBatch`, or at
 * least its header is known to be within the bytes.
 */
export const baseOffsetOf = (bytes: Uint8Array, position = 0): number => readInt64(bytes, position + layout.BASE_OFFSET_AT);
/** Bytes behind the field itself: 12 less than the whole batch. */
export const batchLengthOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.BATCH_LENGTH_AT);
/** Of the whole batch. */
export const sizeInBytesOf = (bytes: Uint8Array, position = 0): number => batchLengthOf(bytes, position) + layout.LOG_OVERHEAD;
export const partitionLeaderEpochOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.PARTITION_LEADER_EPOCH_AT);
export const magicOf = (bytes: Uint8Array, position = 0): number => ((bytes[position + layout.MAGIC_AT] as number) << 24) >> 24;
/** Unsigned, as stored. */
export const crcOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.CRC_AT) >>> 0;
export const attributesOf = (bytes: Uint8Array, position = 0): number => readInt16(bytes, position + layout.ATTRIBUTES_AT);
export const lastOffsetDeltaOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.LAST_OFFSET_DELTA_AT);
export const lastOffsetOf = (bytes: Uint8Array, position = 0): number => baseOffsetOf(bytes, position) + lastOffsetDeltaOf(bytes, position);
/** Where the next batch of the log begins: one beyond the last offset. */
export const nextOffsetOf = (bytes: Uint8Array, position = 0): number => lastOffsetOf(bytes, position) + 1;
export const baseTimestampOf = (bytes: Uint8Array, position = 0): number => readInt64(bytes, position + layout.BASE_TIMESTAMP_AT);
export const maxTimestampOf = (bytes: Uint8Array, position = 0): number => readInt64(bytes, position + layout.MAX_TIMESTAMP_AT);
/** −1 without an idempotent producer. */
export const producerIdOf = (bytes: Uint8Array, position = 0): number => readInt64(bytes, position + layout.PRODUCER_ID_AT);
export const producerEpochOf = (bytes: Uint8Array, position = 0): number => readInt16(bytes, position + layout.PRODUCER_EPOCH_AT);
export const baseSequenceOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.BASE_SEQUENCE_AT);
export const countOf = (bytes: Uint8Array, position = 0): number => readInt32(bytes, position + layout.COUNT_AT);

export type Compression = "none" | "gzip" | "snappy" | "lz4" | "zstd";
/** By their numbers in a batch's attributes. */
export const COMPRESSIONS: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];

/** Undefined for the three ids that no codec has. */
export const compressionOf = (bytes: Uint8Array, position = 0): Compression | undefined =>
  COMPRESSIONS[attributesOf(bytes, position) & layout.COMPRESSION_MASK];

/** Whose clock gave the timestamps: the producer's or the broker's. */
export type TimestampType = "create-time" | "log-append-time";

export const timestampTypeOf = (bytes: Uint8Array, position = 0): TimestampType =>
  (attributesOf(bytes, position) & layout.LOG_APPEND_TIME_BIT) === 0 ? "create-time" : "log-append-time";
export const isTransactionalBatch = (bytes: Uint8Array, position = 0): boolean => (attributesOf(bytes, position) & layout.TRANSACTIONAL_BIT) !== 0;
export const isControlBatch = (bytes: Uint8Array, position = 0): boolean => (attributesOf(bytes, position) & layout.CONTROL_BIT) !== 0;

/** From when on the tombstones of the batch may go (KIP-534), in milliseconds; undefined: it was not compacted with any. The records' deltas count from it. */
export const deleteHorizonOf = (bytes: Uint8Array, position = 0): number | undefined =>
  (attributesOf(bytes, position) & layout.DELETE_HORIZON_BIT) === 0 ? undefined : baseTimestampOf(bytes, position);

/** Sequence numbers are 31 bits wide and begin again at 0. */
export const incrementSequence = (sequence: number, by: number): number => (sequence + by) % 0x8000_0000;

/** Of the last record; −1 without a sequence. */
export function lastSequenceOf(bytes: Uint8Array, position = 0): number {
  const base = baseSequenceOf(bytes, position);
  return base < 0 ? layout.NO_SEQUENCE : incrementSequence(base, lastOffsetDeltaOf(bytes, position));
}

/** In place; lies outside of the CRC. */
export function setBaseOffset(bytes: Uint8Array, position: number, baseOffset: number): void {
  invariant(Number.isSafeInteger(baseOffset) && baseOffset >= 0, "a base offset is a non-negative integer", { baseOffset });
  writeInt64(bytes, position + layout.BASE_OFFSET_AT, baseOffset);
}

/** In place; lies outside of the CRC. */
export function setPartitionLeaderEpoch(bytes: Uint8Array, position: number, epoch: number): void {
  writeInt32(bytes, position + layout.PARTITION_LEADER_EPOCH_AT, epoch);
}

/** In place, with a new CRC: for topics whose timestamps are the broker's, and for producers that state a wrong maximum. */
export function setMaxTimestamp(bytes: Uint8Array, position: number, type: TimestampType, maxTimestamp: number): void {
  const plain = attributesOf(bytes, position) & ~layout.LOG_APPEND_TIME_BIT;
  writeInt16(bytes, position + layout.ATTRIBUTES_AT, type === "create-time" ? plain : plain | layout.LOG_APPEND_TIME_BIT);
  writeInt64(bytes, position + layout.MAX_TIMESTAMP_AT, maxTimestamp);
  writeInt32(bytes, position + layout.CRC_AT, computeCrc(bytes, position));
}

/** Unsigned, over the bytes as they are. */
export function computeCrc(bytes: Uint8Array, position = 0): number {
  return crc32c(bytes, position + layout.ATTRIBUTES_AT, position + sizeInBytesOf(bytes, position));
}
