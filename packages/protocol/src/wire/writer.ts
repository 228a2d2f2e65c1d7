import { concatBytes, encodeUtf8, type Uuid } from "@samsa/stdx";
import { EncodeError } from "./errors.ts";
import { MAX_STRING_BYTES } from "./reader.ts";
import type { RecordsInput, RecordsPart, UnknownTaggedField } from "./records-part.ts";
import { allocate } from "./slab.ts";

const FIRST_CAPACITY = 256;
/** Shorter bytes are copied: one more part of a message costs more than copying so few. */
const REFERENCE_MIN_BYTES = 1024;
const MAX_INT32 = 0x7fff_ffff;
const TWO_TO_THE_32 = 0x1_0000_0000;
const FRAME_SIZE_BYTES = 4;
const UUID_BYTES = 16;
const NOT_BASE64URL = 0xff;

const BASE64URL_DIGITS = new Uint8Array(128).fill(NOT_BASE64URL);
for (const [value, char] of [..."ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"].entries()) BASE64URL_DIGITS[char.charCodeAt(0)] = value;

/**
 * Writes the protocol's primitive types. The result is a list of parts: small things are gathered in buffers of the
 * writer, large records are only referred to. Bytes given by reference must not change until the message has left.
 *
 * A value that does not fit its type is an `EncodeError`; the writer is then to be dropped.
 */
export class Writer {
  private buffer = allocate(FIRST_CAPACITY);
  /** The part of `buffer` not yet in `parts` is `[start, at)`. */
  private start = 0;
  private at = 0;
  private readonly parts: RecordsPart[] = [];
  private partsLength = 0;

  /** Bytes written so far, references included. */
  get length(): number {
    return this.partsLength + this.at - this.start;
  }

  bool(value: boolean): void {
    this.uint8(value ? 1 : 0);
  }

  uint8(value: number): void {
    if (this.at === this.buffer.length) this.grow(1);
    this.buffer[this.at++] = value;
  }

  int8(value: number): void {
    if ((value << 24) >> 24 !== value) failRange(value, "int8");
    this.uint8(value & 0xff);
  }

  int16(value: number): void {
    if ((value << 16) >> 16 !== value) failRange(value, "int16");
    this.put16(value);
  }

  uint16(value: number): void {
    if ((value & 0xffff) !== value) failRange(value, "uint16");
    this.put16(value);
  }

  int32(value: number): void {
    if ((value | 0) !== value) failRange(value, "int32");
    this.put32(value);
  }

  uint32(value: number): void {
    if (value >>> 0 !== value) failRange(value, "uint32");
    this.put32(value);
  }

  int64(value: number): void {
    if (!Number.isSafeInteger(value)) failRange(value, "int64");
    const high = Math.floor(value / TWO_TO_THE_32);
    this.put32(high);
    this.put32(value - high * TWO_TO_THE_32);
  }

  /** `Number.MAX_SAFE_INTEGER` stands for "no bound", on the wire 2^63 − 1. */
  unboundedInt64(value: number): void {
    if (value === Number.MAX_SAFE_INTEGER) {
      this.put32(MAX_INT32);
      this.put32(-1);
    } else this.int64(value);
  }

  opaqueInt64(value: bigint): void {
    if (BigInt.asIntN(64, value) !== value) failRange(value, "int64");
    this.put32(Number(BigInt.asIntN(32, value >> 32n)));
    this.put32(Number(BigInt.asIntN(32, value)));
  }

  float64(value: number): void {
    this.reserve(8);
    new DataView(this.buffer.buffer, this.buffer.byteOffset + this.at, 8).setFloat64(0, value);
    this.at += 8;
  }

  uvarint(value: number): void {
    if (value >>> 0 !== value) failRange(value, "unsigned varint");
    this.reserve(5);
    this.at = putUvarint(this.buffer, this.at, value);
  }

  uuid(value: Uuid): void {
    this.reserve(UUID_BYTES);
    putUuid(this.buffer, this.at, value);
    this.at += UUID_BYTES;
  }

  string(value: string): void {
    const bytes = isShortAscii(value) ? undefined : encodeUtf8(value);
    this.int16(checkedStringLength(bytes === undefined ? value.length : bytes.length));
    this.text(value, bytes);
  }

