import { decodeUtf8, type Uuid, uuid, ZERO_UUID } from "@samsa/stdx";
import { DecodeError } from "./errors.ts";
import type { UnknownTaggedField } from "./records-part.ts";

/** Elements of all arrays of one message together. Kafka has no such cap; a 100 MiB frame of tiny elements would be gigabytes of heap. */
export const MAX_DECODED_OBJECTS = 1_000_000;
/** Unknown tagged fields of one message together. */
export const MAX_UNKNOWN_TAGGED_FIELDS = 256;
/** Kafka's limit of a string, compact or not. */
export const MAX_STRING_BYTES = 0x7fff;

/** Up to this length a string of ASCII is built byte by byte, which beats a call of a decoder. */
const SHORT_STRING_BYTES = 48;
const TWO_TO_THE_32 = 0x1_0000_0000;
const EMPTY = new Uint8Array(0);
const BASE64URL = Uint8Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", (char) => char.charCodeAt(0));

/**
 * Reads the protocol's primitive types from bytes that a stranger sent.
 *
 * Every read checks that its bytes are there, every length and count is checked before anything is allocated for it, and
 * the only error thrown is `DecodeError`. `bytes` and `records` are views of the input: they live as long as it does.
 */
export class Reader {
  readonly bytes: Uint8Array;
  private readonly end: number;
  private at: number;
  private objects = 0;
  private unknownTagsRead = 0;

  constructor(bytes: Uint8Array, start = 0) {
    this.bytes = bytes;
    this.end = bytes.length;
    this.at = start;
  }

  /** Of the next byte, counted from the beginning of the input. */
  get position(): number {
    return this.at;
  }

  get remaining(): number {
    return this.end - this.at;
  }

  bool(): boolean {
    return this.uint8() !== 0;
  }

  uint8(): number {
    if (this.at >= this.end) this.failTruncated(1);
    return this.bytes[this.at++] as number;
  }

  int8(): number {
    return (this.uint8() << 24) >> 24;
  }

  int16(): number {
    return (this.uint16() << 16) >> 16;
  }

  uint16(): number {
    const at = this.at;
    if (at + 2 > this.end) this.failTruncated(2);
    this.at = at + 2;
    return ((this.bytes[at] as number) << 8) | (this.bytes[at + 1] as number);
  }

  int32(): number {
    const at = this.at;
    if (at + 4 > this.end) this.failTruncated(4);
    const bytes = this.bytes;
    this.at = at + 4;
    return ((bytes[at] as number) << 24) | ((bytes[at + 1] as number) << 16) | ((bytes[at + 2] as number) << 8) | (bytes[at + 3] as number);
  }

  uint32(): number {
    return this.int32() >>> 0;
  }

  /** Refuses what a number cannot hold exactly: no offset, id or time comes near 2^53. */
  int64(): number {
    const high = this.int32();
    const value = high * TWO_TO_THE_32 + this.uint32();
    if (!Number.isSafeInteger(value)) throw new DecodeError("MALFORMED", `int64 beyond ±(2^53 − 1) at byte ${this.at - 8}`);
    return value;
  }

