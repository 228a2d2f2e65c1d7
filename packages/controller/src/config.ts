/** What the controller is set to, by Kafka's names. */
export interface ControllerConfig {
  /** broker.session.timeout.ms */
  readonly brokerSessionTimeoutMs: number;
  /** A refused dial of a broker's control address proves its process dead. Off: only sessions fence. */
  readonly fencingByRefusedDial: boolean;
  /** default.replication.factor */
  readonly defaultReplicationFactor: number;
  /** num.partitions */
  readonly numPartitions: number;
  /** min.insync.replicas: written once as the cluster-wide default, so that all nodes count alike (KAFKA-16540). */
  readonly minInsyncReplicas: number;
  /** unclean.leader.election.enable, where neither a topic nor a dynamic config says otherwise. */
  readonly isUncleanElectionEnabled: boolean;
  /** delete.topic.enable */
  readonly isDeleteTopicEnabled: boolean;
  /** leader.imbalance.check.interval.seconds; undefined: leaders are not moved back by themselves (auto.leader.rebalance.enable). */
  readonly leaderBalanceIntervalMs: number | undefined;
  readonly limits?: Partial<ControllerLimits>;
}

/** Bounds of what the controller takes on. */
export interface ControllerLimits {
  /** On hints one broker is fenced per this interval, so that a mistake about many is slow. */
  readonly hintFencingIntervalMs: number;
  /** Ids that a broker gets at a time. */
  readonly producerIdBlockSize: number;
  readonly maxTopicsPerRequest: number;
  /** Partitions that one CreateTopics may make, for it is one atomic batch (KAFKA-14204). */
  readonly maxPartitionsPerBatch: number;
  /**
   * Bytes of one batch as an entry of the metadata log: Raft's `maxPayloadBytes`. The next two must leave room in it for a change
   * of every partition at once, which the failure of one broker may be; the controller refuses to be made otherwise.
   */
  readonly maxBatchBytes: number;
  /** Partitions of the whole cluster; CreateTopics is refused beyond. */
  readonly maxPartitions: number;
  /** Replicas of the whole cluster; CreateTopics is refused beyond. */
  readonly maxReplicas: number;
  /** Partitions in one AlterPartition. */
  readonly maxPartitionsPerAlter: number;
  /** Resources in one AlterConfigs. */
  readonly maxConfigResourcesPerRequest: number;
  /** Elections in one round of the periodic balance; the next round goes on. */
  readonly maxElectionsPerBalance: number;
  /** Requests that may wait for a commit; further ones are answered REQUEST_TIMED_OUT. */
  readonly maxWaitingRequests: number;
}

export const DEFAULT_CONTROLLER_LIMITS: ControllerLimits = {
  hintFencingIntervalMs: 100,
  producerIdBlockSize: 1000,
  maxTopicsPerRequest: 1000,
  maxPartitionsPerBatch: 10_000,
  maxBatchBytes: 8 * 1024 * 1024,
  maxPartitions: 40_000,
  maxReplicas: 200_000,
  maxPartitionsPerAlter: 10_000,
  maxConfigResourcesPerRequest: 1000,
  maxElectionsPerBalance: 1000,
  maxWaitingRequests: 1000,
};
