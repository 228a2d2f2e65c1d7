import type { FaultPlan } from "@samsa/world";
import type { WorldOptionsInput } from "../world/index.ts";

export interface TopicShape {
  readonly partitions: number;
  readonly replicationFactor: number;
  readonly minInsyncReplicas: number;
  /** `unclean.leader.election.enable`: who lacks records may lead. */
  readonly isUncleanAllowed?: boolean;
}

export interface LoadShape {
  readonly acks: -1 | 0 | 1;
  readonly isIdempotent: boolean;
  readonly producers: number;
  readonly recordsPerSecond: number;
  /** So many records at once, at the same mean rate; 1: evenly one by one. */
  readonly recordsPerBurst: number;
  /** True: a burst is one batch of one partition. Else each of its records goes to a partition of its own. */
  readonly isBurstToOnePartition?: boolean;
  readonly maxInFlight: number;
  /** Where idempotent producers begin; else at 0. Near 32 767 and 2^31 − 1 they come to the limits (KAFKA-7692). */
  readonly firstProducerEpoch?: number;
  readonly firstSequence?: number;
}

/** A topic with a load of its own beside the swarm's: what its settings let go must not excuse the others. */
export interface OtherTopic {
  readonly name: string;
  readonly topic: TopicShape;
  readonly load: LoadShape;
}

/** A group that reads the swarm's own topic beside its consumers. */
export interface GroupShape {
  readonly members: number;
  readonly strategy: "range" | "roundrobin" | "cooperative-sticky";
  /** Every other member prefers this one, and each has both. */
  readonly secondStrategy?: GroupShape["strategy"];
  readonly isStatic: boolean;
  /** So often a member leaves, dies or stands still; without it they stay. */
  readonly churnEveryMs?: number;
  readonly commitEveryMs: number;
  readonly sessionTimeoutMs: number;
  readonly maxPollIntervalMs: number;
  /** `max.poll.records`; else the client's own. */
  readonly maxPollRecords?: number;
  /** So often a member stops reading a partition (`pause`), and goes on a moment later; without it never. */
  readonly pauseEveryMs?: number;
  /** Its consumers commit by themselves (`enable.auto.commit`), so often. */
  readonly isAutoCommitting?: boolean;
  /** So often a member goes back in a partition (`seek`); without it never. */
  readonly seekEveryMs?: number;
  /** When all is done its members stay so long before anybody looks at what is committed. */
  readonly idleMs?: number;
}

/** A compacted topic of few keys, to which one client writes with acks=all; logs are compacted by the run's limits. */
export interface CompactionShape {
  readonly partitions: number;
  readonly keys: number;
  readonly recordsPerSecond: number;
  /** Of so many records one deletes its key. */
  readonly tombstoneOneIn: number;
  readonly isIdempotent: boolean;
  /** Retention looks at its logs too (`cleanup.policy=compact,delete`), and finds nothing that is old enough. */
  readonly isRetained?: boolean;
  /** And what is more than this (`retention.bytes`) it deletes; without it nothing. */
  readonly retainedBytes?: number;
}

/** All that a run depends on beside the code: data only, so that it can be printed, shrunk and replayed. */
export interface SimulationInput {
  /** Drives the world: latencies, disks, turns, the nodes' own draws. */
  readonly seed: number;
  /** Brokers. */
  readonly nodes: number;
  /** Nodes that are controllers only; none: the brokers are controllers too. */
  readonly controllers?: number;
  /** Virtual time under faults. */
  readonly durationMs: number;
  readonly topic: TopicShape;
  readonly load: LoadShape;
  readonly others?: readonly OtherTopic[];
  readonly groups?: readonly GroupShape[];
  readonly compaction?: CompactionShape;
  readonly world: WorldOptionsInput;
  /** Small limits find what large ones hide: `server.properties` keys. */
  readonly limits: Readonly<Record<string, string>>;
  readonly plan: FaultPlan;
  /** Each broker is in a rack of its own, and consumers are in this broker's: they read from it where it is in sync (KIP-392). */
  readonly readersNear?: number;
  /** So often an operator has records of the swarm's own topic deleted (DeleteRecords). */
  readonly deletesEveryMs?: number;
  /** When all is healed and whole again, a broker is killed that takes so long to die; it must be fenced promptly (I-L10). */
  readonly lastDeath?: { readonly diesOverMs: number };
}
