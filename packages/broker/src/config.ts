import { ASSIGNORS, type GroupConfig } from "@samsa/coordinators";
import type { NodeId } from "@samsa/stdx";

export interface ListenerConfig {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** What Metadata tells those who came by this listener to connect to; a port of 0 is the one that was bound. */
  readonly advertised: { readonly host: string; readonly port: number };
}

/** A log directory that partitions are put into. */
export interface LogDirConfig {
  /** Of the node's log directories, counted from 0: see `inLogDirectory` of the world. */
  readonly index: number;
  /** As it is configured; for people. */
  readonly path: string;
}

/** offsets.topic.num.partitions, offsets.topic.replication.factor and offsets.topic.segment.bytes: the topic is made when the first group is asked for. */
export interface OffsetsTopicConfig {
  readonly partitionCount: number;
  readonly replicationFactor: number;
  readonly segmentBytes: number;
}

/** log.cleaner.*: the last four are for topics that say nothing of their own. */
export interface LogCleanerConfig {
  readonly isEnabled: boolean;
  readonly backoffMs: number;
  /** Bytes. */
  readonly dedupeBufferSize: number;
  /** Share of that which keys may take. */
  readonly ioBufferLoadFactor: number;
  /** Read and written together. */
  readonly ioMaxBytesPerSecond: number;
  readonly minCleanableRatio: number;
  readonly deleteRetentionMs: number;
  readonly minCompactionLagMs: number;
  /** Kafka's largest int64 means: no limit. */
  readonly maxCompactionLagMs: number;
}

/** What the broker part of a node needs of its configuration. Names follow Kafka's keys. */
export interface BrokerConfig {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  /** Where clients and followers connect; at least one. */
  readonly listeners: readonly ListenerConfig[];
  /** The listener by which followers reach their leaders (inter.broker.listener.name). */
  readonly interBrokerListener: string;
  /** In the order of the configuration; at least one. */
  readonly logDirs: readonly LogDirConfig[];
  readonly rack: string | null;
  /** Which replica consumers are sent to; undefined: the leader. */
  readonly replicaSelectorClass: string | undefined;
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly isAutoCreateTopicsEnabled: boolean;
  readonly replicaLagTimeMaxMs: number;
  readonly replicaFetchWaitMaxMs: number;
  readonly replicaFetchMaxBytes: number;
  readonly replicaFetchResponseMaxBytes: number;
  readonly replicaFetchBackoffMs: number;
  /** Most partitions in one answer of DescribeTopicPartitions. */
  readonly maxRequestPartitionSizeLimit: number;
  readonly numReplicaFetchers: number;
  readonly fetchMaxBytes: number;
  readonly maxIncrementalFetchSessionCacheSlots: number;
  readonly messageMaxBytes: number;
  /** Kafka's names: `producer`, `uncompressed` or a codec. */
  readonly compressionType: string;
  readonly compressionGzipLevel: number;
  readonly compressionLz4Level: number;
  readonly compressionZstdLevel: number;
  readonly logSegmentBytes: number;
  readonly logRollMs: number;
  readonly logRollJitterMs: number;
  readonly logIndexIntervalBytes: number;
  readonly logIndexSizeMaxBytes: number;
  readonly producerIdExpirationMs: number;
  readonly logFlushOffsetCheckpointIntervalMs: number;
  readonly logFlushStartOffsetCheckpointIntervalMs: number;
  readonly logRetentionMs: number;
  readonly logRetentionBytes: number;
  readonly logRetentionCheckIntervalMs: number;
  readonly logCleanupPolicy: string;
  readonly logCleaner: LogCleanerConfig;
  readonly logSegmentDeleteDelayMs: number;
  readonly replicaHighWatermarkCheckpointIntervalMs: number;
  /** Of these four Kafka's largest int64 means: no limit. */
  readonly logFlushIntervalMessages: number;
  readonly logFlushIntervalMs: number;
  readonly logMessageTimestampBeforeMaxMs: number;
  readonly logMessageTimestampAfterMaxMs: number;
  readonly socketRequestMaxBytes: number;
  /** Of requests that have not come whole, of all connections together; −1: `DEFAULT_REQUEST_MEMORY_BYTES`. */
  readonly queuedMaxRequestBytes: number;
  readonly maxConnections: number;
  readonly maxConnectionsPerIp: number;
  readonly maxConnectionsPerIpOverrides: ReadonlyMap<string, number>;
  readonly connectionsMaxIdleMs: number;
  readonly groups: GroupConfig;
  readonly offsetsTopic: OffsetsTopicConfig;
  /** What the node was given, by Kafka's keys, for `DescribeConfigs`: known keys and unknown ones. */
  readonly properties: ReadonlyMap<string, string>;
}

/** What `group.consumer.assignors` may name. */
export const GROUP_ASSIGNORS: readonly string[] = [...ASSIGNORS.keys()];

/** Requests of one connection that may be under way before it is read no further. */
export const MAX_PIPELINED_REQUESTS = 16;
export const MAX_PIPELINED_BYTES = 8 * 1024 * 1024;
/** Of one connection's requests, from which on it is not read before the broker serves. A client's first request has about a hundred. */
export const UNSERVED_BYTES_MAX = 4096;
