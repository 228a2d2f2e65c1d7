import type { Field, ScalarType, StructType } from "./description.ts";
import { isArray } from "./description.ts";
import { structOf } from "./names.ts";
import { includes, intersect, isEmpty, parseVersions, type VersionRange } from "./versions.ts";

/** One side of an API, or a header: what one pair of codec functions is generated for. */
export interface Message {
  readonly root: StructType;
  readonly versions: VersionRange;
  readonly flexible: VersionRange;
}

/** Every struct of the message, inner ones first, each once. */
export function structsOf(message: Message): readonly StructType[] {
  const found = new Set<StructType>();
  const visit = (struct: StructType): void => {
    for (const field of struct.fields) {
      const inner = structOf(field.type);
      if (inner !== undefined && !found.has(inner)) visit(inner);
    }
    found.add(struct);
  };
  visit(message.root);
  return [...found];
}

/** The versions of the message in which the struct can occur: its codec need not ask about others. */
export function versionsOf(message: Message, struct: StructType): VersionRange {
  if (struct === message.root) return message.versions;
  let { low, high } = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (const parent of structsOf(message)) {
    for (const field of parent.fields) {
      if (structOf(field.type) !== struct) continue;
      const versions = intersect(parseVersions(field.versions), versionsOf(message, parent));
      low = Math.min(low, versions.low);
      high = Math.max(high, versions.high);
    }
  }
  return { low, high };
}

/** Finds descriptions that say nothing sensible, so that a slip of the pen cannot become a wrong codec. */
export function checkMessage(message: Message): void {
  const names = new Set<string>();
  for (const struct of structsOf(message)) {
    if (names.has(struct.struct)) throw new Error(`${message.root.struct}: two structs are called ${struct.struct}`);
    names.add(struct.struct);
    checkStruct(message, struct);
  }
}

function checkStruct(message: Message, struct: StructType): void {
  const names = new Set<string>();
  for (const field of struct.fields) {
    const where = `${message.root.struct}: ${struct.struct}.${field.name}`;
    if (names.has(field.name)) throw new Error(`${where} is described twice`);
    if (!/^[a-z][A-Za-z0-9]*$/.test(field.name)) throw new Error(`${where} is not in camelCase`);
    names.add(field.name);
    checkField(message, field, where);
  }
  checkTags(message, struct);
}

function checkField(message: Message, field: Field, where: string): void {
  const versions = intersect(parseVersions(field.versions), message.versions);
  const nullable = parseVersions(field.nullable ?? "none");
  if (isEmpty(versions)) throw new Error(`${where} is in no version of the message`);
  if (field.default === null && isEmpty(nullable)) throw new Error(`${where} has the default null and is never nullable`);
  if (field.isUnbounded === true && field.type !== "int64") throw new Error(`${where} is unbounded and not an int64`);
  if (field.isOpaque === true && (field.type !== "int64" || field.isUnbounded === true || field.default !== undefined))
    throw new Error(`${where} is opaque and not an int64 like others`);
  if (!isEmpty(nullable) && isNeverNull(field)) throw new Error(`${where} is nullable, which its type cannot be`);
  if (field.tag === undefined) return;
  if (field.type === "records") throw new Error(`${where}: records cannot be tagged, for they are written by reference`);
  if (versions.low < message.flexible.low) throw new Error(`${where} is tagged in a version that is not flexible`);
}

/** Of reader and writer, for a scalar without a length. */
export function scalarMethod({ isUnbounded, isOpaque }: Field, type: ScalarType): string {
  if (isOpaque === true) return "opaqueInt64";
  return isUnbounded === true ? "unboundedInt64" : type;
}

const isNeverNull = (field: Field): boolean => typeof field.type === "string" && !["string", "bytes", "records"].includes(field.type);

/** At every version the known tags are 0, 1, 2, …: what is unknown has a greater tag and is written behind them. */
function checkTags(message: Message, struct: StructType): void {
  const high = Math.min(message.versions.high, 1000);
  for (let version = message.versions.low; version <= high; version++) {
    const tags = struct.fields.filter((field) => field.tag !== undefined && includes(parseVersions(field.versions), version)).map((field) => field.tag ?? 0);
    tags.sort((a, b) => a - b);
    if (tags.some((tag, index) => tag !== index)) throw new Error(`${struct.struct}: tags ${tags.join(", ")} of version ${version} have a gap`);
  }
}

/** Fewest bytes that the type takes in any of the versions. */
export function sizeMin(message: Message, struct: StructType, versions: VersionRange): number {
  let least = Number.POSITIVE_INFINITY;
  for (let version = versions.low; version <= versions.high; version++) least = Math.min(least, structSizeMin(message, struct, version));
  return Math.max(1, least);
}

function structSizeMin(message: Message, struct: StructType, version: number): number {
  const isFlexible = includes(message.flexible, version);
  let size = isFlexible ? 1 : 0;
  for (const field of struct.fields) {
    if (field.tag === undefined && includes(parseVersions(field.versions), version))
      size += fieldSizeMin(message, field, version, isFlexible && field.flexible !== "none");
  }
  return size;
}

function fieldSizeMin(message: Message, field: Field, version: number, isFlexible: boolean): number {
  const { type } = field;
  if (isArray(type)) return isFlexible ? 1 : 4;
  if (typeof type === "string") return scalarSizeMin(type, isFlexible);
  return field.nullable === undefined ? structSizeMin(message, type, version) : 1;
}

const FIXED_SIZES = { bool: 1, int8: 1, int16: 2, uint16: 2, int32: 4, uint32: 4, int64: 8, float64: 8, uuid: 16 } as const;

export function scalarSizeMin(type: string, isFlexible: boolean): number {
  if (type in FIXED_SIZES) return FIXED_SIZES[type as keyof typeof FIXED_SIZES];
  if (isFlexible) return 1;
  return type === "string" ? 2 : 4;
}
