import type { ApiDescription, EntityType, Field, FieldType, MessageDescription, Listener, ScalarType, StructType, Versions } from "./description.ts";
import { rangeText } from "./facts.ts";
import { intersect, parseVersions } from "./versions.ts";

interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly versions: Versions;
  readonly nullableVersions?: Versions;
  readonly taggedVersions?: Versions;
  readonly flexibleVersions?: Versions;
  readonly default?: unknown;
  readonly tag?: number;
  readonly ignorable?: boolean;
  readonly mapKey?: boolean;
  readonly entityType?: EntityType;
  readonly fields?: readonly SchemaField[];
}

interface Schema {
  readonly apiKey: number;
  readonly name: string;
  readonly listeners?: readonly Listener[];
  readonly validVersions: Versions;
  readonly flexibleVersions: Versions;
  readonly latestVersionUnstable?: boolean;
  readonly fields: readonly SchemaField[];
  readonly commonStructs?: readonly { readonly name: string; readonly fields: readonly SchemaField[] }[];
}

const SCALARS: ReadonlySet<string> = new Set<ScalarType>([
  "bool",
  "int8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
  "float64",
  "uuid",
  "string",
  "bytes",
  "records",
]);
const LONG_MAX = "9223372036854775807";

/** What two of Kafka's schema files say, in the language of our descriptions. A version that is still unstable is none. */
export function apiOfSchemas(requestText: string, responseText: string): ApiDescription {
  const [request, response] = [parse(requestText), parse(responseText)];
  if (request.apiKey !== response.apiKey || request.validVersions !== response.validVersions || request.flexibleVersions !== response.flexibleVersions)
    throw new Error(`${request.name} and ${response.name} are not of the same versions`);
  const { low, high } = parseVersions(request.validVersions);
  const stable = { low, high: request.latestVersionUnstable === true ? high - 1 : high };
  return {
    key: request.apiKey,
    name: request.name.replace(/Request$/, ""),
    listeners: request.listeners ?? [],
    versions: rangeText(stable, stable),
    flexible: request.flexibleVersions,
    history: {},
    request: fieldsOf(request),
    response: fieldsOf(response),
  };
}

export function messageOfSchema(text: string): MessageDescription {
  const schema = parse(text);
  return { name: schema.name, versions: schema.validVersions, flexible: schema.flexibleVersions, fields: fieldsOf(schema) };
}

/** JSON with comments from `//` to the end of the line, outside of strings. */
const parse = (text: string): Schema => JSON.parse(text.replaceAll(/("(?:[^"\\]|\\.)*")|\/\/.*$/gm, (_, quoted?: string) => quoted ?? "")) as Schema;

function fieldsOf(schema: Schema): Field[] {
  const common = new Map((schema.commonStructs ?? []).map(({ name, fields }) => [name, fields]));
  const structOf = (name: string, fields: readonly SchemaField[] | undefined): StructType => {
    const own = fields ?? common.get(name);
    if (own === undefined) throw new Error(`${schema.name}: nothing is known of the struct ${name}`);
    return { struct: name, fields: own.map(fieldOf) };
  };
  const elementOf = (name: string, fields: readonly SchemaField[] | undefined): ScalarType | StructType =>
    SCALARS.has(name) ? (name as ScalarType) : structOf(name, fields);
  const typeOf = ({ type, fields }: SchemaField): FieldType =>
    type.startsWith("[]") ? { arrayOf: elementOf(type.slice(2), fields) } : elementOf(type, fields);
  const fieldOf = (field: SchemaField): Field => {
    checkTaggedVersions(schema, field);
    const type = typeOf(field);
    return {
      name: field.name.charAt(0).toLowerCase() + field.name.slice(1),
      type,
      versions: field.versions,
      ...(field.nullableVersions === undefined ? {} : { nullable: field.nullableVersions }),
      ...(field.tag === undefined ? {} : { tag: field.tag }),
      ...(field.default === undefined ? {} : defaultOf(type, field.default)),
      ...(field.ignorable === true ? { ignorable: true } : {}),
      ...(field.flexibleVersions === "none" ? { flexible: "none" } : {}),
      ...(field.mapKey === true ? { mapKey: true } : {}),
      ...(field.entityType === undefined ? {} : { entity: field.entityType }),
    };
  };
  return schema.fields.map(fieldOf);
}

/** Our descriptions cannot say of a field that it is tagged in some of its versions and not in others. */
function checkTaggedVersions(schema: Schema, { name, tag, versions, taggedVersions }: SchemaField): void {
  if (tag === undefined) return;
  const valid = parseVersions(schema.validVersions);
  const present = intersect(parseVersions(versions), valid);
  if (rangeText(parseVersions(taggedVersions ?? "none"), valid) !== rangeText(present, valid))
    throw new Error(`${schema.name}: ${name} is tagged in some versions`);
}

/** Numbers and booleans are often quoted there. */
function defaultOf(type: FieldType, value: unknown): Pick<Field, "default" | "isUnbounded"> {
  const text = String(value);
  if (text === "null") return { default: null };
  if (type === "string") return { default: text };
  if (type === "bool") return { default: text === "true" };
  if (text === LONG_MAX) return { default: Number.MAX_SAFE_INTEGER, isUnbounded: true };
  return { default: Number(text) };
}
