import { DecodeError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { baseOffsetOf, countOf } from "./batch.ts";
import { type CompressionPorts, DECOMPRESSED_BYTES_MAX } from "./compression.ts";
import { contentOf } from "./decode-records.ts";

/** What of a record compaction goes by, and where the record lies in its batch's content. */
export interface KeyedRecord {
  readonly offset: number;
  /** A view. */
  readonly key: Uint8Array | null;
  /** False for a tombstone. */
  readonly hasValue: boolean;
  /** Of its length field. */
  readonly start: number;
  readonly end: number;
  /** To the batch's base timestamp. */
  readonly timestampDelta: number;
  /** Behind the timestamp's delta: from here on a record is the same whatever that is. */
  readonly restStart: number;
}

export interface KeyedContent {
  /** Decompressed. */
  readonly content: Uint8Array;
  readonly records: readonly KeyedRecord[];
}

/**
 * The records of the batch at `position`, which is whole, by their keys. Throws as `decodeRecords`; headers are not looked into, for they are kept or
 * dropped as they are.
 */
export function keyedRecords(bytes: Uint8Array, position: number, ports: CompressionPorts): KeyedContent {
  const count = countOf(bytes, position);
  // Its codec has no name for nothing.
  if (count === 0) return { content: NOTHING, records: [] };
  const content = contentOf(bytes, position, ports, DECOMPRESSED_BYTES_MAX);
  const baseOffset = baseOffsetOf(bytes, position);
  const reader = new Reader(content);
  const records: KeyedRecord[] = [];
  for (let left = count; left > 0; left--) records.push(keyedRecord(reader, baseOffset));
  if (reader.remaining > 0) throw new DecodeError("MALFORMED", `${reader.remaining} bytes behind the last record`);
  return { content, records };
}

const NOTHING = new Uint8Array(0);

function keyedRecord(reader: Reader, baseOffset: number): KeyedRecord {
  const start = reader.position;
  const size = reader.varint();
  const end = reader.position + size;
  if (size < 0 || size > reader.remaining) throw new DecodeError("TRUNCATED", `record of ${size} bytes, ${reader.remaining} are left`);
  reader.int8();
  const timestampDelta = reader.varlong();
  const restStart = reader.position;
  const offset = baseOffset + reader.varint();
  const keyLength = reader.varint();
  const key = keyLength < 0 ? null : reader.view(keyLength);
  const hasValue = reader.varint() >= 0;
  if (reader.position > end) throw new DecodeError("MALFORMED", `record ends at byte ${end}, and is read to ${reader.position}`);
  reader.skip(end - reader.position);
  return { offset, key, hasValue, start, end, timestampDelta, restStart };
}
