import type { FieldType, StructType } from "./description.ts";
import { isArray, isStruct } from "./description.ts";

export const capitalized = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);
export const kebabCase = (name: string): string => name.replace(/(?<=[a-z0-9])[A-Z]/g, (letter) => `-${letter}`).toLowerCase();

export const constantCase = (name: string): string => kebabCase(name).replaceAll("-", "_").toUpperCase();

/** The struct that a field is made of, itself or as an element. */
export function structOf(type: FieldType): StructType | undefined {
  if (isStruct(type)) return type;
  return isArray(type) && isStruct(type.arrayOf) ? type.arrayOf : undefined;
}

/** Whether a field of records lies anywhere within: then the generated interface has a type parameter for it. */
export function hasRecords(struct: StructType): boolean {
  return struct.fields.some((field) => {
    const inner = structOf(field.type);
    return field.type === "records" || (inner !== undefined && hasRecords(inner));
  });
}
