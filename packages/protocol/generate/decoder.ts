import type { Field, ScalarType, StructType } from "./description.ts";
import { isArray, isStruct } from "./description.ts";
import { defaultOf, fieldTypeName, structTypeName } from "./interfaces.ts";
import { type Message, scalarMethod, scalarSizeMin, sizeMin, versionsOf } from "./message.ts";
import { capitalized } from "./names.ts";
import { choose, condition, intersect, isEmpty, NO_VERSIONS, parseVersions, type VersionRange } from "./versions.ts";

/** Types whose encoding depends on the version: the reader has four methods for each. */
const LENGTH_PREFIXED: Readonly<Partial<Record<ScalarType, string>>> = { string: "String", bytes: "ByteString", records: "ByteString" };

export function emitDecoder(message: Message, struct: StructType): string {
  const isRoot = struct === message.root;
  const known = versionsOf(message, struct);
  const lines: string[] = [];
  if (isRoot) lines.push(versionGuard(message, "failDecodeVersion"));
  for (const field of struct.fields) if (field.tag === undefined) lines.push(...readField(message, field, known));
  lines.push(...readTags(message, struct, known));
  const names = struct.fields.map(({ name }) => (localOf(name) === name ? name : `${name}: ${localOf(name)}`)).join(", ");
  if (isEmpty(intersect(message.flexible, known))) lines.push(`return { ${names} };`);
  else lines.push(`return unknownTaggedFields === undefined ? { ${names} } : { ${names}, unknownTaggedFields };`);
  const head = `${isRoot ? "export " : ""}function decode${struct.struct}(reader: Reader, ${versionParameter(lines)}: number): ${structTypeName(struct, "")} {`;
  return `${head}\n${lines.map((line) => `  ${line}`).join("\n")}\n}`;
}

/** All codecs are called alike, also those whose struct is the same in all versions. */
export const versionParameter = (lines: readonly string[]): string => (lines.some((line) => /\bversion\b/.test(line)) ? "version" : "_version");

export function versionGuard(message: Message, fail: string): string {
  const { low, high } = message.versions;
  return `if (!(version >= ${low} && version <= ${high})) ${fail}("${message.root.struct}", version);`;
}

function readField(message: Message, field: Field, known: VersionRange): string[] {
  const present = intersect(parseVersions(field.versions), known);
  const test = condition(present, known);
  if (isArray(field.type)) {
    const count = choose(test, countOf(message, field, present), field.default === null ? "-1" : "0");
    return [`const ${field.name}Count = ${count};`, ...fillArray(message, field, known, `const ${field.name}: ${mutableType(field)}`)];
  }
  return [`const ${localOf(field.name)} = ${choose(test, readValue(message, field, present), defaultOf(field))};`];
}

/** What a field is called while it is read; the codec's own parameter keeps its name. */
const localOf = (name: string): string => (name === "version" ? "versionField" : name);

const mutableType = (field: Field): string => fieldTypeName(field, "").replace(/^readonly /, "");

/** Statements that give the target its array and fill it; a count of −1 means null. */
function fillArray(message: Message, field: Field, known: VersionRange, target: string): string[] {
  const { type, name } = field;
  if (!isArray(type)) return [];
  const element = isStruct(type.arrayOf)
    ? `decode${type.arrayOf.struct}(reader, version)`
    : readElement(type.arrayOf, condition(flexibleOf(message, field), known));
  const loop = `for (let i = 0; i < ${name}Count; i++) ${name}.push(${element});`;
  if (field.nullable === undefined) return [`${target} = [];`, loop];
  return [`${target} = ${name}Count < 0 ? null : [];`, `if (${name} !== null) ${loop}`];
}

function readElement(type: ScalarType, isFlexible: string): string {
  const suffix = LENGTH_PREFIXED[type];
  return suffix === undefined ? `reader.${type}()` : choose(isFlexible, `reader.compact${suffix}()`, `reader.${uncapitalized(suffix)}()`);
}

function flexibleOf(message: Message, field: Field): VersionRange {
  return field.flexible === "none" ? NO_VERSIONS : message.flexible;
}

