import { type ConfigType, sizeFault, valueFault } from "./config-type.ts";
import { unsupportedTopicConfig } from "./topic-config-support.ts";

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

/** What is wrong with one config of a topic, in Kafka's words, or not supported yet; undefined if nothing is. */
export function topicConfigError(name: string, value: string): string | undefined {
  const config = TOPIC_CONFIGS.get(name);
  if (config === undefined) return `Unknown topic config name: ${name}`;
  const tooLong = sizeFault(value);
  if (tooLong !== undefined) return tooLong;
  const wrong = valueFault(config, value.trim()) ?? unsupportedTopicConfig(name, value);
  return wrong === undefined ? undefined : `Invalid value ${value} for configuration ${name}: ${wrong}`;
}

/** What a list is where nobody has set it: something may be added to it, or taken away. */
export const TOPIC_LIST_DEFAULTS: ReadonlyMap<string, string> = new Map([
  ["cleanup.policy", "delete"],
  ["follower.replication.throttled.replicas", ""],
  ["leader.replication.throttled.replicas", ""],
]);
