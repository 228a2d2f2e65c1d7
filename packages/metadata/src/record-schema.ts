import { ZERO_UUID } from "@samsa/stdx";
import type { MetadataRecord } from "./records.ts";

/** Longest string and longest list a record may hold. A longer one is read by nobody: whoever proposes records has to look (`recordFault`). */
export const MAX_STRING_LENGTH = 32_767;
const MAX_LIST_LENGTH = 10_000;
/** Characters of foreign text that an error quotes. */
const MAX_QUOTED = 100;

/** The form of one field as plain data: numbers, strings, booleans, null, and arrays and objects of them. */
export type Field = Form & {
  /** The version that brought the field; 0 where left out. */
  readonly since?: number;
  /** What a record of an earlier version means by its absence. */
  readonly absent?: unknown;
  /** It may be left out. */
  readonly isOptional?: boolean;
};
type Form =
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "string"; readonly isNullable: boolean; readonly oneOf?: readonly string[] }
  | { readonly kind: "uuid" }
  | { readonly kind: "boolean" }
  | { readonly kind: "list"; readonly of: Field }
  | { readonly kind: "object"; readonly fields: Fields };
export type Fields = Readonly<Record<string, Field>>;

export interface RecordSchema {
  /** The version that `toPlain` writes; `fromPlain` reads this one and every earlier one. */
  readonly version: number;
  readonly fields: Fields;
}

type RecordType = MetadataRecord["type"];
type FieldsOf<T extends RecordType> = { readonly [K in Exclude<keyof Extract<MetadataRecord, { type: T }>, "type">]-?: Field };
type Schemas = { readonly [T in RecordType]: { readonly version: number; readonly fields: FieldsOf<T> } };

const ID: Field = { kind: "integer", min: 0, max: 2 ** 31 - 1 };
const ID_OR_NONE: Field = { kind: "integer", min: -1, max: 2 ** 31 - 1 };
const LEVEL: Field = { kind: "integer", min: 0, max: 32_767 };
const COUNTER: Field = { kind: "integer", min: 0, max: Number.MAX_SAFE_INTEGER };
const PORT: Field = { kind: "integer", min: 0, max: 65_535 };
const TEXT: Field = { kind: "string", isNullable: false };
const TEXT_OR_NULL: Field = { kind: "string", isNullable: true };
const UUID: Field = { kind: "uuid" };
const BOOLEAN: Field = { kind: "boolean" };
const IDS: Field = { kind: "list", of: ID };
const ADDRESS: Field = { kind: "object", fields: { host: TEXT, port: PORT } };
const ENDPOINTS: Field = { kind: "list", of: { kind: "object", fields: { listener: TEXT, host: TEXT, port: PORT } } };

const FEATURE_RANGES: Field = { kind: "list", of: { kind: "object", fields: { name: TEXT, minLevel: LEVEL, maxLevel: LEVEL } } };
const ADDED_IDS: Field = { ...IDS, since: 1, absent: [] };
const ASSIGNMENT: Field = { kind: "object", fields: { replicas: IDS, addingReplicas: IDS, removingReplicas: IDS } };

const LOG_DIRS: Field = { kind: "list", of: UUID };
const ADDED_LOG_DIRS: Field = { ...LOG_DIRS, isOptional: true };
const REPLICA_DIRECTORY = { brokerId: ID, directoryId: UUID };

const REGISTRATION = { brokerId: ID, brokerEpoch: COUNTER, incarnationId: UUID, endpoints: ENDPOINTS, controlEndpoint: ADDRESS, rack: TEXT_OR_NULL };
const PARTITION_STATE = { leader: ID_OR_NONE, leaderEpoch: ID, partitionEpoch: ID, isr: IDS, elr: IDS, lastKnownLeader: ID_OR_NONE };

/** Every record's form. A field that is added raises the version and names what its absence means; none is ever taken away. */
export const recordSchemas: Schemas = {
  "register-broker": {
    version: 2,
    fields: {
      ...REGISTRATION,
      pageCacheSurvived: BOOLEAN,
      directoryId: { ...UUID, since: 1, absent: ZERO_UUID },
      logDirs: { ...ADDED_LOG_DIRS, since: 2 },
      features: { ...FEATURE_RANGES, since: 1, absent: [] },
    },
  },
  "fence-broker": { version: 0, fields: { brokerId: ID, brokerEpoch: COUNTER } },
  "unfence-broker": { version: 0, fields: { brokerId: ID, brokerEpoch: COUNTER } },
  "broker-directories": { version: 0, fields: { brokerId: ID, brokerEpoch: COUNTER, logDirs: LOG_DIRS } },
  topic: { version: 0, fields: { name: TEXT, topicId: UUID } },
  "remove-topic": { version: 0, fields: { topicId: UUID } },
  partition: {
    version: 2,
    fields: {
      topicId: UUID,
      partition: ID,
      directories: { kind: "list", of: { kind: "object", fields: REPLICA_DIRECTORY }, since: 2, isOptional: true },
      replicas: IDS,
      addingReplicas: ADDED_IDS,
      removingReplicas: ADDED_IDS,
      ...PARTITION_STATE,
    },
  },
  "replica-directory": { version: 0, fields: { topicId: UUID, partition: ID, ...REPLICA_DIRECTORY } },
  "partition-change": {
    version: 1,
    fields: { topicId: UUID, partition: ID, assignment: { ...ASSIGNMENT, since: 1, isOptional: true }, ...PARTITION_STATE },
  },
  "producer-ids": { version: 0, fields: { brokerId: ID, brokerEpoch: COUNTER, nextProducerId: COUNTER } },
  config: {
    version: 0,
    fields: { resourceType: { kind: "string", isNullable: false, oneOf: ["topic", "broker", "group"] }, resourceName: TEXT, key: TEXT, value: TEXT_OR_NULL },
  },
  "feature-level": { version: 0, fields: { name: TEXT, level: LEVEL } },
  snapshot: { version: 0, fields: { nextBrokerEpoch: COUNTER, nextProducerId: COUNTER } },
  broker: {
    version: 1,
    fields: {
      ...REGISTRATION,
      directoryId: UUID,
      logDirs: { ...ADDED_LOG_DIRS, since: 1 },
      features: FEATURE_RANGES,
      isFenced: BOOLEAN,
      registeredAtIndex: COUNTER,
    },
  },
};