  nullableString(value: string | null): void {
    if (value === null) this.put16(-1);
    else this.string(value);
  }

  compactString(value: string): void {
    const bytes = isShortAscii(value) ? undefined : encodeUtf8(value);
    this.uvarint(checkedStringLength(bytes === undefined ? value.length : bytes.length) + 1);
    this.text(value, bytes);
  }

  compactNullableString(value: string | null): void {
    if (value === null) this.uint8(0);
    else this.compactString(value);
  }

  byteString(value: Uint8Array): void {
    this.int32(value.length);
    this.copy(value);
  }

  nullableByteString(value: Uint8Array | null): void {
    if (value === null) this.put32(-1);
    else this.byteString(value);
  }

  compactByteString(value: Uint8Array): void {
    this.uvarint(value.length + 1);
    this.copy(value);
  }

  compactNullableByteString(value: Uint8Array | null): void {
    if (value === null) this.uint8(0);
    else this.compactByteString(value);
  }

  records(value: RecordsInput): void {
    if (value === null) throw new EncodeError("records must not be null here");
    this.int32(recordsLength(value));
    this.recordsContent(value);
  }

  nullableRecords(value: RecordsInput): void {
    if (value === null) this.put32(-1);
    else this.records(value);
  }

  compactRecords(value: RecordsInput): void {
    if (value === null) throw new EncodeError("records must not be null here");
    this.uvarint(recordsLength(value) + 1);
    this.recordsContent(value);
  }

  compactNullableRecords(value: RecordsInput): void {
    if (value === null) this.uint8(0);
    else this.compactRecords(value);
  }

  arrayLength(count: number): void {
    this.int32(count);
  }

  compactArrayLength(count: number): void {
    this.uvarint(count + 1);
  }

  nullArray(): void {
    this.put32(-1);
  }

  compactNullArray(): void {
    this.uint8(0);
  }

  /**
   * Opens a tagged field; the mark is for `endTag`. The size is not known yet: one byte is left for it, and the content
   * is moved when it needs more.
   */
  beginTag(tag: number): number {
    this.uvarint(tag);
    this.uint8(0);
    return this.length;
  }

  /** No bytes may have been given by reference since `beginTag`: the content must still be in the buffer. */
  endTag(mark: number): void {
    const size = this.length - mark;
    if (size >= 0x80) this.reserve(4);
    const content = this.at - size;
    const shift = uvarintSize(size) - 1;
    if (shift > 0) this.buffer.copyWithin(content + shift, content, this.at);
    putUvarint(this.buffer, content - 1, size);
    this.at += shift;
  }

  /** Number of tagged fields, the unknown ones included. */
  tagCount(known: number, unknown: readonly UnknownTaggedField[] | undefined): void {
    this.uvarint(known + (unknown === undefined ? 0 : unknown.length));
  }

  /** The tagged fields of a struct that has none of its own. */
  onlyUnknownTags(fields: readonly UnknownTaggedField[] | undefined): void {
    if (fields === undefined) this.uint8(0);
    else {
      this.uvarint(fields.length);
      this.unknownTags(fields);
    }
  }

  unknownTags(fields: readonly UnknownTaggedField[]): void {
    for (const field of fields) {
      this.uvarint(field.tag);
      this.uvarint(field.data.length);
      this.copy(field.data);
    }
  }

