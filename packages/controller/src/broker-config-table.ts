import type { BrokerConfigDefinition } from "./broker-config-definition.ts";
import { GROUP_BROKER_CONFIGS } from "./group-config-table.ts";

/**
 * Kafka 4.3's broker configs (AbstractKafkaConfig, DynamicBrokerConfig) that Samsa goes by, and those that it has no use for
 * but takes and shows, for clients and tools set them as a matter of course. Those of what it lacks (TLS, SASL, remote storage) are not here:
 * they must not look as if they were honoured. `samsa.` begins our own.
 */
export const BROKER_CONFIGS: ReadonlyMap<string, BrokerConfigDefinition> = new Map<string, BrokerConfigDefinition>([
  ...GROUP_BROKER_CONFIGS,
  [
    "advertised.listeners",
    {
      type: { type: "LIST" },
      default: null,
      isDynamic: false,
      about: "Addresses that clients are told to connect to, where they differ from the listeners'.",
    },
  ],
  [
    "auto.create.topics.enable",
    { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether a topic is created when its metadata are asked for." },
  ],
  [
    "auto.leader.rebalance.enable",
    { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether leaders move back to preferred replicas by themselves." },
  ],
  ["background.threads", { type: { type: "INT", min: 1 }, default: "10", isDynamic: true, about: "Threads for background work." }],
  [
    "broker.heartbeat.interval.ms",
    { type: { type: "INT" }, default: "2000", isDynamic: false, about: "Time between two heartbeats of a broker to the controller." },
  ],
  [
    "broker.rack",
    {
      type: { type: "STRING" },
      default: null,
      isDynamic: false,
      about: "Rack of the broker: replicas are spread over racks, and consumers may fetch within theirs.",
    },
  ],
  [
    "broker.session.timeout.ms",
    { type: { type: "INT" }, default: "9000", isDynamic: false, about: "Time without heartbeats after which the controller fences a broker." },
  ],
  [
    "compression.gzip.level",
    {
      type: { type: "INT", min: 1, max: 9, or: -1 },
      default: "-1",
      isDynamic: true,
      about: "Level at which the broker compresses where compression.type is gzip.",
    },
  ],
  [
    "compression.lz4.level",
    {
      type: { type: "INT", min: 1, max: 17 },
      default: "9",
      isDynamic: true,
      about: "Level at which the broker compresses where compression.type is lz4.",
    },
  ],
  [
    "compression.type",
    {
      type: { type: "STRING", oneOf: ["uncompressed", "zstd", "lz4", "snappy", "gzip", "producer"] },
      default: "producer",
      isDynamic: true,
      about: "Default of the topics' compression.type.",
    },
  ],
  [
    "compression.zstd.level",
    {
      type: { type: "INT", min: -131_072, max: 22 },
      default: "3",
      isDynamic: true,
      about: "Level at which the broker compresses where compression.type is zstd.",
    },
  ],
  ["connections.max.idle.ms", { type: { type: "LONG" }, default: "600000", isDynamic: false, about: "Time after which an idle connection is closed." }],
  [
    "controlled.shutdown.enable",
    { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether a broker that stops moves its leaders away first." },
  ],
  ["controller.listener.names", { type: { type: "LIST" }, default: "CONTROLLER", isDynamic: false, about: "Listeners that only controllers and brokers use." }],
  [
    "controller.quorum.auto.join.enable",
    { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether a controller that lost its disk is made a voter again by itself." },
  ],
  [
    "controller.quorum.election.timeout.ms",
    {
      type: { type: "INT", min: 0 },
      default: "1000",
      isDynamic: false,
      about: "Time without the leader of the metadata quorum after which an election begins.",
    },
  ],
  ["controller.quorum.voters", { type: { type: "LIST" }, default: null, isDynamic: false, about: "Voters of the metadata quorum: a list of id@host:port." }],
  [
    "default.replication.factor",
    { type: { type: "INT" }, default: "1", isDynamic: false, about: "Replicas of topics that are created without saying how many." },
  ],
  ["delete.topic.enable", { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether topics can be deleted." }],
  ["fetch.max.bytes", { type: { type: "INT", min: 1024 }, default: "57671680", isDynamic: false, about: "Most bytes that one fetch is answered with." }],
  [
    "follower.replication.throttled.rate",
    {
      type: { type: "LONG", min: 0 },
      default: null,
      isDynamic: true,
      isDynamicOnly: true,
      about: "Bytes per second that throttled replicas may fetch.",
    },
  ],
  ["inter.broker.listener.name", { type: { type: "STRING" }, default: null, isDynamic: false, about: "Listener by which brokers reach each other." }],
  [
    "leader.imbalance.check.interval.seconds",
    { type: { type: "LONG", min: 1 }, default: "300", isDynamic: false, about: "Time between two looks for leaders to be moved back." },
  ],
  [
    "leader.replication.throttled.rate",
    {
      type: { type: "LONG", min: 0 },
      default: null,
      isDynamic: true,
      isDynamicOnly: true,
      about: "Bytes per second that throttled replicas are answered with.",
    },
  ],
  ["listener.security.protocol.map", { type: { type: "STRING" }, default: null, isDynamic: false, about: "Security protocol of each listener." }],
  [
    "listeners",
    {
      type: { type: "LIST" },
      default: "PLAINTEXT://:9092",
      isDynamic: false,
      about: "Addresses that the node listens on: a list of NAME://host:port.",
    },
  ],
  [
    "log.cleaner.backoff.ms",
    { type: { type: "LONG", min: 0 }, default: "15000", isDynamic: true, about: "Time that compaction rests when there is nothing to compact." },
  ],
  ["log.cleaner.dedupe.buffer.size", { type: { type: "LONG", min: 1_048_576 }, default: "134217728", isDynamic: true, about: "Memory for compaction's keys." }],
  [
    "log.cleaner.delete.retention.ms",
    { type: { type: "LONG", min: 0 }, default: "86400000", isDynamic: true, about: "Default of the topics' delete.retention.ms." },
  ],
  ["log.cleaner.enable", { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether logs are compacted at all." }],
  ["log.cleaner.io.buffer.load.factor", { type: { type: "DOUBLE" }, default: "0.9", isDynamic: true, about: "How full the memory for keys may get." }],
  ["log.cleaner.io.buffer.size", { type: { type: "INT", min: 0 }, default: "524288", isDynamic: true, about: "Memory for reads and writes of compaction." }],
  [
    "log.cleaner.io.max.bytes.per.second",
    { type: { type: "DOUBLE", min: 1 }, default: "1.7976931348623157E308", isDynamic: true, about: "Bytes per second that compaction may read and write." },
  ],
  [
    "log.cleaner.max.compaction.lag.ms",
    { type: { type: "LONG", min: 1 }, default: "9223372036854775807", isDynamic: true, about: "Default of the topics' max.compaction.lag.ms." },
  ],
  [
    "log.cleaner.min.cleanable.ratio",
    { type: { type: "DOUBLE", min: 0, max: 1 }, default: "0.5", isDynamic: true, about: "Default of the topics' min.cleanable.dirty.ratio." },
  ],
  [
    "log.cleaner.min.compaction.lag.ms",
    { type: { type: "LONG", min: 0 }, default: "0", isDynamic: true, about: "Default of the topics' min.compaction.lag.ms." },
  ],
  ["log.cleaner.threads", { type: { type: "INT", min: 0 }, default: "1", isDynamic: true, about: "Threads for compaction." }],
  [
    "log.cleanup.policy",
    { type: { type: "LIST", oneOf: ["compact", "delete"] }, default: "delete", isDynamic: true, about: "Default of the topics' cleanup.policy." },
  ],
  ["log.dir", { type: { type: "LIST" }, default: "/tmp/kafka-logs", isDynamic: false, about: "Directory of the logs; log.dirs goes before it." }],
  ["log.dirs", { type: { type: "LIST" }, default: null, isDynamic: false, about: "Directories of the logs, with commas between them." }],
  [
    "log.flush.interval.messages",
    { type: { type: "LONG", min: 1 }, default: "9223372036854775807", isDynamic: true, about: "Default of the topics' flush.messages." },
  ],
  ["log.flush.interval.ms", { type: { type: "LONG" }, default: null, isDynamic: true, about: "Default of the topics' flush.ms." }],
  [
    "log.flush.offset.checkpoint.interval.ms",
    { type: { type: "INT", min: 0 }, default: "60000", isDynamic: false, about: "Time between two checkpoints of recovery points." },
  ],
  [
    "log.flush.scheduler.interval.ms",
    { type: { type: "LONG" }, default: "9223372036854775807", isDynamic: false, about: "Time between two looks for logs to be synced." },
  ],
  [
    "log.flush.start.offset.checkpoint.interval.ms",
    { type: { type: "INT", min: 0 }, default: "60000", isDynamic: false, about: "Time between two checkpoints of log start offsets." },
  ],
  ["log.index.interval.bytes", { type: { type: "INT", min: 0 }, default: "4096", isDynamic: true, about: "Default of the topics' index.interval.bytes." }],
  ["log.index.size.max.bytes", { type: { type: "INT", min: 4 }, default: "10485760", isDynamic: true, about: "Default of the topics' segment.index.bytes." }],
  ["log.local.retention.bytes", { type: { type: "LONG", min: -2 }, default: "-2", isDynamic: true, about: "Default of the topics' local.retention.bytes." }],
  ["log.local.retention.ms", { type: { type: "LONG", min: -2 }, default: "-2", isDynamic: true, about: "Default of the topics' local.retention.ms." }],
  [
    "log.message.timestamp.after.max.ms",
    { type: { type: "LONG", min: 0 }, default: "3600000", isDynamic: true, about: "Default of the topics' message.timestamp.after.max.ms." },
  ],
  [
    "log.message.timestamp.before.max.ms",
    {
      type: { type: "LONG", min: 0 },
      default: "9223372036854775807",
      isDynamic: true,
      about: "Default of the topics' message.timestamp.before.max.ms.",
    },
  ],
  [
    "log.message.timestamp.type",
    {
      type: { type: "STRING", oneOf: ["CreateTime", "LogAppendTime"] },
      default: "CreateTime",
      isDynamic: true,
      about: "Default of the topics' message.timestamp.type.",
    },
  ],
  ["log.preallocate", { type: { type: "BOOLEAN" }, default: "false", isDynamic: true, about: "Default of the topics' preallocate." }],
  ["log.retention.bytes", { type: { type: "LONG" }, default: "-1", isDynamic: true, about: "Default of the topics' retention.bytes." }],
  [
    "log.retention.check.interval.ms",
    { type: { type: "LONG", min: 1 }, default: "300000", isDynamic: false, about: "Time between two looks for segments past retention." },
  ],
  [
    "log.retention.hours",
    {
      type: { type: "INT" },
      default: "168",
      isDynamic: false,
      about: "Default of the topics' retention.ms, in hours; minutes and milliseconds go before it.",
    },
  ],
  [
    "log.retention.minutes",
    { type: { type: "INT" }, default: null, isDynamic: false, about: "Default of the topics' retention.ms, in minutes; milliseconds go before it." },
  ],
  ["log.retention.ms", { type: { type: "LONG" }, default: null, isDynamic: true, about: "Default of the topics' retention.ms." }],
  [
    "log.roll.hours",
    {
      type: { type: "INT", min: 1 },
      default: "168",
      isDynamic: false,
      about: "Default of the topics' segment.ms, in hours; milliseconds go before it.",
    },
  ],
  [
    "log.roll.jitter.hours",
    {
      type: { type: "INT", min: 0 },
      default: "0",
      isDynamic: false,
      about: "Default of the topics' segment.jitter.ms, in hours; milliseconds go before it.",
    },
  ],
  ["log.roll.jitter.ms", { type: { type: "LONG" }, default: null, isDynamic: true, about: "Default of the topics' segment.jitter.ms." }],
  ["log.roll.ms", { type: { type: "LONG" }, default: null, isDynamic: true, about: "Default of the topics' segment.ms." }],
  ["log.segment.bytes", { type: { type: "INT", min: 1_048_576 }, default: "1073741824", isDynamic: true, about: "Default of the topics' segment.bytes." }],
  ["log.segment.delete.delay.ms", { type: { type: "LONG", min: 0 }, default: "60000", isDynamic: true, about: "Default of the topics' file.delete.delay.ms." }],
  [
    "max.connection.creation.rate",
    { type: { type: "INT", min: 0 }, default: "2147483647", isDynamic: true, about: "Connections that a broker takes in one second." },
  ],
  ["max.connections", { type: { type: "INT", min: 0 }, default: "2147483647", isDynamic: true, about: "Connections that a broker has at a time." }],
  [
    "max.connections.per.ip",
    { type: { type: "INT", min: 0 }, default: "2147483647", isDynamic: true, about: "Connections that a broker has at a time from one address." },
  ],
  [
    "max.connections.per.ip.overrides",
    {
      type: { type: "STRING", areCountsByAddress: true },
      default: "",
      isDynamic: true,
      about: "Connections at a time from addresses that have limits of their own: a list of address:number.",
    },
  ],
  [
    "max.incremental.fetch.session.cache.slots",
    { type: { type: "INT", min: 0 }, default: "1000", isDynamic: false, about: "Fetch sessions that a broker remembers." },
  ],
  [
    "max.request.partition.size.limit",
    { type: { type: "INT", min: 1 }, default: "2000", isDynamic: false, about: "Partitions that one answer of DescribeTopicPartitions tells of." },
  ],
  ["message.max.bytes", { type: { type: "INT", min: 0 }, default: "1048588", isDynamic: true, about: "Default of the topics' max.message.bytes." }],
  [
    "metadata.log.dir",
    { type: { type: "STRING" }, default: null, isDynamic: false, about: "Directory of the metadata log; the first of log.dirs where it is not set." },
  ],
  [
    "metadata.log.max.record.bytes.between.snapshots",
    {
      type: { type: "LONG", min: 1 },
      default: "20971520",
      isDynamic: false,
      about: "Bytes of metadata records after which a snapshot of the metadata is written.",
    },
  ],
  ["min.insync.replicas", { type: { type: "INT", min: 1 }, default: "1", isDynamic: true, about: "Default of the topics' min.insync.replicas." }],
  ["node.id", { type: { type: "INT", min: 0 }, default: null, isDynamic: false, about: "Id of the node, in the cluster its own." }],
  ["num.io.threads", { type: { type: "INT", min: 1 }, default: "8", isDynamic: true, about: "Threads that work on requests." }],
  ["num.network.threads", { type: { type: "INT", min: 1 }, default: "3", isDynamic: true, about: "Threads that read requests and write answers." }],
  [
    "num.partitions",
    { type: { type: "INT", min: 1 }, default: "1", isDynamic: false, about: "Partitions of topics that are created without saying how many." },
  ],
  [
    "num.recovery.threads.per.data.dir",
    { type: { type: "INT", min: 1 }, default: "2", isDynamic: true, about: "Threads that read the logs of one directory at a start." },
  ],
  ["num.replica.fetchers", { type: { type: "INT", min: 1 }, default: "1", isDynamic: true, about: "Connections by which a broker fetches from one leader." }],
  [
    "process.roles",
    {
      type: { type: "LIST", oneOf: ["broker", "controller"] },
      default: "broker,controller",
      isDynamic: false,
      about: "Roles of the node: broker, controller, or both.",
    },
  ],
  [
    "producer.id.expiration.ms",
    {
      type: { type: "INT", min: 1 },
      default: "86400000",
      isDynamic: true,
      about: "Time after which the last batches of a producer that is silent are forgotten.",
    },
  ],
  [
    "profile",
    {
      type: { type: "STRING" },
      default: "apache",
      isDynamic: false,
      about: "Which defaults the node begins with: Apache Kafka's, or shorter times for tests.",
    },
  ],
  ["queued.max.request.bytes", { type: { type: "LONG" }, default: "-1", isDynamic: false, about: "Bytes that requests may take which have not come whole." }],
  ["queued.max.requests", { type: { type: "INT", min: 1 }, default: "500", isDynamic: false, about: "Requests that may wait for their turn." }],
  [
    "replica.alter.log.dirs.io.max.bytes.per.second",
    {
      type: { type: "LONG", min: 0 },
      default: null,
      isDynamic: true,
      isDynamicOnly: true,
      about: "Bytes per second that moves between log directories may copy.",
    },
  ],
  ["replica.fetch.backoff.ms", { type: { type: "INT", min: 0 }, default: "1000", isDynamic: false, about: "Time that a follower waits after a failed fetch." }],
  [
    "replica.fetch.max.bytes",
    { type: { type: "INT", min: 0 }, default: "1048576", isDynamic: false, about: "Bytes of one partition that a follower asks for at a time." },
  ],
  ["replica.fetch.min.bytes", { type: { type: "INT" }, default: "1", isDynamic: false, about: "Bytes that a follower's fetch waits for." }],
  [
    "replica.fetch.response.max.bytes",
    { type: { type: "INT", min: 0 }, default: "10485760", isDynamic: false, about: "Bytes that a follower asks for at a time." },
  ],
  ["replica.fetch.wait.max.ms", { type: { type: "INT" }, default: "500", isDynamic: false, about: "Time that a follower's fetch waits for records." }],
  [
    "replica.high.watermark.checkpoint.interval.ms",
    { type: { type: "LONG" }, default: "5000", isDynamic: false, about: "Time between two checkpoints of high watermarks." },
  ],
  [
    "replica.lag.time.max.ms",
    { type: { type: "LONG" }, default: "30000", isDynamic: false, about: "Time after which a follower that has not caught up leaves the ISR." },
  ],
  ["replica.selector.class", { type: { type: "STRING" }, default: null, isDynamic: false, about: "How the replica is chosen that a consumer fetches from." }],
  ["request.timeout.ms", { type: { type: "INT" }, default: "30000", isDynamic: false, about: "Time that a request to another node may take." }],
  ["samsa.cluster.secret.file", { type: { type: "STRING" }, default: null, isDynamic: false, about: "File with the cluster's secret." }],
  [
    "samsa.fencing.by.refused.dial",
    { type: { type: "BOOLEAN" }, default: "true", isDynamic: false, about: "Whether a refused connection proves that a broker's process is gone." },
  ],
  ["samsa.quorum.append.max.entries", { type: { type: "INT" }, default: "1024", isDynamic: false, about: "Entries of the metadata log in one message." }],
  [
    "samsa.quorum.retained.entries",
    { type: { type: "INT" }, default: "1024", isDynamic: false, about: "Entries of the metadata log that are kept behind a snapshot." },
  ],
  [
    "samsa.quorum.snapshot.chunk.bytes",
    { type: { type: "INT" }, default: "262144", isDynamic: false, about: "Bytes of a snapshot of the metadata in one message." },
  ],
  ["socket.listen.backlog.size", { type: { type: "INT", min: 1 }, default: "50", isDynamic: false, about: "Connections that wait to be taken." }],
  ["socket.receive.buffer.bytes", { type: { type: "INT" }, default: "102400", isDynamic: false, about: "Receive buffer of a socket; -1 is the system's." }],
  ["socket.request.max.bytes", { type: { type: "INT", min: 1 }, default: "104857600", isDynamic: false, about: "Largest request that is read." }],
  ["socket.send.buffer.bytes", { type: { type: "INT" }, default: "102400", isDynamic: false, about: "Send buffer of a socket; -1 is the system's." }],
  [
    "unclean.leader.election.enable",
    { type: { type: "BOOLEAN" }, default: "false", isDynamic: true, about: "Default of the topics' unclean.leader.election.enable." },
  ],
]);
