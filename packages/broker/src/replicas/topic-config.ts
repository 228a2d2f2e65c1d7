import type { LogConfig } from "@samsa/log";
import type { Compression } from "@samsa/protocol/records";
import type { MetadataImage } from "@samsa/metadata";
import type { BrokerConfig } from "../config.ts";

/** What was set if it is a whole number, else the fallback. The controller validated what was set. */
function integerOf(text: string | undefined, fallback: number): number {
  const value = text === undefined ? Number.NaN : Number(text);
  return Number.isSafeInteger(value) ? value : fallback;
}

/** Topic, then cluster-wide default, then this broker's file: all brokers must come to the same answer (KAFKA-16540). */
export function minInsyncReplicasOf(config: BrokerConfig, image: MetadataImage, topic: string): number {
  const clusterDefault = integerOf(image.brokerConfig("default").get("min.insync.replicas"), config.minInsyncReplicas);
  return integerOf(image.topicConfig(topic).get("min.insync.replicas"), clusterDefault);
}

/** As above, of a config that is an int64; undefined for what is beyond `number`: Kafka's largest int64 means no limit. */
function limitOf(text: string | undefined, fallback: number): number | undefined {
  const value = text === undefined ? fallback : Number(text);
  return Number.isSafeInteger(value) ? value : undefined;
}

const dynamicOf = (config: BrokerConfig, image: MetadataImage): ReadonlyMap<string, string> =>
  new Map([...image.brokerConfig("default"), ...image.brokerConfig(config.nodeId)]);

/** As it was set, for the topic or for brokers; undefined: it was not. */
function topicValue(config: BrokerConfig, image: MetadataImage, topic: string): (key: string) => string | undefined {
  const overrides = image.topicConfig(topic);
  const dynamic = dynamicOf(config, image);
  return (key) => overrides.get(key) ?? dynamic.get(BROKER_KEYS.get(key) ?? "");
}

/** Topic, then this broker's dynamic configs, then the cluster-wide default, then this broker's file. */
export function logConfigOf(config: BrokerConfig, image: MetadataImage, topic: string): LogConfig {
  const value = topicValue(config, image, topic);
  const integer = (key: string, fallback: number): number => integerOf(value(key), fallback);
  const limit = (key: string, fallback: number): number | undefined => limitOf(value(key), fallback);
  const policies = value("cleanup.policy") ?? config.logCleanupPolicy;
  const isCompacted = hasPolicy(policies, "compact");
  const maxCompactionLagMs = limit("max.compaction.lag.ms", config.logCleaner.maxCompactionLagMs);
  return {
    segmentBytes: integer("segment.bytes", config.logSegmentBytes),
    maxMessageBytes: integer("max.message.bytes", config.messageMaxBytes),
    recompression: recompressionOf(value, config),
    messageTimestampType: value("message.timestamp.type") === "LogAppendTime" ? "LogAppendTime" : "CreateTime",
    messageTimestampBeforeMaxMs: limit("message.timestamp.before.max.ms", config.logMessageTimestampBeforeMaxMs),
    messageTimestampAfterMaxMs: limit("message.timestamp.after.max.ms", config.logMessageTimestampAfterMaxMs),
    flushMessages: limit("flush.messages", config.logFlushIntervalMessages),
    flushMs: limit("flush.ms", config.logFlushIntervalMs),
    segmentMs: segmentMsOf(limit("segment.ms", config.logRollMs), isCompacted ? maxCompactionLagMs : undefined),
    segmentJitterMs: limit("segment.jitter.ms", config.logRollJitterMs),
    indexIntervalBytes: integer("index.interval.bytes", config.logIndexIntervalBytes),
    indexBytesMax: integer("segment.index.bytes", config.logIndexSizeMaxBytes),
    retentionMs: limit("retention.ms", config.logRetentionMs),
    retentionBytes: limit("retention.bytes", config.logRetentionBytes),
    isDeletingOldSegments: hasPolicy(policies, "delete"),
    isCompacted,
    minCleanableDirtyRatio: numberOf(value("min.cleanable.dirty.ratio"), config.logCleaner.minCleanableRatio),
    minCompactionLagMs: limit("min.compaction.lag.ms", config.logCleaner.minCompactionLagMs) ?? Number.MAX_SAFE_INTEGER,
    maxCompactionLagMs,
    deleteRetentionMs: limit("delete.retention.ms", config.logCleaner.deleteRetentionMs) ?? DELETE_RETENTION_MS_MAX,
    fileDeleteDelayMs: integer("file.delete.delay.ms", config.logSegmentDeleteDelayMs),
    producerIdExpirationMs: integerOf(dynamicOf(config, image).get("producer.id.expiration.ms"), config.producerIdExpirationMs),
  };
}

