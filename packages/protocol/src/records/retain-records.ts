import * as batch from "./batch.ts";
import type { CompressionPorts } from "./compression.ts";
import type { KeyedContent, KeyedRecord } from "./keyed-records.ts";
import * as layout from "./layout.ts";
import { writeInt16, writeInt32, writeInt64 } from "./numbers.ts";
import { putVarlong, varlongSize } from "./varlong.ts";

export interface RetainedRecords extends KeyedContent {
  /** To be written into the header (KIP-534), where none is yet; undefined: the batch keeps what it has. */
  readonly deleteHorizonMs: number | undefined;
}

/**
 * The batch at `position` with these of its records alone, at least one: their offsets, timestamps, keys, values and headers are what they were, and so
 * are the batch's first and last offset, epoch, producer and sequence. The largest timestamp is that of the records, unless the broker's clock gave it.
 *
 * In the codec that the batch had, at that codec's own level; uncompressed where the process can only read it. A delete horizon takes the place of the base
 * timestamp, so that every delta is written again; otherwise records are copied as they are.
 */
export function retainRecords(bytes: Uint8Array, position: number, retained: RetainedRecords, ports: CompressionPorts): Uint8Array {
  const baseTimestamp = batch.baseTimestampOf(bytes, position);
  const { deleteHorizonMs } = retained;
  const records = deleteHorizonMs === undefined ? copied(retained) : rebased(retained, baseTimestamp - deleteHorizonMs);
  const compression = batch.compressionOf(bytes, position);
  const compress = compression === undefined || compression === "none" ? undefined : ports[compression]?.compress;
  const content = compress === undefined ? records : compress(records, undefined);
  const result = new Uint8Array(layout.BATCH_OVERHEAD + content.length);
  result.set(bytes.subarray(position, position + layout.BATCH_OVERHEAD));
  result.set(content, layout.BATCH_OVERHEAD);
  writeInt32(result, layout.BATCH_LENGTH_AT, result.length - layout.LOG_OVERHEAD);
  let attributes = batch.attributesOf(bytes, position);
  if (compress === undefined) attributes &= ~layout.COMPRESSION_MASK;
  if (deleteHorizonMs !== undefined) {
    attributes |= layout.DELETE_HORIZON_BIT;
    writeInt64(result, layout.BASE_TIMESTAMP_AT, deleteHorizonMs);
  }
  writeInt16(result, layout.ATTRIBUTES_AT, attributes);
  if (batch.timestampTypeOf(bytes, position) === "create-time") writeInt64(result, layout.MAX_TIMESTAMP_AT, baseTimestamp + latestDelta(retained.records));
  writeInt32(result, layout.COUNT_AT, retained.records.length);
  writeInt32(result, layout.CRC_AT, batch.computeCrc(result));
  return result;
}

function latestDelta(records: readonly KeyedRecord[]): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (const { timestampDelta } of records) if (timestampDelta > latest) latest = timestampDelta;
  return latest;
}

function copied({ content, records }: KeyedContent): Uint8Array {
  const result = new Uint8Array(records.reduce((sum, { start, end }) => sum + end - start, 0));
  let at = 0;
  for (const { start, end } of records) {
    result.set(content.subarray(start, end), at);
    at += end - start;
  }
  return result;
}

/** With every timestamp's delta `by` larger: length, attributes, delta, and the rest as it is. */
function rebased({ content, records }: KeyedContent, by: number): Uint8Array {
  const sizeOf = ({ timestampDelta, restStart, end }: KeyedRecord): number => 1 + varlongSize(timestampDelta + by) + end - restStart;
  let size = 0;
  for (const record of records) size += varlongSize(sizeOf(record)) + sizeOf(record);
  const result = new Uint8Array(size);
  let at = 0;
  for (const record of records) {
    at = putVarlong(result, at, sizeOf(record));
    result[at++] = 0;
    at = putVarlong(result, at, record.timestampDelta + by);
    result.set(content.subarray(record.restStart, record.end), at);
    at += record.end - record.restStart;
  }
  return result;
}
