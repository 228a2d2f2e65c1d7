import type { LogConfig } from "@samsa/log";
import type { MetadataImage } from "@samsa/metadata";
import type { BrokerConfig } from "../config.ts";

/** A topic's override if it has one and it is a whole number, else the broker's value. The controller validated overrides. */
export function integerConfig(overrides: ReadonlyMap<string, string>, key: string, fallback: number): number {
  const text = overrides.get(key);
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) ? value : fallback;
}

/** Topic, then cluster-wide default, then this broker's file: all brokers must come to the same answer (KAFKA-16540). */
export function minInsyncReplicasOf(config: BrokerConfig, image: MetadataImage, topic: string): number {
  const clusterDefault = integerConfig(image.brokerConfig("default"), "min.insync.replicas", config.minInsyncReplicas);
  return integerConfig(image.topicConfig(topic), "min.insync.replicas", clusterDefault);
}

/** As above, of a config that is an int64; undefined for what is beyond `number`: Kafka's largest int64 means no limit. */
function limitConfig(overrides: ReadonlyMap<string, string>, key: string, fallback: number): number | undefined {
  const text = overrides.get(key);
  const value = text === undefined ? fallback : Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

export function logConfigOf(config: BrokerConfig, overrides: ReadonlyMap<string, string>): LogConfig {
  return {
    segmentBytes: integerConfig(overrides, "segment.bytes", config.logSegmentBytes),
    maxMessageBytes: integerConfig(overrides, "max.message.bytes", config.messageMaxBytes),
    messageTimestampType: overrides.get("message.timestamp.type") === "LogAppendTime" ? "LogAppendTime" : "CreateTime",
    messageTimestampBeforeMaxMs: limitConfig(overrides, "message.timestamp.before.max.ms", config.logMessageTimestampBeforeMaxMs),
    messageTimestampAfterMaxMs: limitConfig(overrides, "message.timestamp.after.max.ms", config.logMessageTimestampAfterMaxMs),
    flushMessages: limitConfig(overrides, "flush.messages", config.logFlushIntervalMessages),
    flushMs: limitConfig(overrides, "flush.ms", config.logFlushIntervalMs),
  };
}
