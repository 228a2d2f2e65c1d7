import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid } from "@samsa/stdx";

export interface Endpoint {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
}

/** Who holds a partition, and a reassignment under way: replicas that are on their way in, and those that go once they are (KIP-455). */
export interface Assignment {
  /** The first is the preferred leader. While a reassignment is under way: those of before and of after it. */
  readonly replicas: readonly NodeId[];
  readonly addingReplicas: readonly NodeId[];
  readonly removingReplicas: readonly NodeId[];
}

/** Levels of one feature that a broker's software can work with. */
export interface FeatureRange {
  readonly name: string;
  readonly minLevel: number;
  readonly maxLevel: number;
}

/** One broker's newest registration. */
export interface BrokerRegistration {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
  readonly incarnationId: Uuid;
  readonly endpoints: readonly Endpoint[];
  readonly controlEndpoint: { readonly host: string; readonly port: number };
  readonly rack: string | null;
  /** Of its first log directory; the zero UUID where it was not told. */
  readonly directoryId: Uuid;
  /** Those that work, of a broker with several log directories or a failed one (KIP-858); left out: `directoryId` is the only one. */
  readonly logDirs?: readonly Uuid[];
  readonly features: readonly FeatureRange[];
  readonly isFenced: boolean;
  /** Index of the metadata entry that registered this incarnation: it is unfenced once it has applied that far. */
  readonly registeredAtIndex: number;
}

/** Which of its broker's log directories a replica lies in (KIP-858). */
export interface ReplicaDirectory {
  readonly brokerId: NodeId;
  readonly directoryId: Uuid;
}

/** Everything that changes with an election or an ISR change; records carry it whole, so that replay computes nothing. */
export interface PartitionState {
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  /** Counts every change of this state. */
  readonly partitionEpoch: PartitionEpoch;
  readonly isr: readonly NodeId[];
  /** Replicas that left the ISR while it was below min.insync.replicas and still hold all committed records (KIP-966). */
  readonly elr: readonly NodeId[];
  /** Who led last, while nobody leads; −1 otherwise. It may lead again if ISR and ELR are both empty (KIP-966). */
  readonly lastKnownLeader: NodeId;
}

/** What has configs of its own. */
export type ConfigResourceType = "topic" | "broker" | "group";

/** One record of the metadata log. A batch of them is one Raft entry and is applied whole. */
export type MetadataRecord =
  | {
      readonly type: "register-broker";
      readonly brokerId: NodeId;
      readonly brokerEpoch: BrokerEpoch;
      readonly incarnationId: Uuid;
      readonly endpoints: readonly Endpoint[];
      readonly controlEndpoint: { readonly host: string; readonly port: number };
      readonly rack: string | null;
      /** False where the broker may have lost acknowledged records it had not synced: the host lost its page cache. */
      readonly pageCacheSurvived: boolean;
      /** Of its first log directory; the zero UUID where it was not told (version 0). Another one than before: the old disk is gone. */
      readonly directoryId: Uuid;
      /** See `BrokerRegistration`. */
      readonly logDirs?: readonly Uuid[];
      readonly features: readonly FeatureRange[];
    }
  | { readonly type: "fence-broker"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "unfence-broker"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }
  /** The log directories of a registered broker that still work: the others have failed. */
  | { readonly type: "broker-directories"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch; readonly logDirs: readonly Uuid[] }
  | { readonly type: "topic"; readonly name: string; readonly topicId: Uuid }
  /** With its partitions and its configs. */
  | { readonly type: "remove-topic"; readonly topicId: Uuid }
  | ({ readonly type: "partition"; readonly topicId: Uuid; readonly partition: number; readonly directories?: readonly ReplicaDirectory[] } & Assignment &
      PartitionState)
  /** A broker has put its replica into this directory, or found it there. */
  | ({ readonly type: "replica-directory"; readonly topicId: Uuid; readonly partition: number } & ReplicaDirectory)
  /** `assignment` only where that changes, too: a failure changes every partition of a broker at once, and must be small. */
  | ({ readonly type: "partition-change"; readonly topicId: Uuid; readonly partition: number; readonly assignment?: Assignment } & PartitionState)
  | { readonly type: "producer-ids"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch; readonly nextProducerId: number }
  | {
      readonly type: "config";
      readonly resourceType: ConfigResourceType;
      /** A topic's or a group's name; a broker's id in decimal, or "" for the cluster-wide default. */
      readonly resourceName: string;
      readonly key: string;
      /** null takes the override away. */
      readonly value: string | null;
    }
  /** The level of a feature that the whole cluster works at from here on; 0 takes it away (KIP-584). */
  | { readonly type: "feature-level"; readonly name: string; readonly level: number }
  /** The first record of a snapshot, whose records stand for all that came before: what the counters had come to. */
  | { readonly type: "snapshot"; readonly nextBrokerEpoch: BrokerEpoch; readonly nextProducerId: number }
  /** In a snapshot: a broker's standing as it was, where `register-broker` would begin a new one. */
  | ({ readonly type: "broker" } & BrokerRegistration);
