/** Settings of a consumer under Kafka's names; defaults are Kafka's. */
export interface ConsumerConfig {
  readonly isolationLevel: "read_uncommitted" | "read_committed";
  /** Where to go on when the position is not in the log (any more). */
  readonly autoOffsetReset: "earliest" | "latest" | "none";
  readonly fetchMaxWaitMs: number;
  readonly fetchMinBytes: number;
  readonly fetchMaxBytes: number;
  readonly maxPartitionFetchBytes: number;
  /** `client.rack`: a cluster with a replica selector sends the consumer to a replica there; empty: it says nothing. */
  readonly clientRack: string;
  /** `metadata.max.age.ms`: so long it reads from the replica that its leader sent it to, and then asks the leader again. */
  readonly metadataMaxAgeMs: number;
  /** How long a question for an offset is asked, and a commit tried. */
  readonly defaultApiTimeoutMs: number;
  /** Events that nobody took yet; beyond it nothing more is fetched. */
  readonly maxBufferedEvents: number;
}

export const CONSUMER_DEFAULTS: ConsumerConfig = {
  isolationLevel: "read_uncommitted",
  autoOffsetReset: "latest",
  fetchMaxWaitMs: 500,
  fetchMinBytes: 1,
  fetchMaxBytes: 52_428_800,
  maxPartitionFetchBytes: 1_048_576,
  clientRack: "",
  metadataMaxAgeMs: 300_000,
  defaultApiTimeoutMs: 60_000,
  maxBufferedEvents: 1000,
};

export const isolationCode = (level: ConsumerConfig["isolationLevel"]): number => (level === "read_committed" ? 1 : 0);
