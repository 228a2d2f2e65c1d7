/** How a value is written, and what is allowed. */
export type KeyType =
  | { readonly type: "integer"; readonly min: number; readonly max: number }
  /** An int64, of which the largest means: no limit. */
  | { readonly type: "long"; readonly min: number }
  /** Any number that a double can be. */
  | { readonly type: "double"; readonly min: number; readonly max: number }
  | { readonly type: "boolean" }
  | { readonly type: "text" }
  | { readonly type: "choice"; readonly values: readonly string[] };

export interface ConfigKey {
  readonly name: string;
  readonly type: KeyType;
  /** Kafka's default, in `profile=apache`; undefined where the key must be given or has no value. */
  readonly apache: string | undefined;
  /** In `profile=test`, where it differs: short time-outs for tests and demonstrations. */
  readonly test?: string;
}

const MAX_INT = 2 ** 31 - 1;
const integer = (min: number, max = MAX_INT): KeyType => ({ type: "integer", min, max });
const long = (min: number): KeyType => ({ type: "long", min });
const double = (min: number, max: number): KeyType => ({ type: "double", min, max });
/** Kafka's Long.MAX_VALUE. */
const NO_LIMIT = "9223372036854775807";
const boolean: KeyType = { type: "boolean" };
const text: KeyType = { type: "text" };

