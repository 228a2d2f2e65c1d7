import { JavaException } from "./java-exception.ts";

/** Fields of files of JSON; complaints are those of Kafka's reader. Undefined: the text is no JSON. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

export type JsonObject = Readonly<Record<string, unknown>>;

export function objectOf(value: unknown): JsonObject {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw mapping(`Expected JSON object, received ${JSON.stringify(value)}`);
  return value as JsonObject;
}

export function arrayOf(value: unknown): readonly unknown[] {
  if (!Array.isArray(value)) throw mapping(`Expected JSON array, received ${JSON.stringify(value)}`);
  return value;
}

export function fieldOf(entry: JsonObject, name: string): unknown {
  if (!Object.hasOwn(entry, name)) throw mapping(`No such field exists: \`${name}\``);
  return entry[name];
}

export function integerOf(value: unknown, type: "Integer" | "Long" = "Integer"): number {
  if (typeof value !== "number" || !Number.isSafeInteger(value)) throw mapping(`Expected \`${type}\` value, received ${JSON.stringify(value)}`);
  return value;
}

export function stringOf(value: unknown): string {
  if (typeof value !== "string") throw mapping(`Expected \`String\` value, received ${JSON.stringify(value)}`);
  return value;
}

const mapping = (message: string): JavaException => new JavaException("com.fasterxml.jackson.databind.JsonMappingException", message);
