import { invariant } from "@samsa/stdx";
import * as batch from "./batch.ts";
import * as layout from "./layout.ts";
import { writeInt16, writeInt32, writeInt64 } from "./numbers.ts";

/** Offsets without records. */
export interface EmptyRange {
  readonly baseOffset: number;
  /** After the last offset; at most 2^31 behind the first. */
  readonly endOffset: number;
  readonly partitionLeaderEpoch: number;
}

/** Offsets of one batch: its last one is an int32 behind its first. */
export const BATCH_OFFSETS_MAX = 0x8000_0000;

/**
 * A batch of no records, which stands for offsets whose records compaction has taken: its header alone, as Kafka writes where it must remember a
 * producer. It has no timestamp, so that nobody looks into it for a record of some time. Readers pass over it to its end.
 */
export function encodeEmptyBatch({ baseOffset, endOffset, partitionLeaderEpoch }: EmptyRange): Uint8Array {
  invariant(endOffset > baseOffset && endOffset - baseOffset <= BATCH_OFFSETS_MAX, "a batch has some offsets, and no more than an int32 tells", {
    baseOffset,
    endOffset,
  });
  const bytes = new Uint8Array(layout.BATCH_OVERHEAD);
  writeInt64(bytes, layout.BASE_OFFSET_AT, baseOffset);
  writeInt32(bytes, layout.BATCH_LENGTH_AT, layout.BATCH_OVERHEAD - layout.LOG_OVERHEAD);
  writeInt32(bytes, layout.PARTITION_LEADER_EPOCH_AT, partitionLeaderEpoch);
  bytes[layout.MAGIC_AT] = layout.MAGIC_V2;
  writeInt32(bytes, layout.LAST_OFFSET_DELTA_AT, endOffset - baseOffset - 1);
  writeInt64(bytes, layout.BASE_TIMESTAMP_AT, layout.NO_TIMESTAMP);
  writeInt64(bytes, layout.MAX_TIMESTAMP_AT, layout.NO_TIMESTAMP);
  writeInt64(bytes, layout.PRODUCER_ID_AT, layout.NO_PRODUCER_ID);
  writeInt16(bytes, layout.PRODUCER_EPOCH_AT, layout.NO_PRODUCER_EPOCH);
  writeInt32(bytes, layout.BASE_SEQUENCE_AT, layout.NO_SEQUENCE);
  writeInt32(bytes, layout.CRC_AT, batch.computeCrc(bytes));
  return bytes;
}

/**
 * The batch at `position` without its records, and with what it says of its producer: offsets, sequences, the largest timestamp and whether that is
 * the broker's.
 */
export function withoutRecords(bytes: Uint8Array, position = 0): Uint8Array {
  const header = bytes.slice(position, position + layout.BATCH_OVERHEAD);
  writeInt32(header, layout.BATCH_LENGTH_AT, layout.BATCH_OVERHEAD - layout.LOG_OVERHEAD);
  writeInt16(header, layout.ATTRIBUTES_AT, batch.attributesOf(bytes, position) & ~(layout.COMPRESSION_MASK | layout.DELETE_HORIZON_BIT));
  writeInt64(header, layout.BASE_TIMESTAMP_AT, layout.NO_TIMESTAMP);
  writeInt32(header, layout.COUNT_AT, 0);
  writeInt32(header, layout.CRC_AT, batch.computeCrc(header));
  return header;
}

/** Whether the batch stands for offsets and nothing else: no record, no producer. */
export const isEmptyRange = (bytes: Uint8Array, position = 0): boolean => batch.countOf(bytes, position) === 0 && batch.producerIdOf(bytes, position) < 0;