/** A record as a codec carries it: its type, the version of its form, and its fields. */
export type PlainRecord = readonly [type: string, version: number, fields: Readonly<Record<string, unknown>>];

export type FromPlain = { readonly ok: true; readonly record: MetadataRecord } | { readonly ok: false; readonly error: string };

/** The record as plain data in its newest version. */
export function toPlain(record: MetadataRecord): PlainRecord {
  const { type, ...fields } = record;
  return [type, recordSchemas[type].version, fields];
}

/** Reads what `toPlain` gave, from foreign hands: anything may be in it. Fields that the schema does not name are ignored. */
export function fromPlain(plain: unknown): FromPlain {
  if (!Array.isArray(plain) || plain.length !== 3) return refused("a metadata record is [type, version, fields]");
  const [type, version, value] = plain as unknown[];
  if (typeof type !== "string" || !isRecordType(type))
    return refused(`unknown metadata record ${String(type).slice(0, MAX_QUOTED)}: a newer node wrote it, upgrade this one`);
  const schema: RecordSchema = recordSchemas[type];
  if (typeof version !== "number" || !Number.isInteger(version) || version < 0 || version > schema.version) {
    return refused(
      `${type}: version ${String(version).slice(0, MAX_QUOTED)} is not supported (0 to ${schema.version}): a newer node wrote it, upgrade this one`,
    );
  }
  try {
    return { ok: true, record: { type, ...readObject(schema.fields, value, { path: type, version }) } as unknown as MetadataRecord };
  } catch (error) {
    if (error instanceof FormError) return refused(error.message);
    throw error;
  }
}

/** Why no node could read this record back; undefined if all can. One that is committed all the same would stop every node, and again at each start. */
export function recordFault(record: MetadataRecord): string | undefined {
  const read = fromPlain(toPlain(record));
  return read.ok ? undefined : read.error;
}

const refused = (error: string): FromPlain => ({ ok: false, error });
const isRecordType = (type: string): type is RecordType => Object.hasOwn(recordSchemas, type);

/** Foreign data that is not of the schema's form; never leaves this file. */
class FormError extends Error {
  readonly code = "METADATA_RECORD_FORM";
}

/** Where in a record of which version. */
interface Place {
  readonly path: string;
  readonly version: number;
}

function readObject(fields: Fields, value: unknown, { path, version }: Place): Record<string, unknown> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw new FormError(`${path}: an object is needed`);
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields)) {
    const isThere = version >= (field.since ?? 0) && Object.hasOwn(value, name);
    if (isThere) out[name] = readField(field, (value as Record<string, unknown>)[name], { path: `${path}.${name}`, version });
    else if (field.isOptional === true) continue;
    else if (version >= (field.since ?? 0)) throw new FormError(`${path}.${name} is missing`);
    else out[name] = field.absent;
  }
  return out;
}

function readField(field: Field, value: unknown, at: Place): unknown {
  const { path } = at;
  switch (field.kind) {
    case "integer":
      if (typeof value !== "number" || !Number.isSafeInteger(value) || value < field.min || value > field.max) {
        throw new FormError(`${path}: an integer from ${field.min} to ${field.max} is needed`);
      }
      return value;
    case "boolean":
      if (typeof value !== "boolean") throw new FormError(`${path}: a boolean is needed`);
      return value;
    case "uuid":
      if (typeof value !== "string" || !/^[A-Za-z0-9_-]{22}$/.test(value)) throw new FormError(`${path}: a UUID is needed`);
      return value;
    case "string":
      return readString(field, value, path);
    case "list":
      if (!Array.isArray(value) || value.length > MAX_LIST_LENGTH) throw new FormError(`${path}: a list of at most ${MAX_LIST_LENGTH} is needed`);
      return value.map((item, index) => readField(field.of, item, { ...at, path: `${path}[${index}]` }));
    case "object":
      return readObject(field.fields, value, at);
  }
}

function readString(field: Extract<Field, { kind: "string" }>, value: unknown, at: string): string | null {
  if (value === null && field.isNullable) return null;
  if (typeof value !== "string" || value.length > MAX_STRING_LENGTH)
    throw new FormError(`${at}: a string of at most ${MAX_STRING_LENGTH} characters is needed`);
  if (field.oneOf !== undefined && !field.oneOf.includes(value)) throw new FormError(`${at}: one of ${field.oneOf.join(", ")} is needed`);
  return value;
}