  /** Puts a copy of `value` into the message. */
  copy(value: Uint8Array): void {
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Makes `part` itself a part of the message, without copying it; short bytes are copied nevertheless. */
  bytesReference(part: RecordsPart): void {
    if (part.length === 0) return;
    if (part instanceof Uint8Array && part.length < REFERENCE_MIN_BYTES) this.copy(part);
    else {
      this.flush();
      this.addPart(part);
    }
  }

  /** Leaves room for the size of a frame, which `finishFrame` fills in. Must be the first call. */
  beginFrame(): void {
    this.put32(0);
  }

  /** The parts of the frame begun with `beginFrame`. The writer is spent. */
  finishFrame(): RecordsPart[] {
    const parts = this.finish();
    const first = parts[0];
    const size = this.partsLength - FRAME_SIZE_BYTES;
    if (size > MAX_INT32 || !(first instanceof Uint8Array)) throw new EncodeError(`frame of ${size} bytes`);
    for (let i = 0; i < FRAME_SIZE_BYTES; i++) first[i] = (size >>> (24 - 8 * i)) & 0xff;
    return parts;
  }

  /** The parts in order, none of them empty. The writer is spent. */
  finish(): RecordsPart[] {
    this.flush();
    return this.parts;
  }

  /** The whole message as one array; fails when a part is not in memory. */
  finishBytes(): Uint8Array {
    const bytes: Uint8Array[] = [];
    for (const part of this.finish()) {
      if (!(part instanceof Uint8Array)) throw new EncodeError("a part of the message is not in memory");
      bytes.push(part);
    }
    return concatBytes(bytes);
  }

  private put16(value: number): void {
    this.reserve(2);
    this.buffer[this.at++] = (value >> 8) & 0xff;
    this.buffer[this.at++] = value & 0xff;
  }

  private put32(value: number): void {
    this.reserve(4);
    const buffer = this.buffer;
    const at = this.at;
    buffer[at] = (value >>> 24) & 0xff;
    buffer[at + 1] = (value >>> 16) & 0xff;
    buffer[at + 2] = (value >>> 8) & 0xff;
    buffer[at + 3] = value & 0xff;
    this.at = at + 4;
  }

  private text(value: string, bytes: Uint8Array | undefined): void {
    if (bytes !== undefined) {
      this.copy(bytes);
      return;
    }
    this.reserve(value.length);
    for (let i = 0; i < value.length; i++) this.buffer[this.at++] = value.charCodeAt(i);
  }

  private recordsContent(value: readonly RecordsPart[] | Uint8Array): void {
    if (value instanceof Uint8Array) this.bytesReference(value);
    else for (const part of value) this.bytesReference(part);
  }

  private reserve(size: number): void {
    if (this.at + size > this.buffer.length) this.grow(size);
  }

  /** Only what is not yet a part moves: parts keep the old buffer. */
  private grow(size: number): void {
    const pending = this.at - this.start;
    const next = allocate(Math.max(2 * this.buffer.length, pending + size));
    next.set(this.buffer.subarray(this.start, this.at));
    this.buffer = next;
    this.start = 0;
    this.at = pending;
  }

  private flush(): void {
    if (this.at === this.start) return;
    const part = this.buffer.subarray(this.start, this.at);
    this.start = this.at;
    this.addPart(part);
  }

  private addPart(part: RecordsPart): void {
    this.parts.push(part);
    this.partsLength += part.length;
  }
}

/** Bytes of all parts together. */
export function partsLength(parts: readonly RecordsPart[]): number {
  let length = 0;
  for (const part of parts) length += part.length;
  return length;
}

const recordsLength = (value: readonly RecordsPart[] | Uint8Array): number => (value instanceof Uint8Array ? value.length : partsLength(value));

function putUvarint(buffer: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value >>> 0;
  while (rest >= 0x80) {
    buffer[at++] = (rest & 0x7f) | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

function uvarintSize(value: number): number {
  let size = 1;
  for (let rest = value >>> 7; rest !== 0; rest >>>= 7) size++;
  return size;
}

function putUuid(buffer: Uint8Array, start: number, value: Uuid): void {
  if (value.length !== 22) throw new EncodeError(`not a UUID: ${JSON.stringify(value)}`);
  let at = start;
  let bits = 0;
  let held = 0;
  for (let i = 0; i < 22; i++) {
    const code = value.charCodeAt(i);
    const digit = code < 128 ? (BASE64URL_DIGITS[code] as number) : NOT_BASE64URL;
    if (digit === NOT_BASE64URL) throw new EncodeError(`not a UUID: ${JSON.stringify(value)}`);
    held = (held << 6) | digit;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      buffer[at++] = (held >> bits) & 0xff;
      held &= (1 << bits) - 1;
    }
  }
}

function isShortAscii(value: string): boolean {
  if (value.length > 128) return false;
  for (let i = 0; i < value.length; i++) if (value.charCodeAt(i) >= 0x80) return false;
  return true;
}

function checkedStringLength(length: number): number {
  if (length > MAX_STRING_BYTES) throw new EncodeError(`string of ${length} bytes; at most ${MAX_STRING_BYTES} fit`);
  return length;
}

function failRange(value: number | bigint, type: string): never {
  throw new EncodeError(`${value} is no ${type}`);
}