function countOf(message: Message, field: Field, present: VersionRange): string {
  const { type } = field;
  if (!isArray(type)) return "0";
  const size = isStruct(type.arrayOf) ? sizeMin(message, type.arrayOf, present) : scalarSizeMin(type.arrayOf, !isEmpty(intersect(message.flexible, present)));
  return fourWays(message, field, present, { suffix: "ArrayLength", argument: String(size) });
}

/** Chooses among the classic and compact, plain and nullable variants of a reader's method. */
function fourWays(message: Message, field: Field, present: VersionRange, { suffix, argument }: { readonly suffix: string; readonly argument: string }): string {
  const nullable = intersect(parseVersions(field.nullable ?? "none"), present);
  const flexible = intersect(flexibleOf(message, field), present);
  const variant = (isCompact: boolean, known: VersionRange): string => {
    const plain = `reader.${isCompact ? `compact${suffix}` : uncapitalized(suffix)}(${argument})`;
    const orNull = `reader.${isCompact ? "compactNullable" : "nullable"}${suffix}(${argument})`;
    return choose(condition(nullable, known), orNull, plain);
  };
  if (isEmpty(flexible)) return variant(false, present);
  const classic = { low: present.low, high: flexible.low - 1 };
  if (isEmpty(classic)) return variant(true, present);
  return choose(condition(flexible, present), variant(true, flexible), variant(false, classic));
}

function readValue(message: Message, field: Field, present: VersionRange): string {
  const { type } = field;
  if (isArray(type)) throw new Error(`${field.name}: an array is not an expression`);
  if (isStruct(type)) {
    const decode = `decode${type.struct}(reader, version)`;
    const nullable = intersect(parseVersions(field.nullable ?? "none"), present);
    return choose(condition(nullable, present), `reader.int8() < 0 ? null : ${decode}`, decode);
  }
  const suffix = LENGTH_PREFIXED[type];
  if (suffix !== undefined) return fourWays(message, field, present, { suffix, argument: "" });
  return `reader.${scalarMethod(field, type)}()`;
}

/** Declares the tagged fields with their defaults, then reads what is there in a loop over the tags. */
function readTags(message: Message, struct: StructType, known: VersionRange): string[] {
  const flexible = intersect(message.flexible, known);
  if (isEmpty(flexible)) return [];
  const test = condition(flexible, known);
  const tagged = struct.fields.filter((field) => field.tag !== undefined);
  if (tagged.length === 0) return [`const unknownTaggedFields = ${choose(test, "reader.unknownTags()", "undefined")};`];
  const lines = tagged.map((field) => `let ${field.name}: ${mutableType(field)} = ${defaultOf(field)};`);
  const branches = tagged.flatMap((field) => [...readTagged(message, field, flexible), "} else "]);
  lines.push("let unknownTaggedFields: UnknownTaggedField[] | undefined;", test === "true" ? "{" : `if (${test}) {`);
  lines.push("  let tag = -1;", "  for (let left = reader.tagCount(); left > 0; left--) {", "    tag = reader.tag(tag);", "    const end = reader.tagEnd();");
  const keep = "unknownTaggedFields = reader.unknownTag(unknownTaggedFields, tag, end);";
  lines.push(...joinElse(branches, keep).map((line) => `    ${line}`), "  }", "}");
  return lines;
}

/** `} else ` markers and the following `if` become one line. */
function joinElse(branches: readonly string[], last: string): string[] {
  const lines: string[] = [];
  for (const line of [...branches, last]) {
    const previous = lines.at(-1);
    if (previous === "} else ") lines[lines.length - 1] = previous + line;
    else lines.push(line);
  }
  return lines;
}

function readTagged(message: Message, field: Field, flexible: VersionRange): string[] {
  const present = intersect(parseVersions(field.versions), flexible);
  const test = condition(present, flexible);
  const lines = [`if (tag === ${field.tag}${test === "true" ? "" : ` && ${test}`}) {`];
  if (isArray(field.type))
    lines.push(
      `  const ${field.name}Count = ${countOf(message, field, present)};`,
      ...fillArray(message, field, flexible, field.name).map((line) => `  ${line}`),
    );
  else lines.push(`  ${field.name} = ${readValue(message, field, present)};`);
  return [...lines, "  reader.endTag(end);"];
}

const uncapitalized = (name: string): string => (capitalized(name) === name ? name.charAt(0).toLowerCase() + name.slice(1) : name);
