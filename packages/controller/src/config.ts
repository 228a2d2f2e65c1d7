/** What the controller is set to; names and defaults are Kafka's where it has them. */
export interface ControllerConfig {
  /** broker.session.timeout.ms */
  readonly brokerSessionTimeoutMs: number;
  /** A refused dial of a broker's control address proves its process dead. Off: only sessions fence. */
  readonly fencingByRefusedDial: boolean;
  /** On such hints one broker is fenced per this interval, so that a mistake about many is slow. */
  readonly hintFencingIntervalMs: number;
  /** default.replication.factor */
  readonly defaultReplicationFactor: number;
  /** num.partitions */
  readonly numPartitions: number;
  /** min.insync.replicas: written once as the cluster-wide default, so that all nodes count alike (KAFKA-16540). */
  readonly minInsyncReplicas: number;
  readonly producerIdBlockSize: number;
  readonly maxTopicsPerRequest: number;
  /** Partitions that one CreateTopics may make, for it is one atomic batch (KAFKA-14204). */
  readonly maxPartitionsPerBatch: number;
  /** Partitions in one AlterPartition. */
  readonly maxPartitionsPerAlter: number;
  /** Requests that may wait for a commit; further ones are answered REQUEST_TIMED_OUT. */
  readonly maxWaitingRequests: number;
}

export const DEFAULT_CONTROLLER_CONFIG: ControllerConfig = {
  brokerSessionTimeoutMs: 9000,
  fencingByRefusedDial: true,
  hintFencingIntervalMs: 100,
  defaultReplicationFactor: 1,
  numPartitions: 1,
  minInsyncReplicas: 1,
  producerIdBlockSize: 1000,
  maxTopicsPerRequest: 1000,
  maxPartitionsPerBatch: 10_000,
  maxPartitionsPerAlter: 20_000,
  maxWaitingRequests: 1000,
};
