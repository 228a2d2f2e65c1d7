import type { ApiDescription, Field, FieldType, MessageDescription, Versions } from "./description.ts";
import { structOf } from "./names.ts";
import { intersect, isEmpty, parseVersions, type VersionRange } from "./versions.ts";

/** All that a field's bytes and its meaning depend on, in one form: two descriptions that say the same have the same facts. */
export interface FieldFacts {
  readonly name: string;
  readonly type: string;
  readonly versions: string;
  readonly nullable: string;
  readonly default: string;
  readonly tag: number | null;
  readonly ignorable: boolean;
  /** "none": classic encoding also in flexible versions. */
  readonly flexible: string;
  readonly mapKey: boolean;
  readonly entity: string;
  readonly fields: readonly FieldFacts[];
}

export interface MessageFacts {
  readonly name: string;
  /** −1 for headers. */
  readonly key: number;
  readonly listeners: readonly string[];
  readonly versions: string;
  readonly flexible: string;
  readonly fields: readonly FieldFacts[];
}

/** Of the request and of the response. */
export function factsOfApi(api: ApiDescription): readonly [request: MessageFacts, response: MessageFacts] {
  const known = parseVersions(api.versions);
  const side = (name: "Request" | "Response", fields: readonly Field[]): MessageFacts => ({
    name: `${api.name}${name}`,
    key: api.key,
    listeners: name === "Request" ? api.listeners.toSorted() : [],
    versions: rangeText(known, known),
    flexible: rangeText(parseVersions(api.flexible), known),
    fields: factsOfFields(fields, known),
  });
  return [side("Request", api.request), side("Response", api.response)];
}

export function factsOfMessage(header: MessageDescription): MessageFacts {
  const known = parseVersions(header.versions);
  const flexible = rangeText(parseVersions(header.flexible), known);
  return { name: header.name, key: -1, listeners: [], versions: rangeText(known, known), flexible, fields: factsOfFields(header.fields, known) };
}

/** Fields that no known version has are left out: Kafka's schemas keep some that its brokers have forgotten. */
function factsOfFields(fields: readonly Field[], known: VersionRange): FieldFacts[] {
  return fields.flatMap((field) => {
    const versions = intersect(parseVersions(field.versions), known);
    if (isEmpty(versions)) return [];
    const struct = structOf(field.type);
    return [
      {
        name: field.name,
        type: typeText(field.type),
        versions: rangeText(versions, known),
        nullable: rangeText(parseVersions(field.nullable ?? "none"), versions),
        default: defaultText(field),
        tag: field.tag ?? null,
        ignorable: field.ignorable === true,
        flexible: field.flexible ?? "as the message",
        mapKey: field.mapKey === true,
        entity: field.entity ?? "",
        fields: struct === undefined ? [] : factsOfFields(struct.fields, versions),
      },
    ];
  });
}

/** `"0+"` and `"3-13"` are the same where only 3 to 13 are known. */
export function rangeText(range: VersionRange, known: VersionRange): Versions {
  const { low, high } = intersect(range, known);
  if (low > high) return "none";
  return low === high ? `${low}` : `${low}-${high}`;
}

/** Names of structs are not on the wire, and Kafka's are not unique. */
export function typeText(type: FieldType): string {
  if (typeof type === "string") return type;
  return "struct" in type ? "struct" : `array of ${typeText(type.arrayOf)}`;
}

export function defaultText(field: Field): string {
  if (field.default === Number.MAX_SAFE_INTEGER) return "unbounded";
  if (field.default === null || field.type === "records") return "null";
  if (field.default !== undefined) return String(field.default);
  if (typeof field.type !== "string") return "empty";
  const ofType: Partial<Record<FieldType & string, string>> = { bool: "false", string: "", bytes: "empty", uuid: "zero" };
  return ofType[field.type] ?? "0";
}
