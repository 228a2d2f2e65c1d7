import * as batch from "./batch.ts";
import type { CompressionPorts } from "./compression.ts";
import type { KeyedRecord, KeyedRecords, KeyedWalk } from "./keyed-records.ts";
import * as layout from "./layout.ts";
import { writeInt16, writeInt32, writeInt64 } from "./numbers.ts";
import { putVarlong, varlongSize } from "./varlong.ts";

export interface RetainedRecords {
  readonly records: KeyedRecords;
  /** For each record, in their order: not 0 if it stays. */
  readonly isKept: Uint8Array;
  /** To be written into the header (KIP-534), where none is yet; undefined: the batch keeps what it has. */
  readonly deleteHorizonMs: number | undefined;
}

/** Up to this length no view is made of a record. */
const SHORT_REST_BYTES = 64;

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
  if (batch.timestampTypeOf(bytes, position) === "create-time") writeInt64(result, layout.MAX_TIMESTAMP_AT, baseTimestamp + latestDelta(retained));
  writeInt32(result, layout.COUNT_AT, countOfKept(retained));
  writeInt32(result, layout.CRC_AT, batch.computeCrc(result));
  return result;
}

/** Goes to the next one that stays. */
function nextKept(walk: KeyedWalk, isKept: Uint8Array): boolean {
  while (walk.next()) if (isKept[walk.passed - 1] !== 0) return true;
  return false;
}

function countOfKept({ records, isKept }: RetainedRecords): number {
  let count = 0;
  for (let at = 0; at < records.count; at++) if (isKept[at] !== 0) count++;
  return count;
}

function latestDelta({ records, isKept }: RetainedRecords): number {
  let latest = Number.NEGATIVE_INFINITY;
  for (const walk = records.walk(); nextKept(walk, isKept);) latest = Math.max(latest, walk.timestampDelta);
  return latest;
}

/** Neighbours are one piece. */
function copied({ records, isKept }: RetainedRecords): Uint8Array {
  let size = 0;
  for (const walk = records.walk(); nextKept(walk, isKept);) size += walk.end - walk.start;
  const result = new Uint8Array(size);
  const walk = records.walk();
  let at = 0;
  let pieceStart = 0;
  let pieceEnd = 0;
  const endPiece = (): void => {
    result.set(walk.content.subarray(pieceStart, pieceEnd), at);
    at += pieceEnd - pieceStart;
  };
  while (nextKept(walk, isKept)) {
    if (walk.start !== pieceEnd) {
      endPiece();
      pieceStart = walk.start;
    }
    pieceEnd = walk.end;
  }
  endPiece();
  return result;
}

/** The record from its rest on. Returns where it ends. */
function putBytes(result: Uint8Array, to: number, { content, restStart, end }: KeyedRecord): number {
  if (end - restStart > SHORT_REST_BYTES) result.set(content.subarray(restStart, end), to);
  else for (let at = 0; at < end - restStart; at++) result[to + at] = content[restStart + at] as number;
  return to + end - restStart;
}

/** With every timestamp's delta `by` larger: length, attributes, delta, and the rest as it is. */
function rebased({ records, isKept }: RetainedRecords, by: number): Uint8Array {
  const sizeOf = ({ timestampDelta, restStart, end }: KeyedRecord): number => 1 + varlongSize(timestampDelta + by) + end - restStart;
  let size = 0;
  for (const walk = records.walk(); nextKept(walk, isKept);) size += varlongSize(sizeOf(walk)) + sizeOf(walk);
  const result = new Uint8Array(size);
  let at = 0;
  for (const walk = records.walk(); nextKept(walk, isKept);) {
    at = putVarlong(result, at, sizeOf(walk));
    result[at++] = 0;
    at = putVarlong(result, at, walk.timestampDelta + by);
    at = putBytes(result, at, walk);
  }
  return result;
}
