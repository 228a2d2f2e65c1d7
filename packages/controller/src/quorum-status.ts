/** One replica of the metadata log as its leader sees it. */
export interface ReplicaStatus {
  readonly id: number;
  readonly directoryId: string;
  /** `host:port` of its control listener; empty for an observer. */
  readonly address: string;
  readonly status: "leader" | "follower" | "observer";
  /** Index of the last entry that it has, durably if it votes. */
  readonly endIndex: number;
  /** Entries behind the leader. */
  readonly lag: number;
  /** Since the leader heard of it, and since it had all that the leader had then; 0 for the leader. */
  readonly lastFetchAgoMs: number;
  readonly lastCaughtUpAgoMs: number;
}

/** What the leader of the metadata quorum tells operators: Kafka's `kafka-metadata-quorum describe`. */
export interface QuorumStatus {
  readonly clusterId: string;
  /** -1: the node that was asked knows none. */
  readonly leader: number;
  readonly leaderEpoch: number;
  /** The rest is empty unless the leader itself answers. */
  readonly isLeader: boolean;
  /** Entries up to here are committed. */
  readonly highWatermark: number;
  /** The newest snapshot stands for the entries up to here; 0: there is none. */
  readonly snapshotIndex: number;
  readonly voters: readonly ReplicaStatus[];
  readonly observers: readonly ReplicaStatus[];
}
