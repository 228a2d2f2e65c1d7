import { MAX_STRING_LENGTH } from "@samsa/metadata";

/** Kafka's types of config values, with their ranges. */
export type ConfigType =
  | { readonly type: "SHORT" | "INT" | "LONG"; readonly min?: number; readonly max?: number; readonly or?: number }
  | { readonly type: "DOUBLE"; readonly min?: number; readonly max?: number }
  | { readonly type: "BOOLEAN" }
  | { readonly type: "STRING"; readonly oneOf?: readonly string[]; readonly areCountsByAddress?: boolean }
  | { readonly type: "LIST"; readonly oneOf?: readonly string[]; readonly isReplicaList?: boolean };

const LIMITS = { SHORT: [-(2n ** 15n), 2n ** 15n - 1n], INT: [-(2n ** 31n), 2n ** 31n - 1n], LONG: [-(2n ** 63n), 2n ** 63n - 1n] } as const;

/** What is wrong with a value's size, in Kafka's words; undefined if nothing is. Lists that are appended to grow beyond what one request may say. */
export const sizeFault = (value: string): string | undefined =>
  value.length > MAX_STRING_LENGTH
    ? `The configuration value cannot be added because it exceeds the maximum value size of ${MAX_STRING_LENGTH} bytes.`
    : undefined;

/** What is wrong with a value, in Kafka's words; undefined if nothing is. */
export function valueFault(config: ConfigType, value: string): string | undefined {
  switch (config.type) {
    case "SHORT":
    case "INT":
    case "LONG":
      return integerFault(config, value);
    case "DOUBLE":
      if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(value)) return "Not a number of type DOUBLE";
      return rangeFault(Number(value), config);
    case "BOOLEAN":
      return /^(true|false)$/i.test(value) ? undefined : "Expected value to be either true or false";
    case "STRING":
      if (config.areCountsByAddress === true) return countsFault(value);
      return config.oneOf?.includes(value) === false ? `String must be one of: ${config.oneOf.join(", ")}` : undefined;
    case "LIST":
      return listFault(config, value);
  }
}

/** int64 values are beyond `number`: they are compared as bigint and kept as text. */
function integerFault(config: Extract<ConfigType, { type: "SHORT" | "INT" | "LONG" }>, text: string): string | undefined {
  const [lowest, highest] = LIMITS[config.type];
  if (!/^[+-]?\d{1,19}$/.test(text)) return `Not a number of type ${config.type}`;
  const value = BigInt(text.replace(/^\+/, ""));
  if (value < lowest || value > highest) return `Not a number of type ${config.type}`;
  if (config.or !== undefined && value === BigInt(config.or)) return undefined;
  if (config.min !== undefined && value < BigInt(config.min)) return `Value must be at least ${config.min}`;
  if (config.max !== undefined && value > BigInt(config.max)) return `Value must be no more than ${config.max}`;
  return undefined;
}

function rangeFault(value: number, { min, max }: { readonly min?: number; readonly max?: number }): string | undefined {
  if (min !== undefined && value < min) return `Value must be at least ${min}`;
  return max !== undefined && value > max ? `Value must be no more than ${max}` : undefined;
}

function countsFault(text: string): string | undefined {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  return entries.every((entry) => /^\s*\S+:\d{1,10}\s*$/.test(entry)) ? undefined : "Must be a list of numbers by address: [address]:[number],...";
}

function listFault(config: Extract<ConfigType, { type: "LIST" }>, text: string): string | undefined {
  const items = text === "" ? [] : text.split(",").map((item) => item.trim());
  if (config.isReplicaList === true) {
    const isList = text === "*" || items.every((item) => /^\d+:\d+$/.test(item));
    return isList ? undefined : "Must be the literal '*' or a list of replicas in the following format: [partitionId]:[brokerId],[partitionId]:[brokerId],...";
  }
  if (new Set(items).size < items.length) return "duplicates are not allowed";
  return items.every((item) => config.oneOf?.includes(item) ?? true) ? undefined : `String must be one of: ${config.oneOf?.join(", ")}`;
}
