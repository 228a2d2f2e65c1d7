import { versionGuard, versionParameter } from "./decoder.ts";
import type { Field, ScalarType, StructType } from "./description.ts";
import { isArray, isStruct } from "./description.ts";
import { isDefault, structTypeName } from "./interfaces.ts";
import { type Message, scalarMethod, versionsOf } from "./message.ts";
import { capitalized } from "./names.ts";
import { condition, intersect, isEmpty, NO_VERSIONS, parseVersions, type VersionRange } from "./versions.ts";

const LENGTH_PREFIXED: Readonly<Partial<Record<ScalarType, string>>> = { string: "string", bytes: "byteString", records: "records" };

export function emitEncoder(message: Message, struct: StructType): string {
  const isRoot = struct === message.root;
  const known = versionsOf(message, struct);
  const lines: string[] = [];
  if (isRoot) lines.push(versionGuard(message, "failEncodeVersion"));
  for (const field of struct.fields) if (field.tag === undefined) lines.push(...writeField(message, struct, field, known));
  lines.push(...writeTags(message, struct, known));
  const type = structTypeName(struct, "RecordsInput");
  const head = `${isRoot ? "export " : ""}function encode${struct.struct}(writer: Writer, message: ${type}, ${versionParameter(lines)}: number): void {`;
  return `${head}\n${lines.map((line) => `  ${line}`).join("\n")}\n}`;
}

function writeField(message: Message, struct: StructType, field: Field, known: VersionRange): string[] {
  const present = intersect(parseVersions(field.versions), known);
  const test = condition(present, known);
  const body = writeValue(message, struct, field, present);
  if (test === "true") return body;
  const lines = [`if (${test}) {`, ...indented(body), "}"];
  const refusal = refuse(message, field);
  return refusal === undefined ? lines : [...lines.slice(0, -1), `} else if (${refusal.test}) ${refusal.fail}`];
}

/** What a version without the field does with a value: nothing, or an error. */
function refuse(message: Message, field: Field): { readonly test: string; readonly fail: string } | undefined {
  if (field.ignorable === true) return undefined;
  const fail = `failUnsupportedField("${message.root.struct}", "${field.name}", version);`;
  return { test: not(isDefault(field, `message.${field.name}`)), fail };
}

const not = (test: string): string => (/^[\w.]+ === \S+$/.test(test) ? test.replace(" === ", " !== ") : `!(${test})`);

interface Target {
  readonly message: Message;
  readonly field: Field;
  readonly value: string;
}

function writeValue(message: Message, struct: StructType, field: Field, present: VersionRange): string[] {
  const target = { message, field, value: `message.${field.name}` };
  const nullable = intersect(parseVersions(field.nullable ?? "none"), present);
  const isNullable = field.nullable !== undefined;
  const guard = isNullable && field.type !== "records" ? nullGuard(target, condition(nullable, present), struct) : [];
  const flexible = intersect(field.flexible === "none" ? NO_VERSIONS : message.flexible, present);
  const compact = condition(flexible, present);
  if (compact === "true" || compact === "false") return [...guard, ...writeAs(target, compact === "true")];
  return [...guard, ...eitherWay(compact, writeAs(target, true), writeAs(target, false))];
}

/** Two lists of statements that may begin or end alike. */
function eitherWay(test: string, yes: readonly string[], no: readonly string[]): string[] {
  if (yes.length === 0) return [];
  if (yes[0] === no[0]) return [yes[0] ?? "", ...eitherWay(test, yes.slice(1), no.slice(1))];
  const last = yes.at(-1);
  if (yes.length > 1 && last !== undefined && last === no.at(-1) && !last.includes("}")) return [...eitherWay(test, yes.slice(0, -1), no.slice(0, -1)), last];
  if (yes.length === 1 && no.length === 1) return [`if (${test}) ${yes[0]}`, `else ${no[0]}`];
  return [`if (${test}) {`, ...indented(yes), "} else {", ...indented(no), "}"];
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => `  ${line}`);

/** In versions where the field may not be null. */
function nullGuard({ message, field, value }: Target, nullable: string, struct: StructType): string[] {
  if (nullable === "true") return [];
  const test = nullable === "false" ? "" : ` && !(${nullable})`;
  return [`if (${value} === null${test}) failNullField("${message.root.struct}", "${struct.struct}.${field.name}", version);`];
}