/** Every key a node reads. Names and defaults are Apache Kafka's; those that begin with `samsa.` are ours. */
export const CONFIG_KEYS: readonly ConfigKey[] = [
  { name: "profile", type: { type: "choice", values: ["apache", "test"] }, apache: "apache" },
  { name: "node.id", type: integer(0), apache: undefined },
  {
    name: "process.roles",
    type: { type: "choice", values: ["broker", "controller", "broker,controller", "controller,broker"] },
    apache: "broker,controller",
  },
  { name: "listeners", type: text, apache: "PLAINTEXT://:9092" },
  { name: "advertised.listeners", type: text, apache: undefined },
  { name: "controller.quorum.voters", type: text, apache: undefined },
  { name: "controller.listener.names", type: text, apache: "CONTROLLER" },
  { name: "listener.security.protocol.map", type: text, apache: undefined },
  { name: "inter.broker.listener.name", type: text, apache: undefined },
  { name: "log.dirs", type: text, apache: undefined },
  { name: "log.dir", type: text, apache: "/tmp/kafka-logs" },
  { name: "metadata.log.dir", type: text, apache: undefined },
  { name: "broker.rack", type: text, apache: undefined },
  {
    name: "replica.selector.class",
    type: { type: "choice", values: ["org.apache.kafka.common.replica.LeaderSelector", "org.apache.kafka.common.replica.RackAwareReplicaSelector"] },
    apache: undefined,
  },
  { name: "num.partitions", type: integer(1), apache: "1" },
  { name: "default.replication.factor", type: integer(1, 32_767), apache: "1" },
  { name: "min.insync.replicas", type: integer(1), apache: "1" },
  { name: "auto.create.topics.enable", type: boolean, apache: "true" },
  { name: "delete.topic.enable", type: boolean, apache: "true" },
  { name: "unclean.leader.election.enable", type: boolean, apache: "false" },
  { name: "auto.leader.rebalance.enable", type: boolean, apache: "true" },
  { name: "leader.imbalance.check.interval.seconds", type: integer(1), apache: "300" },
  { name: "message.max.bytes", type: integer(0), apache: "1048588" },
  { name: "compression.type", type: { type: "choice", values: ["producer", "uncompressed", "gzip", "snappy", "lz4", "zstd"] }, apache: "producer" },
  { name: "compression.gzip.level", type: { type: "choice", values: ["-1", "1", "2", "3", "4", "5", "6", "7", "8", "9"] }, apache: "-1" },
  { name: "compression.lz4.level", type: integer(1, 17), apache: "9" },
  { name: "compression.zstd.level", type: integer(-131_072, 22), apache: "3" },
  { name: "log.segment.bytes", type: integer(14), apache: "1073741824" },
  { name: "log.roll.hours", type: integer(1), apache: "168" },
  { name: "log.roll.ms", type: long(1), apache: undefined },
  { name: "log.roll.jitter.hours", type: integer(0), apache: "0" },
  { name: "log.roll.jitter.ms", type: long(0), apache: undefined },
  { name: "log.index.interval.bytes", type: integer(0), apache: "4096" },
  { name: "log.index.size.max.bytes", type: integer(4), apache: "10485760" },
  { name: "producer.id.expiration.ms", type: integer(1), apache: "86400000" },
  { name: "log.flush.offset.checkpoint.interval.ms", type: integer(0), apache: "60000" },
  { name: "log.flush.start.offset.checkpoint.interval.ms", type: integer(0), apache: "60000" },
  { name: "log.cleanup.policy", type: { type: "choice", values: ["delete", "compact", "compact,delete", "delete,compact", ""] }, apache: "delete" },
  { name: "log.cleaner.enable", type: boolean, apache: "true" },
  { name: "log.cleaner.backoff.ms", type: long(0), apache: "15000" },
  { name: "log.cleaner.dedupe.buffer.size", type: long(1), apache: "134217728" },
  { name: "log.cleaner.io.buffer.load.factor", type: double(0, 1), apache: "0.9" },
  { name: "log.cleaner.io.max.bytes.per.second", type: double(1, Number.MAX_VALUE), apache: "1.7976931348623157E308" },
  { name: "log.cleaner.min.cleanable.ratio", type: double(0, 1), apache: "0.5" },
  { name: "log.cleaner.delete.retention.ms", type: long(0), apache: "86400000" },
  { name: "log.cleaner.min.compaction.lag.ms", type: long(0), apache: "0" },
  { name: "log.cleaner.max.compaction.lag.ms", type: long(1), apache: NO_LIMIT },
  { name: "log.retention.hours", type: integer(-(2 ** 31)), apache: "168" },
  { name: "log.retention.minutes", type: integer(-(2 ** 31)), apache: undefined },
  { name: "log.retention.ms", type: long(-1), apache: undefined },
  { name: "log.retention.bytes", type: long(-1), apache: "-1" },
  { name: "log.retention.check.interval.ms", type: long(1), apache: "300000" },
  { name: "log.segment.delete.delay.ms", type: long(0), apache: "60000" },
  { name: "replica.high.watermark.checkpoint.interval.ms", type: long(0), apache: "5000" },
  { name: "log.flush.interval.messages", type: long(1), apache: NO_LIMIT },
  { name: "log.flush.interval.ms", type: long(0), apache: NO_LIMIT },
  { name: "log.message.timestamp.before.max.ms", type: long(0), apache: NO_LIMIT },
  { name: "log.message.timestamp.type", type: { type: "choice", values: ["CreateTime", "LogAppendTime"] }, apache: "CreateTime" },
  { name: "log.message.timestamp.after.max.ms", type: long(0), apache: "3600000" },
  { name: "socket.request.max.bytes", type: integer(1), apache: "104857600" },
  { name: "max.request.partition.size.limit", type: integer(1), apache: "2000" },
  { name: "queued.max.request.bytes", type: long(-1), apache: "-1" },
  { name: "max.connections", type: integer(0), apache: "2147483647" },
  { name: "max.connections.per.ip", type: integer(0), apache: "2147483647" },
  { name: "max.connections.per.ip.overrides", type: text, apache: "" },
  { name: "connections.max.idle.ms", type: long(-(2 ** 31)), apache: "600000" },
  { name: "fetch.max.bytes", type: integer(1024), apache: "57671680" },
  { name: "max.incremental.fetch.session.cache.slots", type: integer(0), apache: "1000" },
  { name: "replica.lag.time.max.ms", type: integer(1), apache: "30000", test: "3000" },
  { name: "replica.fetch.wait.max.ms", type: integer(1), apache: "500" },
  { name: "replica.fetch.max.bytes", type: integer(0), apache: "1048576" },
  { name: "replica.fetch.response.max.bytes", type: integer(0), apache: "10485760" },
  { name: "replica.fetch.backoff.ms", type: integer(0), apache: "1000", test: "100" },
  { name: "num.replica.fetchers", type: integer(1), apache: "1" },
  { name: "offsets.topic.num.partitions", type: integer(1), apache: "50" },
  { name: "offsets.topic.replication.factor", type: integer(1, 32_767), apache: "3" },
  { name: "offsets.topic.segment.bytes", type: integer(14), apache: "104857600" },
  { name: "offset.metadata.max.bytes", type: integer(0), apache: "4096" },
  { name: "offsets.commit.timeout.ms", type: integer(1), apache: "5000" },
  { name: "offsets.retention.minutes", type: integer(1), apache: "10080" },
  { name: "offsets.retention.check.interval.ms", type: long(1), apache: "600000" },
  { name: "group.min.session.timeout.ms", type: integer(0), apache: "6000", test: "100" },
  { name: "group.max.session.timeout.ms", type: integer(0), apache: "1800000" },
  { name: "group.initial.rebalance.delay.ms", type: integer(0), apache: "3000", test: "0" },
  { name: "group.max.size", type: integer(1), apache: "2147483647" },
  { name: "group.consumer.session.timeout.ms", type: integer(1), apache: "45000", test: "3000" },
  { name: "group.consumer.min.session.timeout.ms", type: integer(1), apache: "45000", test: "100" },
  { name: "group.consumer.max.session.timeout.ms", type: integer(1), apache: "60000" },
  { name: "group.consumer.heartbeat.interval.ms", type: integer(1), apache: "5000", test: "300" },
  { name: "group.consumer.min.heartbeat.interval.ms", type: integer(1), apache: "5000", test: "10" },
  { name: "group.consumer.max.heartbeat.interval.ms", type: integer(1), apache: "15000" },
  { name: "group.consumer.assignment.interval.ms", type: integer(0), apache: "1000", test: "0" },
  { name: "group.consumer.max.size", type: integer(1), apache: "2147483647" },
  { name: "group.consumer.assignors", type: text, apache: "uniform,range" },
  {
    name: "group.consumer.migration.policy",
    type: { type: "choice", values: ["disabled", "downgrade", "upgrade", "bidirectional"] },
    apache: "bidirectional",
  },
  { name: "broker.heartbeat.interval.ms", type: integer(1), apache: "2000", test: "500" },
  { name: "broker.session.timeout.ms", type: integer(1), apache: "9000", test: "3000" },
  // Three heartbeats of at least 1 ms.
  { name: "controller.quorum.election.timeout.ms", type: integer(3), apache: "1000" },
  { name: "controller.quorum.auto.join.enable", type: boolean, apache: "true" },
  { name: "metadata.log.max.record.bytes.between.snapshots", type: integer(1), apache: "20971520" },
  { name: "samsa.quorum.append.max.entries", type: integer(1, 1024), apache: "1024" },
  // Entries kept behind a snapshot: a node that missed fewer needs no snapshot.
  { name: "samsa.quorum.retained.entries", type: integer(1), apache: "1024" },
  { name: "samsa.quorum.snapshot.chunk.bytes", type: integer(1, 1048576), apache: "262144" },
  { name: "samsa.fencing.by.refused.dial", type: boolean, apache: "true" },
  { name: "samsa.cluster.secret.file", type: text, apache: undefined },
];

export const KEYS_BY_NAME: ReadonlyMap<string, ConfigKey> = new Map(CONFIG_KEYS.map((key) => [key.name, key]));
