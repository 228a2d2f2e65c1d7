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

export function logConfigOf(config: BrokerConfig, overrides: ReadonlyMap<string, string>): LogConfig {
  return {
    segmentBytes: integerConfig(overrides, "segment.bytes", config.logSegmentBytes),
    maxMessageBytes: integerConfig(overrides, "max.message.bytes", config.messageMaxBytes),
    messageTimestampType: overrides.get("message.timestamp.type") === "LogAppendTime" ? "LogAppendTime" : "CreateTime",
  };
}
