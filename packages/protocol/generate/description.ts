/**
 * The language in which the wire protocol is described: one file per API under `definitions/`, plain data, from which
 * the codecs are generated. It carries all that Kafka's own message schemas can say, under the same words.
 */

/** `"3-13"`, `"9+"`, `"0"` or `"none"`; both ends of a range belong to it. */
export type Versions = "none" | `${number}` | `${number}+` | `${number}-${number}`;

export type ScalarType = "bool" | "int8" | "int16" | "uint16" | "int32" | "uint32" | "int64" | "float64" | "uuid" | "string" | "bytes" | "records";

/** What a scalar stands for; it changes nothing on the wire and becomes part of the field's documentation. */
export type EntityType = "topicName" | "brokerId" | "groupId" | "producerId" | "transactionalId" | "listenerType";

export interface StructType {
  /** Name of the generated interface, unique in the whole protocol unless the struct is shared. */
  readonly struct: string;
  readonly fields: readonly Field[];
  /** Used by several APIs with the same bytes: its interface is generated once. */
  readonly isShared?: true;
}

export interface ArrayType {
  readonly arrayOf: ScalarType | StructType;
}

export type FieldType = ScalarType | StructType | ArrayType;

export interface Field {
  /** In camelCase, otherwise Kafka's. */
  readonly name: string;
  readonly type: FieldType;
  /** Versions of the message that have the field. Outside of them it decodes to its default. */
  readonly versions: Versions;
  /** Versions in which the field may be null. */
  readonly nullable?: Versions;
  /** The field is written behind the others, and only when it is not at its default. Needs flexible versions. */
  readonly tag?: number;
  /** Of a field that is absent. Without it: false, 0, empty, the zero UUID; null for records. */
  readonly default?: boolean | number | string | null;
  /** Encoding a value other than the default in a version without the field drops it instead of failing. */
  readonly ignorable?: true;
  /** The field keeps the old encoding in flexible versions too. */
  readonly flexible?: "none";
  /** A key of Kafka's keyed collections; two elements with the same keys are one mistake of the sender. */
  readonly mapKey?: true;
  /**
   * Of an int64 where 2^63 − 1 means "no bound", or where a stranger may say so: it is `Number.MAX_SAFE_INTEGER` in memory, and so is any greater value;
   * what is too small is `Number.MIN_SAFE_INTEGER`.
   * Other int64 fields refuse what a number cannot hold exactly.
   */
  readonly isUnbounded?: true;
  /** Of an int64 that nobody counts with, all bits of which matter: a hash. It is a bigint in memory, and keeps its bytes. */
  readonly isOpaque?: true;
  readonly entity?: EntityType;
  readonly about?: string;
}

export type Listener = "broker" | "controller";

export interface ApiDescription {
  readonly key: number;
  readonly name: string;
  readonly listeners: readonly Listener[];
  /** Versions that Kafka accepts, the same for request and response. */
  readonly versions: Versions;
  /** Versions with compact lengths and tagged fields. */
  readonly flexible: Versions;
  /** Every flexible version of the response keeps response header 0 (ApiVersions only). */
  readonly responseHeader?: "always-0";
  /** What each version changed, oldest first. */
  readonly history: Readonly<Record<string, string>>;
  readonly request: readonly Field[];
  readonly response: readonly Field[];
}

/** A message that belongs to no API: a header, or the key or the value of a record. */
export interface MessageDescription {
  readonly name: string;
  readonly versions: Versions;
  readonly flexible: Versions;
  readonly fields: readonly Field[];
}

export const struct = (name: string, fields: readonly Field[]): StructType => ({ struct: name, fields });
export const sharedStruct = (name: string, fields: readonly Field[]): StructType => ({ struct: name, fields, isShared: true });
export const arrayOf = (element: ScalarType | StructType): ArrayType => ({ arrayOf: element });

export const isStruct = (type: FieldType): type is StructType => typeof type === "object" && "struct" in type;
export const isArray = (type: FieldType): type is ArrayType => typeof type === "object" && "arrayOf" in type;