/** Beyond it a tombstone's time could not be told from none: some 140,000 years. */
const DELETE_RETENTION_MS_MAX = 2 ** 52;

const numberOf = (text: string | undefined, fallback: number): number => (text === undefined ? fallback : Number(text));

/** A segment is closed in time for its first record to be compacted when it has waited for `max.compaction.lag.ms`, as Kafka. */
function segmentMsOf(segmentMs: number | undefined, maxCompactionLagMs: number | undefined): number | undefined {
  if (segmentMs === undefined || maxCompactionLagMs === undefined) return segmentMs ?? maxCompactionLagMs;
  return Math.min(segmentMs, maxCompactionLagMs);
}

/** Of the keys of a compaction under way, bytes in memory. */
export function cleanerSettingsOf(
  config: BrokerConfig,
  image: MetadataImage,
): { readonly backoffMs: number; readonly keyBytesMax: number; readonly bytesPerSecond: number } {
  const dynamic = dynamicOf(config, image);
  const { backoffMs, dedupeBufferSize, ioBufferLoadFactor, ioMaxBytesPerSecond } = config.logCleaner;
  return {
    backoffMs: integerOf(dynamic.get("log.cleaner.backoff.ms"), backoffMs),
    keyBytesMax:
      integerOf(dynamic.get("log.cleaner.dedupe.buffer.size"), dedupeBufferSize) *
      numberOf(dynamic.get("log.cleaner.io.buffer.load.factor"), ioBufferLoadFactor),
    bytesPerSecond: numberOf(dynamic.get("log.cleaner.io.max.bytes.per.second"), ioMaxBytesPerSecond),
  };
}

/** Of a list as `cleanup.policy` is one; it may be empty. */
const hasPolicy = (policies: string, policy: string): boolean => policies.split(",").some((one) => one.trim() === policy);

/** Only its newest record of each key is kept of such a topic, whatever its age: nobody deletes records there. */
export function isOnlyCompacted(config: BrokerConfig, image: MetadataImage, topic: string): boolean {
  const policies = topicValue(config, image, topic)("cleanup.policy") ?? config.logCleanupPolicy;
  return hasPolicy(policies, "compact") && !hasPolicy(policies, "delete");
}

type Value = (key: string) => string | undefined;

const COMPRESSIONS: ReadonlyMap<string, Compression> = new Map([
  ["uncompressed", "none"],
  ["gzip", "gzip"],
  ["snappy", "snappy"],
  ["lz4", "lz4"],
  ["zstd", "zstd"],
]);

/** Undefined for `producer`. */
function recompressionOf(value: Value, config: BrokerConfig): LogConfig["recompression"] {
  const type = value("compression.type") ?? config.compressionType;
  const compression = COMPRESSIONS.get(type.trim());
  const given = { gzip: config.compressionGzipLevel, lz4: config.compressionLz4Level, zstd: config.compressionZstdLevel };
  if (compression === undefined) return undefined;
  if (compression === "none" || compression === "snappy") return { compression, level: undefined };
  return { compression, level: integerOf(value(`compression.${compression}.level`), given[compression]) };
}

/** Brokers' names of what topics have under other names. */
const BROKER_KEYS: ReadonlyMap<string, string> = new Map([
  ["segment.bytes", "log.segment.bytes"],
  ["max.message.bytes", "message.max.bytes"],
  ["compression.type", "compression.type"],
  ["compression.gzip.level", "compression.gzip.level"],
  ["compression.lz4.level", "compression.lz4.level"],
  ["compression.zstd.level", "compression.zstd.level"],
  ["message.timestamp.type", "log.message.timestamp.type"],
  ["message.timestamp.before.max.ms", "log.message.timestamp.before.max.ms"],
  ["message.timestamp.after.max.ms", "log.message.timestamp.after.max.ms"],
  ["flush.messages", "log.flush.interval.messages"],
  ["flush.ms", "log.flush.interval.ms"],
  ["segment.ms", "log.roll.ms"],
  ["segment.jitter.ms", "log.roll.jitter.ms"],
  ["index.interval.bytes", "log.index.interval.bytes"],
  ["retention.ms", "log.retention.ms"],
  ["retention.bytes", "log.retention.bytes"],
  ["cleanup.policy", "log.cleanup.policy"],
  ["file.delete.delay.ms", "log.segment.delete.delay.ms"],
  ["min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio"],
  ["min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms"],
  ["max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms"],
  ["delete.retention.ms", "log.cleaner.delete.retention.ms"],
  ["segment.index.bytes", "log.index.size.max.bytes"],
]);
