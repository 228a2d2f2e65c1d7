import { encodeUtf8, uuidToBytes } from "@samsa/stdx";
import { defaultOf } from "../../packages/protocol/test/message-arbitrary.ts";
import type { Field, FieldType, ScalarType, StructType } from "../../packages/protocol/generate/description.ts";
import { isArray, isStruct } from "../../packages/protocol/generate/description.ts";
import type { Message } from "../../packages/protocol/generate/message.ts";
import { includes, parseVersions } from "../../packages/protocol/generate/versions.ts";

export type Values = Readonly<Record<string, unknown>>;

/** How a length or count is written. A compact one is one more than what it says, and 0 is null. */
export type LengthForm = "int16" | "int32" | "compact";

/** A place of a message at which something can be made wrong. */
export type Mark =
  | { readonly type: "length"; readonly form: LengthForm; readonly at: number; readonly size: number; readonly value: number }
  /** Bytes of a string that is not empty. */
  | { readonly type: "text"; readonly at: number; readonly size: number }
  /** The tagged fields of a struct, from their count on. */
  | { readonly type: "tags"; readonly at: number; readonly size: number; readonly count: number }
  | { readonly type: "number"; readonly at: number; readonly size: number };

export interface WrittenMessage {
  readonly bytes: Uint8Array;
  readonly marks: readonly Mark[];
}

/**
 * Writes messages from their descriptions alone, apart from the generated codecs, and remembers where lengths, texts and tags are. What it is
 * given need not be a message that a codec would write: numbers are cut to their size, and what a version lacks is left out.
 */
export function writeMessage(message: Message, version: number, values: Values): WrittenMessage {
  const writer = new MessageWriter(message, version);
  writer.struct(message.root, values);
  return { bytes: Uint8Array.from(writer.out), marks: writer.marks };
}

/** Seven bits a byte, least significant first. */
export function varint(value: number): number[] {
  const out: number[] = [];
  let rest = value >>> 0;
  for (; rest >= 0x80; rest >>>= 7) out.push((rest & 0x7f) | 0x80);
  out.push(rest);
  return out;
}

export function lengthBytes(form: LengthForm, value: number): number[] {
  if (form === "compact") return varint(value + 1);
  return form === "int16" ? [(value >> 8) & 0xff, value & 0xff] : [(value >>> 24) & 0xff, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff];
}

const INTEGER_BYTES: Partial<Record<ScalarType, number>> = { bool: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8 };

class MessageWriter {
  readonly out: number[] = [];
  readonly marks: Mark[] = [];
  private readonly message: Message;
  private readonly version: number;
  private readonly isFlexible: boolean;

  constructor(message: Message, version: number) {
    this.message = message;
    this.version = version;
    this.isFlexible = includes(message.flexible, version);
  }

  struct(struct: StructType, values: Values): void {
    const present = struct.fields.filter((field) => includes(parseVersions(field.versions), this.version));
    for (const field of present) if (field.tag === undefined) this.field(field, values[field.name] ?? this.absent(field, values));
    if (this.isFlexible) this.tags(present, values);
  }

  /** Null where it was drawn, else the default. */
  private absent(field: Field, values: Values): unknown {
    return values[field.name] === null ? null : defaultOf(field);
  }

  private field(field: Field, value: unknown): void {
    const isCompact = this.isFlexible && field.flexible !== "none";
    if (isStruct(field.type) && field.nullable !== undefined) {
      this.out.push(value === null ? 0xff : 1);
      if (value === null) return;
    }
    this.typed(field.type, value, isCompact);
  }

  private typed(type: FieldType, value: unknown, isCompact: boolean): void {
    if (isArray(type)) return this.array(type.arrayOf, value as readonly unknown[] | null, isCompact);
    if (isStruct(type)) return this.struct(type, value as Values);
    const size = INTEGER_BYTES[type];
    if (size !== undefined) return this.integer(size, value as number | bigint | boolean);
    switch (type) {
      case "string":
        return this.sized(typeof value === "string" ? encodeUtf8(value) : null, isCompact ? "compact" : "int16", true);
      case "bytes":
      case "records":
        return this.sized(value as Uint8Array | null, isCompact ? "compact" : "int32", false);
      case "uuid":
        return this.bytes(uuidToBytes(value as Parameters<typeof uuidToBytes>[0]));
      case "float64":
        return this.bytes(new Uint8Array(Float64Array.of(value as number).buffer).toReversed());
    }
  }

  private array(element: ScalarType | StructType, values: readonly unknown[] | null, isCompact: boolean): void {
    this.length(isCompact ? "compact" : "int32", values?.length ?? -1);
    for (const value of values ?? []) this.typed(element, value, isCompact);
  }

  private integer(size: number, value: number | bigint | boolean): void {
    this.marks.push({ type: "number", at: this.out.length, size });
    const whole = BigInt.asUintN(64, BigInt(value));
    for (let shift = 8 * (size - 1); shift >= 0; shift -= 8) this.out.push(Number((whole >> BigInt(shift)) & 0xffn));
  }

  private sized(bytes: Uint8Array | null, form: LengthForm, isText: boolean): void {
    this.length(form, bytes?.length ?? -1);
    if (bytes === null) return;
    if (isText && bytes.length > 0) this.marks.push({ type: "text", at: this.out.length, size: bytes.length });
    this.bytes(bytes);
  }

  private length(form: LengthForm, value: number): void {
    const written = lengthBytes(form, value);
    this.marks.push({ type: "length", form, at: this.out.length, size: written.length, value });
    this.bytes(written);
  }

  private tags(present: readonly Field[], values: Values): void {
    const tagged = present.filter((field) => field.tag !== undefined && values[field.name] !== undefined && !isSame(values[field.name], defaultOf(field)));
    const at = this.out.length;
    this.bytes(varint(tagged.length));
    for (const field of tagged.toSorted((a, b) => (a.tag ?? 0) - (b.tag ?? 0))) {
      const inner = new MessageWriter(this.message, this.version);
      inner.field(field, values[field.name]);
      this.bytes([...varint(field.tag ?? 0), ...varint(inner.out.length), ...inner.out]);
    }
    this.marks.push({ type: "tags", at, size: this.out.length - at, count: tagged.length });
  }

  private bytes(bytes: Uint8Array | readonly number[]): void {
    for (const byte of bytes) this.out.push(byte);
  }
}

const isSame = (a: unknown, b: unknown): boolean => JSON.stringify(a, withoutBigInts) === JSON.stringify(b, withoutBigInts);
const withoutBigInts = (_: string, value: unknown): unknown => (typeof value === "bigint" ? String(value) : value);
