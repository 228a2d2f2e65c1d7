import { toHex, uuidToBytes } from "@samsa/stdx";
import { isDeepStrictEqual } from "node:util";
import { type Field, type FieldType, isArray, isStruct, type StructType } from "../../generate/description.ts";
import type { Message } from "../../generate/message.ts";
import { includes, parseVersions } from "../../generate/versions.ts";
import { defaultOf } from "../message-arbitrary.ts";

/** What another decoder must find in the bytes of a message: without what the version lacks, without tagged fields at their defaults. */
export const plainMessage = (message: Message, value: object, version: number): unknown => plainStruct(message.root, value, version);

function plainStruct(struct: StructType, value: object, version: number): unknown {
  const values = new Map<string, unknown>(Object.entries(value));
  const present = struct.fields.filter((field) => isPresent(field, values.get(field.name), version));
  return Object.fromEntries(present.map((field) => [field.name, plain(field.type, values.get(field.name), version)]));
}

const isPresent = (field: Field, value: unknown, version: number): boolean =>
  includes(parseVersions(field.versions), version) && (field.tag === undefined || !isDeepStrictEqual(value, defaultOf(field)));

function plain(type: FieldType, value: unknown, version: number): unknown {
  if (value === null) return null;
  if (isArray(type)) return (value as readonly unknown[]).map((element) => plain(type.arrayOf, element, version));
  if (isStruct(type)) return plainStruct(type, value as object, version);
  if (value instanceof Uint8Array) return toHex(value);
  return type === "uuid" ? toHex(uuidToBytes(value as Parameters<typeof uuidToBytes>[0])) : value;
}
