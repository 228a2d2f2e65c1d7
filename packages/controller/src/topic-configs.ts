import { unsupportedTopicConfig } from "./topic-config-support.ts";

type ConfigType =
  | { readonly type: "INT" | "LONG"; readonly min?: number; readonly max?: number; readonly or?: number }
  | { readonly type: "DOUBLE"; readonly min: number; readonly max: number }
  | { readonly type: "BOOLEAN" }
  | { readonly type: "STRING"; readonly oneOf: readonly string[] }
  | { readonly type: "LIST"; readonly oneOf?: readonly string[]; readonly isReplicaList?: boolean };

/** Kafka 4.3's topic configs with their types and ranges (LogConfig, TopicConfig). */
export const TOPIC_CONFIGS: ReadonlyMap<string, ConfigType> = new Map<string, ConfigType>([
  ["cleanup.policy", { type: "LIST", oneOf: ["compact", "delete"] }],
  ["compression.gzip.level", { type: "INT", min: 1, max: 9, or: -1 }],
  ["compression.lz4.level", { type: "INT", min: 1, max: 17 }],
  ["compression.type", { type: "STRING", oneOf: ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"] }],
  ["compression.zstd.level", { type: "INT", min: -131_072, max: 22 }],
  ["delete.retention.ms", { type: "LONG", min: 0 }],
  ["file.delete.delay.ms", { type: "LONG", min: 0 }],
  ["flush.messages", { type: "LONG", min: 1 }],
  ["flush.ms", { type: "LONG", min: 0 }],
  ["follower.replication.throttled.replicas", { type: "LIST", isReplicaList: true }],
  ["index.interval.bytes", { type: "INT", min: 0 }],
  ["leader.replication.throttled.replicas", { type: "LIST", isReplicaList: true }],
  ["local.retention.bytes", { type: "LONG", min: -2 }],
  ["local.retention.ms", { type: "LONG", min: -2 }],
  ["max.compaction.lag.ms", { type: "LONG", min: 1 }],
  ["max.message.bytes", { type: "INT", min: 0 }],
  ["message.timestamp.after.max.ms", { type: "LONG", min: 0 }],
  ["message.timestamp.before.max.ms", { type: "LONG", min: 0 }],
  ["message.timestamp.type", { type: "STRING", oneOf: ["CreateTime", "LogAppendTime"] }],
  ["min.cleanable.dirty.ratio", { type: "DOUBLE", min: 0, max: 1 }],
  ["min.compaction.lag.ms", { type: "LONG", min: 0 }],
  ["min.insync.replicas", { type: "INT", min: 1 }],
  ["preallocate", { type: "BOOLEAN" }],
  ["remote.log.copy.disable", { type: "BOOLEAN" }],
  ["remote.log.delete.on.disable", { type: "BOOLEAN" }],
  ["remote.storage.enable", { type: "BOOLEAN" }],
  ["retention.bytes", { type: "LONG" }],
  ["retention.ms", { type: "LONG", min: -1 }],
  ["segment.bytes", { type: "INT", min: 1_048_576 }],
  ["segment.index.bytes", { type: "INT", min: 4 }],
  ["segment.jitter.ms", { type: "LONG", min: 0 }],
  ["segment.ms", { type: "LONG", min: 1 }],
  ["unclean.leader.election.enable", { type: "BOOLEAN" }],
]);

const LIMITS = { INT: [-(2n ** 31n), 2n ** 31n - 1n], LONG: [-(2n ** 63n), 2n ** 63n - 1n] } as const;

/** What is wrong with one config of a topic, in Kafka's words, or not supported yet; undefined if nothing is. */
export function topicConfigError(name: string, value: string): string | undefined {
  const config = TOPIC_CONFIGS.get(name);
  if (config === undefined) return `Unknown topic config name: ${name}`;
  const wrong = valueFault(config, value.trim()) ?? unsupportedTopicConfig(name, value);
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}

function valueFault(config: ConfigType, value: string): string | undefined {
  switch (config.type) {
    case "INT":
    case "LONG":
      return integerFault(config, value);
    case "DOUBLE":
      if (value === "" || !Number.isFinite(Number(value))) return "Not a number of type DOUBLE";
      return rangeFault(Number(value), config.min, config.max);
    case "BOOLEAN":
      return /^(true|false)$/i.test(value) ? undefined : "Expected value to be either true or false";
    case "STRING":
      return config.oneOf.includes(value) ? undefined : `String must be one of: ${config.oneOf.join(", ")}`;
    case "LIST":
      return listFault(config, value);
  }
}

/** int64 values are beyond `number`: they are compared as bigint and kept as text. */
function integerFault(config: Extract<ConfigType, { type: "INT" | "LONG" }>, text: string): string | undefined {
  const [lowest, highest] = LIMITS[config.type];
  if (!/^[+-]?\d{1,19}$/.test(text)) return `Not a number of type ${config.type}`;
  const value = BigInt(text.replace(/^\+/, ""));
  if (value < lowest || value > highest) return `Not a number of type ${config.type}`;
  if (config.or !== undefined && value === BigInt(config.or)) return undefined;
  if (config.min !== undefined && value < BigInt(config.min)) return `Value must be at least ${config.min}`;
  if (config.max !== undefined && value > BigInt(config.max)) return `Value must be no more than ${config.max}`;
  return undefined;
}

function rangeFault(value: number, min: number, max: number): string | undefined {
  if (value < min) return `Value must be at least ${min}`;
  return value > max ? `Value must be no more than ${max}` : undefined;
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