  /** Like `int64`, but what is too large becomes `Number.MAX_SAFE_INTEGER`, which stands for "no bound", and what is too small `Number.MIN_SAFE_INTEGER`. */
  unboundedInt64(): number {
    const high = this.int32();
    const value = high * TWO_TO_THE_32 + this.uint32();
    return Math.max(Number.MIN_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, value));
  }

  /** All 64 bits, signed. */
  opaqueInt64(): bigint {
    const high = this.int32();
    return (BigInt(high) << 32n) | BigInt(this.uint32());
  }

  float64(): number {
    if (this.remaining < 8) this.failTruncated(8);
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 8).getFloat64(0);
    this.at += 8;
    return value;
  }

  /** At most five bytes and 32 bits. */
  uvarint(): number {
    let value = 0;
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = this.uint8();
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    const last = this.uint8();
    if (last > 0x0f) throw new DecodeError("MALFORMED", `varint of more than 32 bits at byte ${this.at - 5}`);
    return (value | (last << 28)) >>> 0;
  }

  /** Zigzag, at most 32 bits: only inside of records. */
  varint(): number {
    const raw = this.uvarint();
    return (raw >>> 1) ^ -(raw & 1);
  }

  /** Zigzag, at most ten bytes; refuses what a number cannot hold exactly. */
  varlong(): number {
    let raw = 0;
    let factor = 1;
    for (let i = 0; i < 10; i++) {
      const byte = this.uint8();
      raw += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (raw > Number.MAX_SAFE_INTEGER) break;
        return raw % 2 === 0 ? raw / 2 : -(raw + 1) / 2;
      }
      factor *= 128;
    }
    throw new DecodeError("MALFORMED", `varlong before byte ${this.at} is too long or beyond ±2^52`);
  }

  uuid(): Uuid {
    const at = this.at;
    if (at + 16 > this.end) this.failTruncated(16);
    this.at = at + 16;
    return uuidAt(this.bytes, at);
  }

  string(): string {
    return this.text(this.notNull(this.int16()));
  }

  nullableString(): string | null {
    const length = this.int16();
    return length < 0 ? this.nullOrFail(length) : this.text(length);
  }

  compactString(): string {
    return this.text(this.notNull(this.uvarint() - 1));
  }

  compactNullableString(): string | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.text(length);
  }

  byteString(): Uint8Array {
    return this.view(this.notNull(this.int32()));
  }

  nullableByteString(): Uint8Array | null {
    const length = this.int32();
    return length < 0 ? this.nullOrFail(length) : this.view(length);
  }

  compactByteString(): Uint8Array {
    return this.view(this.notNull(this.uvarint() - 1));
  }

  compactNullableByteString(): Uint8Array | null {
    const length = this.uvarint() - 1;
    return length < 0 ? null : this.view(length);
  }

  /** Number of elements, of which each takes at least `elementSizeMin` bytes. */
  arrayLength(elementSizeMin: number): number {
    return this.count(this.notNull(this.int32()), elementSizeMin);
  }

  /** −1 for null. */
  nullableArrayLength(elementSizeMin: number): number {
    const length = this.int32();
    if (length < 0) {
      this.nullOrFail(length);
      return -1;
    }
    return this.count(length, elementSizeMin);
  }

  compactArrayLength(elementSizeMin: number): number {
    return this.count(this.notNull(this.uvarint() - 1), elementSizeMin);
  }

  /** −1 for null. */
  compactNullableArrayLength(elementSizeMin: number): number {
    const length = this.uvarint() - 1;
    return length < 0 ? -1 : this.count(length, elementSizeMin);
  }

  /** Number of tagged fields at the end of a struct. Each takes two bytes or more. */
  tagCount(): number {
    const count = this.uvarint();
    if (count > this.remaining >>> 1) throw new DecodeError("TRUNCATED", `${count} tagged fields in ${this.remaining} bytes`);
    return count;
  }

  /** Tags of a struct ascend (KIP-482). */
  tag(previous: number): number {
    const tag = this.uvarint();
    if (tag <= previous) throw new DecodeError("MALFORMED", `tag ${tag} after tag ${previous}`);
    return tag;
  }

  /** Where the tagged field ends whose tag was just read. */
  tagEnd(): number {
    const size = this.uvarint();
    if (size > this.remaining) this.failTruncated(size);
    return this.at + size;
  }

  /** A known tagged field must take exactly the size that it claims. */
  endTag(end: number): void {
    if (this.at !== end) throw new DecodeError("MALFORMED", `tagged field ends at byte ${this.at}, not ${end}`);
  }

  /** All tagged fields of a struct that has none of its own. */
  unknownTags(): UnknownTaggedField[] | undefined {
    let found: UnknownTaggedField[] | undefined;
    let tag = -1;
    for (let left = this.tagCount(); left > 0; left--) {
      tag = this.tag(tag);
      found = this.unknownTag(found, tag, this.tagEnd());
    }
    return found;
  }

  /** Keeps what lies up to `end` behind the unknown fields found so far. */
  unknownTag(found: UnknownTaggedField[] | undefined, tag: number, end: number): UnknownTaggedField[] {
    if (++this.unknownTagsRead > MAX_UNKNOWN_TAGGED_FIELDS)
      throw new DecodeError("LIMIT_EXCEEDED", `more than ${MAX_UNKNOWN_TAGGED_FIELDS} unknown tagged fields`);
    const field = { tag, data: this.view(end - this.at) };
    if (found === undefined) return [field];
    found.push(field);
    return found;
  }

  /** Passes over so many bytes. */
  skip(length: number): void {
    if (length > this.end - this.at) this.failTruncated(length);
    this.at += length;
  }

  /** A view of the next bytes, not a copy. */
  view(length: number): Uint8Array {
    const at = this.at;
    if (length > this.end - at) this.failTruncated(length);
    this.at = at + length;
    return length === 0 ? EMPTY : this.bytes.subarray(at, at + length);
  }

  private count(length: number, elementSizeMin: number): number {
    if (length * elementSizeMin > this.remaining) throw new DecodeError("TRUNCATED", `array of ${length} elements in ${this.remaining} bytes`);
    this.objects += length;
    if (this.objects > MAX_DECODED_OBJECTS) throw new DecodeError("LIMIT_EXCEEDED", `more than ${MAX_DECODED_OBJECTS} array elements`);
    return length;
  }

  private text(length: number): string {
    const at = this.at;
    if (length > this.end - at) this.failTruncated(length);
    if (length > MAX_STRING_BYTES) throw new DecodeError("MALFORMED", `string of ${length} bytes`);
    this.at = at + length;
    const bytes = this.bytes;
    if (length > SHORT_STRING_BYTES) return decodeUtf8(bytes.subarray(at, at + length));
    let text = "";
    for (let i = at; i < at + length; i++) {
      const byte = bytes[i] as number;
      if (byte >= 0x80) return decodeUtf8(bytes.subarray(at, at + length));
      text += String.fromCharCode(byte);
    }
    return text;
  }

  private notNull(length: number): number {
    if (length < 0) throw new DecodeError(length === -1 ? "UNEXPECTED_NULL" : "MALFORMED", `length ${length} before byte ${this.at}`);
    return length;
  }

  /** −1 says null; other negative lengths say nothing. */
  private nullOrFail(length: number): null {
    if (length !== -1) throw new DecodeError("MALFORMED", `length ${length} before byte ${this.at}`);
    return null;
  }

  private failTruncated(wanted: number): never {
    throw new DecodeError("TRUNCATED", `${wanted} bytes wanted at byte ${this.at}, ${this.end - this.at} left`);
  }
}

/** Base64url straight from the bytes; equals `uuidFromBytes` of stdx, and this one runs for every topic of every request. */
function uuidAt(bytes: Uint8Array, at: number): Uuid {
  let text = "";
  let isZero = true;
  for (let i = at; i < at + 15; i += 3) {
    const group = ((bytes[i] as number) << 16) | ((bytes[i + 1] as number) << 8) | (bytes[i + 2] as number);
    if (group !== 0) isZero = false;
    text += String.fromCharCode(digit(group >> 18), digit(group >> 12), digit(group >> 6), digit(group));
  }
  const last = bytes[at + 15] as number;
  if (isZero && last === 0) return ZERO_UUID;
  return uuid(text + String.fromCharCode(digit(last >> 2), digit(last << 4)));
}

const digit = (bits: number): number => BASE64URL[bits & 63] as number;
