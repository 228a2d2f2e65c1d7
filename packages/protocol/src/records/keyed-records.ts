import { DecodeError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { baseOffsetOf, countOf } from "./batch.ts";
import { type CompressionPorts, DECOMPRESSED_BYTES_MAX } from "./compression.ts";
import { contentOf } from "./decode-records.ts";

/** What of a record compaction goes by, and where the record lies in its batch's content. */
export interface KeyedRecord {
  /** Of its batch, decompressed. */
  readonly content: Uint8Array;
  readonly offset: number;
  /** The key is `content` from here to `keyEnd`; -1: it has none. */
  readonly keyStart: number;
  readonly keyEnd: number;
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

/** The records of a batch, one after the other. */
export interface KeyedRecords {
  readonly count: number;
  /** From the first one on. */
  walk(): KeyedWalk;
}

/**
 * Stands before the first record, then at one after the other. It is all of them, so that nothing is made for each: 1 MB of a batch may be more than a million
 * records once it is decompressed.
 */
export interface KeyedWalk extends KeyedRecord {
  /** How many have been passed; the record's number, counted from 1. */
  readonly passed: number;
  /** Goes to the next one; false: there is none, and nothing more may be asked. */
  next(): boolean;
}

/**
 * The records of the batch at `position`, which is whole, by their keys. Throws as `decodeRecords`, and the walks do not; headers are not looked into, for they
 * are kept or dropped as they are.
 */
export function keyedRecords(bytes: Uint8Array, position: number, ports: CompressionPorts): KeyedRecords {
  const count = countOf(bytes, position);
  // Its codec has no name for nothing.
  const content = count === 0 ? NOTHING : contentOf(bytes, position, ports, DECOMPRESSED_BYTES_MAX);
  const baseOffset = baseOffsetOf(bytes, position);
  const checked = new Walk(content, baseOffset, count);
  while (checked.next());
  if (checked.end < content.length) throw new DecodeError("MALFORMED", `${content.length - checked.end} bytes behind the last record`);
  return { count, walk: () => new Walk(content, baseOffset, count) };
}

const NOTHING = new Uint8Array(0);

class Walk implements KeyedWalk {
  readonly content: Uint8Array;
  passed = 0;
  offset = -1;
  keyStart = -1;
  keyEnd = -1;
  hasValue = false;
  start = 0;
  end = 0;
  timestampDelta = 0;
  restStart = 0;
  private readonly reader: Reader;
  private readonly baseOffset: number;
  private readonly count: number;

  constructor(content: Uint8Array, baseOffset: number, count: number) {
    this.content = content;
    this.reader = new Reader(content);
    this.baseOffset = baseOffset;
    this.count = count;
  }

  next(): boolean {
    if (this.passed >= this.count) return false;
    const { reader } = this;
    this.start = reader.position;
    const size = reader.varint();
    this.end = reader.position + size;
    if (size < 0 || size > reader.remaining) throw new DecodeError("TRUNCATED", `record of ${size} bytes, ${reader.remaining} are left`);
    reader.int8();
    this.timestampDelta = reader.varlong();
    this.restStart = reader.position;
    this.offset = this.baseOffset + reader.varint();
    const keyLength = reader.varint();
    this.keyStart = keyLength < 0 ? -1 : reader.position;
    this.keyEnd = reader.position + Math.max(0, keyLength);
    reader.skip(Math.max(0, keyLength));
    this.hasValue = reader.varint() >= 0;
    if (reader.position > this.end) throw new DecodeError("MALFORMED", `record ends at byte ${this.end}, and is read to ${reader.position}`);
    reader.skip(this.end - reader.position);
    this.passed++;
    return true;
  }
}