function writeAs(target: Target, isCompact: boolean): string[] {
  const { field, value } = target;
  const { type } = field;
  const isNullable = field.nullable !== undefined;
  if (isArray(type)) return writeArray(target, isCompact);
  if (isStruct(type)) {
    if (!isNullable) return [`encode${type.struct}(writer, ${value}, version);`];
    return [`writer.int8(${value} === null ? -1 : 1);`, `if (${value} !== null) encode${type.struct}(writer, ${value}, version);`];
  }
  const method = LENGTH_PREFIXED[type];
  if (method !== undefined) return [`writer.${variant(method, isCompact, isNullable)}(${value});`];
  return [`writer.${scalarMethod(field, type)}(${value});`];
}

function variant(method: string, isCompact: boolean, isNullable: boolean): string {
  const nullable = isNullable ? `nullable${capitalized(method)}` : method;
  return isCompact ? `compact${capitalized(nullable)}` : nullable;
}

function writeArray({ field, value }: Target, isCompact: boolean): string[] {
  const { type } = field;
  if (!isArray(type)) return [];
  const element = isStruct(type.arrayOf) ? `encode${type.arrayOf.struct}(writer, element, version)` : writeElement(type.arrayOf, isCompact);
  const length = `writer.${variant("arrayLength", isCompact, false)}(${value}.length);`;
  const loop = `for (const element of ${value}) ${element};`;
  if (field.nullable === undefined) return [length, loop];
  return [`if (${value} === null) writer.${variant("nullArray", isCompact, false)}();`, "else {", `  ${length}`, `  ${loop}`, "}"];
}

function writeElement(type: ScalarType, isCompact: boolean): string {
  const method = LENGTH_PREFIXED[type];
  return `writer.${method === undefined ? type : variant(method, isCompact, false)}(element)`;
}

/** Tagged fields in the order of their tags, then the unknown ones, whose tags are greater. */
function writeTags(message: Message, struct: StructType, known: VersionRange): string[] {
  const flexible = intersect(message.flexible, known);
  const lines: string[] = [];
  if (!isEmpty(flexible)) {
    const test = condition(flexible, known);
    const body = writeTagSection(message, struct, flexible);
    if (body.length === 1) lines.push(test === "true" ? (body[0] ?? "") : `if (${test}) ${body[0]}`);
    else lines.push(test === "true" ? "{" : `if (${test}) {`, ...indented(body), "}");
  }
  for (const field of struct.fields) {
    if (field.tag === undefined) continue;
    const test = condition(intersect(parseVersions(field.versions), known), known);
    const refusal = refuse(message, field);
    if (test !== "true" && refusal !== undefined) lines.push(`if (!(${test}) && ${refusal.test}) ${refusal.fail}`);
  }
  return lines;
}

function writeTagSection(message: Message, struct: StructType, flexible: VersionRange): string[] {
  const tagged = struct.fields.filter((field) => field.tag !== undefined).sort((a, b) => (a.tag ?? 0) - (b.tag ?? 0));
  if (tagged.length === 0) return ["writer.onlyUnknownTags(message.unknownTaggedFields);"];
  const lines: string[] = [];
  const has = (field: Field): string => `has${capitalized(field.name)}`;
  for (const field of tagged) {
    const test = condition(intersect(parseVersions(field.versions), flexible), flexible);
    const differs = not(isDefault(field, `message.${field.name}`));
    lines.push(`const ${has(field)} = ${test === "true" ? differs : `${test} && ${differs}`};`);
  }
  lines.push("const unknown = message.unknownTaggedFields;");
  lines.push(`writer.tagCount(${tagged.map((field) => `(${has(field)} ? 1 : 0)`).join(" + ")}, unknown);`);
  for (const field of tagged) {
    const present = intersect(parseVersions(field.versions), flexible);
    lines.push(
      `if (${has(field)}) {`,
      `  const mark = writer.beginTag(${field.tag});`,
      ...indented(writeValue(message, struct, field, present)),
      "  writer.endTag(mark);",
      "}",
    );
  }
  lines.push("if (unknown !== undefined) writer.unknownTags(unknown);");
  return lines;
}
