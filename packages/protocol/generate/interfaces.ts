import type { Field, FieldType, ScalarType, StructType } from "./description.ts";
import { isArray, isStruct } from "./description.ts";
import { constantCase, hasRecords } from "./names.ts";

const SCALARS: Readonly<Record<ScalarType, string>> = {
  bool: "boolean",
  int8: "number",
  int16: "number",
  uint16: "number",
  int32: "number",
  uint32: "number",
  int64: "number",
  float64: "number",
  uuid: "Uuid",
  string: "string",
  bytes: "Uint8Array",
  records: "R",
};

/** `recordsType` is what stands for the type parameter: "R" in declarations, nothing where the default will do. */
export function structTypeName(struct: StructType, recordsType: string): string {
  return hasRecords(struct) && recordsType !== "" ? `${struct.struct}<${recordsType}>` : struct.struct;
}

export function fieldTypeName(field: Field, recordsType: string): string {
  const name = field.isOpaque === true ? "bigint" : typeName(field.type, recordsType);
  return field.nullable === undefined || field.type === "records" ? name : `${name} | null`;
}

function typeName(type: FieldType, recordsType: string): string {
  if (isArray(type)) return `readonly ${typeName(type.arrayOf, recordsType)}[]`;
  if (isStruct(type)) return structTypeName(type, recordsType);
  return type === "records" && recordsType === "" ? "Records" : SCALARS[type];
}

export function emitInterface(struct: StructType): string {
  const parameter = hasRecords(struct) ? "<R = Records>" : "";
  const lines = [`export interface ${struct.struct}${parameter} {`];
  for (const field of struct.fields) lines.push(...documentation(field), `  readonly ${field.name}: ${fieldTypeName(field, "R")};`);
  lines.push("  readonly unknownTaggedFields?: readonly UnknownTaggedField[];", "}");
  return lines.join("\n");
}

function documentation(field: Field): string[] {
  const tag = field.tag === undefined ? "" : `, tag ${field.tag}`;
  const entity = field.entity === undefined ? "" : ` (${field.entity})`;
  const facts = `Versions ${field.versions}${tag}${entity}.`;
  return [`  /** ${field.about === undefined ? "" : `${field.about} `}${facts} */`];
}

/** A JavaScript expression of the value that an absent field has. */
export function defaultOf(field: Field): string {
  if (field.isOpaque === true) return "0n";
  if (field.default !== undefined) return JSON.stringify(field.default);
  const { type } = field;
  if (isArray(type)) return "[]";
  if (isStruct(type)) return defaultConstant(type);
  if (type === "bool") return "false";
  if (type === "string") return '""';
  if (type === "uuid") return "ZERO_UUID";
  if (type === "bytes") return "NO_BYTES";
  return type === "records" ? "null" : "0";
}

/** A condition that is true when `value` is the field's default. */
export function isDefault(field: Field, value: string): string {
  const { type } = field;
  if (field.default === null || type === "records") return `${value} === null`;
  const isNull = field.nullable === undefined ? "" : `${value} !== null && `;
  if (isStruct(type)) return `${isNull}isDefault${type.struct}(${value})`;
  if (isArray(type) || type === "bytes") return `${isNull}${value}.length === 0`;
  return type === "bool" ? (field.default === true ? value : `!${value}`) : `${value} === ${defaultOf(field)}`;
}

/** A function that fills in the defaults, so that a caller names only what it means. */
export function emitFactory(struct: StructType): string {
  const generic = hasRecords(struct) ? "<R = Records>" : "";
  const name = structTypeName(struct, "R");
  const lines = [`export function new${struct.struct}${generic}(fields: Partial<Omit<${name}, "unknownTaggedFields">> = {}): ${name} {`, "  return {"];
  for (const field of struct.fields) {
    const value = field.type === "records" ? "(null as R)" : defaultOf(field);
    lines.push(`    ${field.name}: fields.${field.name} === undefined ? ${value} : fields.${field.name},`);
  }
  lines.push("  };", "}");
  return lines.join("\n");
}

/** One value serves every struct that is absent: nobody may change it. */
export const defaultConstant = (struct: StructType): string => `DEFAULT_${constantCase(struct.struct)}`;

export function emitDefault(struct: StructType): string {
  return `export const ${defaultConstant(struct)}: ${struct.struct} = new${struct.struct}();`;
}

export function emitIsDefault(struct: StructType): string {
  const tests = struct.fields.map((field) => isDefault(field, `message.${field.name}`));
  tests.push("message.unknownTaggedFields === undefined");
  return `function isDefault${struct.struct}(message: ${struct.struct}): boolean {\n  return message === ${defaultConstant(struct)} || (${tests.join(" && ")});\n}`;
}
