import type { ConfigType } from "./config-type.ts";

export interface TopicConfigDefinition {
  readonly type: ConfigType;
  readonly default: string;
  /** The broker config that topics without a value of their own go by. Absent: there is none. */
  readonly synonym?: string;
  /** For `DescribeConfigs`, one sentence. */
  readonly about: string;
}

/** Kafka 4.3's topic configs (LogConfig, TopicConfig, ServerTopicConfigSynonyms). */
export const TOPIC_CONFIGS: ReadonlyMap<string, TopicConfigDefinition> = new Map<string, TopicConfigDefinition>([
  [
    "cleanup.policy",
    {
      type: { type: "LIST", oneOf: ["compact", "delete"] },
      default: "delete",
      synonym: "log.cleanup.policy",
      about: "What becomes of old records: `delete` drops whole segments past retention, `compact` keeps the newest record of each key.",
    },
  ],
  [
    "compression.gzip.level",
    {
      type: { type: "INT", min: 1, max: 9, or: -1 },
      default: "-1",
      synonym: "compression.gzip.level",
      about: "Level at which the broker compresses where compression.type is gzip.",
    },
  ],
  [
    "compression.lz4.level",
    {
      type: { type: "INT", min: 1, max: 17 },
      default: "9",
      synonym: "compression.lz4.level",
      about: "Level at which the broker compresses where compression.type is lz4.",
    },
  ],
  [
    "compression.type",
    {
      type: { type: "STRING", oneOf: ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"] },
      default: "producer",
      synonym: "compression.type",
      about: "How batches are stored: as the producer compressed them, or compressed anew by the broker.",
    },
  ],
  [
    "compression.zstd.level",
    {
      type: { type: "INT", min: -131_072, max: 22 },
      default: "3",
      synonym: "compression.zstd.level",
      about: "Level at which the broker compresses where compression.type is zstd.",
    },
  ],
  [
    "delete.retention.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "86400000",
      synonym: "log.cleaner.delete.retention.ms",
      about: "How long tombstones of a compacted topic stay readable.",
    },
  ],
  [
    "file.delete.delay.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "60000",
      synonym: "log.segment.delete.delay.ms",
      about: "How long files of a deleted segment stay on the disk.",
    },
  ],
  [
    "flush.messages",
    {
      type: { type: "LONG", min: 1 },
      default: "9223372036854775807",
      synonym: "log.flush.interval.messages",
      about: "Records after which the log is synced to the disk.",
    },
  ],
  [
    "flush.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "9223372036854775807",
      synonym: "log.flush.interval.ms",
      about: "Time after which a record is synced to the disk.",
    },
  ],
  [
    "follower.replication.throttled.replicas",
    {
      type: { type: "LIST", isReplicaList: true },
      default: "",
      about: "Replicas whose fetches are throttled on the follower's side: a list of partition:broker, or * for all.",
    },
  ],
  [
    "index.interval.bytes",
    { type: { type: "INT", min: 0 }, default: "4096", synonym: "log.index.interval.bytes", about: "Bytes of records between two entries of the offset index." },
  ],
  [
    "leader.replication.throttled.replicas",
    {
      type: { type: "LIST", isReplicaList: true },
      default: "",
      about: "Replicas that are throttled on the leader's side: a list of partition:broker, or * for all.",
    },
  ],
  [
    "local.retention.bytes",
    {
      type: { type: "LONG", min: -2 },
      default: "-2",
      synonym: "log.local.retention.bytes",
      about: "Bytes of a partition that stay on the broker where remote storage is on; -2 is retention.bytes.",
    },
  ],
  [
    "local.retention.ms",
    {
      type: { type: "LONG", min: -2 },
      default: "-2",
      synonym: "log.local.retention.ms",
      about: "How long segments stay on the broker where remote storage is on; -2 is retention.ms.",
    },
  ],
  [
    "max.compaction.lag.ms",
    {
      type: { type: "LONG", min: 1 },
      default: "9223372036854775807",
      synonym: "log.cleaner.max.compaction.lag.ms",
      about: "Longest time that a record may wait for compaction.",
    },
  ],
  [
    "max.message.bytes",
    { type: { type: "INT", min: 0 }, default: "1048588", synonym: "message.max.bytes", about: "Largest record batch that is taken, as it is compressed." },
  ],
  [
    "message.timestamp.after.max.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "3600000",
      synonym: "log.message.timestamp.after.max.ms",
      about: "How far a record's timestamp may lie ahead of the broker's clock; with CreateTime only.",
    },
  ],
  [
    "message.timestamp.before.max.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "9223372036854775807",
      synonym: "log.message.timestamp.before.max.ms",
      about: "How far a record's timestamp may lie behind the broker's clock; with CreateTime only.",
    },
  ],
  [
    "message.timestamp.type",
    {
      type: { type: "STRING", oneOf: ["CreateTime", "LogAppendTime"] },
      default: "CreateTime",
      synonym: "log.message.timestamp.type",
      about: "Whether a record keeps its producer's timestamp or gets that of its append.",
    },
  ],
  [
    "min.cleanable.dirty.ratio",
    {
      type: { type: "DOUBLE", min: 0, max: 1 },
      default: "0.5",
      synonym: "log.cleaner.min.cleanable.ratio",
      about: "Share of a log that must be uncompacted before it is compacted.",
    },
  ],
  [
    "min.compaction.lag.ms",
    { type: { type: "LONG", min: 0 }, default: "0", synonym: "log.cleaner.min.compaction.lag.ms", about: "Shortest time that a record stays uncompacted." },
  ],
  [
    "min.insync.replicas",
    {
      type: { type: "INT", min: 1 },
      default: "1",
      synonym: "min.insync.replicas",
      about: "Replicas that must have a record before a producer with acks=all is answered.",
    },
  ],
  [
    "preallocate",
    { type: { type: "BOOLEAN" }, default: "false", synonym: "log.preallocate", about: "Whether a new segment's file gets its full size at once." },
  ],
  ["remote.log.copy.disable", { type: { type: "BOOLEAN" }, default: "false", about: "Whether a topic with remote storage copies no more segments there." }],
  [
    "remote.log.delete.on.disable",
    { type: { type: "BOOLEAN" }, default: "false", about: "Whether a topic's remote segments are deleted when its remote storage is switched off." },
  ],
  ["remote.storage.enable", { type: { type: "BOOLEAN" }, default: "false", about: "Whether closed segments are copied to remote storage." }],
  [
    "retention.bytes",
    {
      type: { type: "LONG" },
      default: "-1",
      synonym: "log.retention.bytes",
      about: "Size of a partition beyond which its oldest segments are deleted; -1 is no limit.",
    },
  ],
  [
    "retention.ms",
    { type: { type: "LONG", min: -1 }, default: "604800000", synonym: "log.retention.ms", about: "Age beyond which segments are deleted; -1 is no limit." },
  ],
  [
    "segment.bytes",
    { type: { type: "INT", min: 1_048_576 }, default: "1073741824", synonym: "log.segment.bytes", about: "Size at which a log begins a new segment." },
  ],
  [
    "segment.index.bytes",
    {
      type: { type: "INT", min: 4 },
      default: "10485760",
      synonym: "log.index.size.max.bytes",
      about: "Largest size of an index file; a full index ends its segment.",
    },
  ],
  [
    "segment.jitter.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "0",
      synonym: "log.roll.jitter.ms",
      about: "Random time taken off segment.ms, so that not all logs roll at once.",
    },
  ],
  [
    "segment.ms",
    { type: { type: "LONG", min: 1 }, default: "604800000", synonym: "log.roll.ms", about: "Age at which a log begins a new segment though it is not full." },
  ],
  [
    "unclean.leader.election.enable",
    {
      type: { type: "BOOLEAN" },
      default: "false",
      synonym: "unclean.leader.election.enable",
      about: "Whether a replica out of sync may lead where no other is left, at the price of records.",
    },
  ],
]);
