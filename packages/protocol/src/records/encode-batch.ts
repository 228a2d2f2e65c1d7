import { encodeUtf8 } from "@samsa/stdx";
import { EncodeError } from "../wire/errors.ts";
import { computeCrc } from "./batch.ts";
import type { RecordHeader } from "./decode-records.ts";
import * as layout from "./layout.ts";
import { writeInt16, writeInt32, writeInt64 } from "./numbers.ts";
import { putVarlong, varlongSize } from "./varlong.ts";

export interface RecordInput {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers?: readonly RecordHeader[];
  /** Milliseconds. */
  readonly timestamp: number;
}

export interface BatchInput {
  /** At least one. */
  readonly records: readonly RecordInput[];
  /** 0 in a produce request: the leader gives the offsets. */
  readonly baseOffset?: number;
  readonly partitionLeaderEpoch?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
  readonly isTransactional?: boolean;
  readonly isControl?: boolean;
}

/** An uncompressed batch of format v2 with the producer's timestamps. */
export function encodeBatch(input: BatchInput): Uint8Array {
  const first = input.records[0];
  if (first === undefined) throw new EncodeError("a batch has at least one record");
  const baseTimestamp = first.timestamp;
  const planned = input.records.map((record, offsetDelta) => planRecord(record, record.timestamp - baseTimestamp, offsetDelta));
  let size = layout.BATCH_OVERHEAD;
  for (const record of planned) size += varlongSize(record.size) + record.size;
  const bytes = new Uint8Array(size);
  let at = layout.BATCH_OVERHEAD;
  for (const record of planned) at = putRecord(bytes, at, record);
  putHeader(bytes, input, baseTimestamp);
  return bytes;
}

function putHeader(bytes: Uint8Array, input: BatchInput, baseTimestamp: number): void {
  let maxTimestamp = baseTimestamp;
  for (const record of input.records) if (record.timestamp > maxTimestamp) maxTimestamp = record.timestamp;
  const attributes = (input.isTransactional === true ? layout.TRANSACTIONAL_BIT : 0) | (input.isControl === true ? layout.CONTROL_BIT : 0);
  writeInt64(bytes, layout.BASE_OFFSET_AT, input.baseOffset ?? 0);
  writeInt32(bytes, layout.BATCH_LENGTH_AT, bytes.length - layout.LOG_OVERHEAD);
  writeInt32(bytes, layout.PARTITION_LEADER_EPOCH_AT, input.partitionLeaderEpoch ?? -1);
  bytes[layout.MAGIC_AT] = layout.MAGIC_V2;
  writeInt16(bytes, layout.ATTRIBUTES_AT, attributes);
  writeInt32(bytes, layout.LAST_OFFSET_DELTA_AT, input.records.length - 1);
  writeInt64(bytes, layout.BASE_TIMESTAMP_AT, baseTimestamp);
  writeInt64(bytes, layout.MAX_TIMESTAMP_AT, maxTimestamp);
  writeInt64(bytes, layout.PRODUCER_ID_AT, input.producerId ?? layout.NO_PRODUCER_ID);
  writeInt16(bytes, layout.PRODUCER_EPOCH_AT, input.producerEpoch ?? layout.NO_PRODUCER_EPOCH);
  writeInt32(bytes, layout.BASE_SEQUENCE_AT, input.baseSequence ?? layout.NO_SEQUENCE);
  writeInt32(bytes, layout.COUNT_AT, input.records.length);
  writeInt32(bytes, layout.CRC_AT, computeCrc(bytes));
}

interface EncodedHeader {
  readonly key: Uint8Array;
  readonly value: Uint8Array | null;
}

/** A record of which the size is known, so that the batch is allocated once. */
interface PlannedRecord {
  readonly record: RecordInput;
  readonly headers: readonly EncodedHeader[];
  readonly timestampDelta: number;
  readonly offsetDelta: number;
  /** Behind the length field. */
  readonly size: number;
}

const NO_HEADERS: readonly EncodedHeader[] = [];

function planRecord(record: RecordInput, timestampDelta: number, offsetDelta: number): PlannedRecord {
  const headers = record.headers === undefined ? NO_HEADERS : record.headers.map(({ key, value }) => ({ key: encodeUtf8(key), value }));
  let size = 1 + varlongSize(timestampDelta) + varlongSize(offsetDelta) + sizeOf(record.key) + sizeOf(record.value) + varlongSize(headers.length);
  for (const header of headers) size += sizeOf(header.key) + sizeOf(header.value);
  return { record, headers, timestampDelta, offsetDelta, size };
}

function putRecord(bytes: Uint8Array, start: number, planned: PlannedRecord): number {
  let at = putVarlong(bytes, start, planned.size);
  bytes[at++] = 0;
  at = putVarlong(bytes, at, planned.timestampDelta);
  at = putVarlong(bytes, at, planned.offsetDelta);
  at = putBytes(bytes, at, planned.record.key);
  at = putBytes(bytes, at, planned.record.value);
  at = putVarlong(bytes, at, planned.headers.length);
  for (const header of planned.headers) {
    at = putBytes(bytes, at, header.key);
    at = putBytes(bytes, at, header.value);
  }
  return at;
}

const sizeOf = (value: Uint8Array | null): number => (value === null ? 1 : varlongSize(value.length) + value.length);

function putBytes(bytes: Uint8Array, start: number, value: Uint8Array | null): number {
  if (value === null) return putVarlong(bytes, start, -1);
  const at = putVarlong(bytes, start, value.length);
  bytes.set(value, at);
  return at + value.length;
}
