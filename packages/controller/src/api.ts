import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid } from "@samsa/stdx";
import type { ConfigResourceType, Endpoint, FeatureRange } from "@samsa/metadata";
import type { QuorumStatus } from "./quorum-status.ts";

/** Names of Kafka's error table; the broker's protocol layer turns them into codes. */
export type ControllerError =
  | "NONE"
  | "NOT_CONTROLLER"
  | "STALE_BROKER_EPOCH"
  | "BROKER_ID_NOT_REGISTERED"
  | "DUPLICATE_BROKER_REGISTRATION"
  | "UNKNOWN_TOPIC_ID"
  | "UNKNOWN_TOPIC_OR_PARTITION"
  | "FENCED_LEADER_EPOCH"
  | "INVALID_UPDATE_VERSION"
  | "INELIGIBLE_REPLICA"
  | "OPERATION_NOT_ATTEMPTED"
  | "INVALID_REQUEST"
  | "TOPIC_ALREADY_EXISTS"
  | "INVALID_TOPIC_EXCEPTION"
  | "INVALID_PARTITIONS"
  | "INVALID_REPLICATION_FACTOR"
  | "INVALID_REPLICA_ASSIGNMENT"
  | "INVALID_CONFIG"
  | "POLICY_VIOLATION"
  | "REQUEST_TIMED_OUT"
  | "TOPIC_DELETION_DISABLED"
  | "ELECTION_NOT_NEEDED"
  | "PREFERRED_LEADER_NOT_AVAILABLE"
  | "ELIGIBLE_LEADERS_NOT_AVAILABLE"
  | "UNSUPPORTED_VERSION"
  | "UNKNOWN_SERVER_ERROR";

export interface TopicToCreate {
  readonly name: string;
  /** −1 for the broker default, which the receiving broker has already put in its place. */
  readonly partitionCount: number;
  readonly replicationFactor: number;
  /** Replicas by partition; empty for the controller's own placement. */
  readonly assignments: readonly { readonly partition: number; readonly replicas: readonly NodeId[] }[];
  readonly configs: ReadonlyMap<string, string | null>;
}

export interface TopicCreated {
  readonly name: string;
  readonly error: ControllerError;
  readonly message: string | null;
  readonly topicId: Uuid;
  readonly partitionCount: number;
  readonly replicationFactor: number;
}

/** By name, or by id where the name is null. */
export interface TopicToDelete {
  readonly name: string | null;
  /** The zero UUID where it is by name. */
  readonly topicId: Uuid;
}

export interface TopicDeleted extends TopicToDelete {
  readonly error: ControllerError;
  readonly message: string | null;
}

export interface TopicToGrow {
  readonly name: string;
  /** With those that it has. */
  readonly partitionCount: number;
  /** Replicas of each partition that is added; null for the controller's own placement. */
  readonly assignments: readonly (readonly NodeId[])[] | null;
}

export interface TopicGrown {
  readonly name: string;
  readonly error: ControllerError;
  readonly message: string | null;
}

export interface ConfigResource {
  readonly resourceType: ConfigResourceType;
  /** A topic's or a group's name; a broker's id in decimal, or "" for the cluster-wide default. */
  readonly resourceName: string;
}

/** `append` and `subtract` are for lists. */
export type ConfigOperation = "set" | "delete" | "append" | "subtract";

export interface ConfigChange {
  readonly name: string;
  readonly operation: ConfigOperation;
  /** null with `delete` only. */
  readonly value: string | null;
}

export interface ConfigsToChange extends ConfigResource {
  readonly changes: readonly ConfigChange[];
}

/** All that the resource shall have: whatever is not named goes. */
export interface ConfigsToReplace extends ConfigResource {
  readonly configs: readonly { readonly name: string; readonly value: string | null }[];
}

export interface ConfigsAltered extends ConfigResource {
  readonly error: ControllerError;
  readonly message: string | null;
}

export interface PartitionName {
  readonly topic: string;
  readonly partition: number;
}

export interface LeaderElected extends PartitionName {
  readonly error: ControllerError;
  readonly message: string | null;
}

export interface FeatureUpdate {
  readonly name: string;
  /** 0 takes the feature away. */
  readonly level: number;
  readonly upgradeType: "upgrade" | "safe-downgrade" | "unsafe-downgrade";
}

export interface FeatureUpdated {
  readonly name: string;
  readonly error: ControllerError;
  readonly message: string | null;
}

export interface IsrMember {
  readonly brokerId: NodeId;
  readonly brokerEpoch: BrokerEpoch;
}

export interface PartitionToAlter {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly newIsr: readonly IsrMember[];
}

export interface PartitionAltered {
  readonly topicId: Uuid;
  readonly partition: number;
  readonly error: ControllerError;
  readonly leader: NodeId;
  readonly leaderEpoch: LeaderEpoch;
  readonly partitionEpoch: PartitionEpoch;
  readonly isr: readonly NodeId[];
}

/** What nodes ask of the active controller over the control plane. */
export type ControllerRequest =
  | {
      readonly type: "register-broker";
      readonly brokerId: NodeId;
      readonly incarnationId: Uuid;
      readonly endpoints: readonly Endpoint[];
      readonly controlEndpoint: { readonly host: string; readonly port: number };
      readonly rack: string | null;
      readonly pageCacheSurvived: boolean;
      /** Of its first log directory, as `meta.properties` has it. */
      readonly directoryId: Uuid;
      /** Those that work, of a broker with several. */
      readonly logDirs?: readonly Uuid[];
      /** Not all that it is configured with work: a known one that is missing may come back. */
      readonly hasOfflineDirs?: boolean;
      /** What its software can work with. */
      readonly features: readonly FeatureRange[];
    }
  | {
      readonly type: "broker-heartbeat";
      readonly brokerId: NodeId;
      readonly brokerEpoch: BrokerEpoch;
      readonly appliedIndex: number;
      readonly wantsShutdown: boolean;
      /** Log directories that have failed since its registration. */
      readonly offlineDirs?: readonly Uuid[];
    }
  /** Where replicas of a broker with several log directories lie (KIP-858). */
  | {
      readonly type: "assign-replicas-to-dirs";
      readonly brokerId: NodeId;
      readonly brokerEpoch: BrokerEpoch;
      readonly replicas: readonly { readonly topicId: Uuid; readonly partition: number; readonly directoryId: Uuid }[];
    }
  | { readonly type: "create-topics"; readonly topics: readonly TopicToCreate[]; readonly validateOnly: boolean }
  | { readonly type: "alter-partition"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch; readonly partitions: readonly PartitionToAlter[] }
  | { readonly type: "allocate-producer-ids"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "delete-topics"; readonly topics: readonly TopicToDelete[] }
  | { readonly type: "create-partitions"; readonly topics: readonly TopicToGrow[]; readonly validateOnly: boolean }
  | { readonly type: "incremental-alter-configs"; readonly resources: readonly ConfigsToChange[]; readonly validateOnly: boolean }
  | { readonly type: "alter-configs"; readonly resources: readonly ConfigsToReplace[]; readonly validateOnly: boolean }
  /** `partitions`: null for all that need it. */
  | { readonly type: "elect-leaders"; readonly electionType: "preferred" | "unclean"; readonly partitions: readonly PartitionName[] | null }
  | { readonly type: "update-features"; readonly updates: readonly FeatureUpdate[]; readonly validateOnly: boolean }
  /** Answered by the node, of its metadata quorum; nothing is decided. */
  | { readonly type: "describe-quorum" };

/** What a controller decides; the rest is the node's. */
export type DecidedRequest = Exclude<ControllerRequest, { type: "describe-quorum" }>;

/** Answers, of the same type as the request. `error` other than NONE: the other fields say nothing. */
export type ControllerReply =
  | { readonly type: "register-broker"; readonly error: ControllerError; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "broker-heartbeat"; readonly error: ControllerError; readonly isFenced: boolean; readonly shouldShutDown: boolean }
  | { readonly type: "assign-replicas-to-dirs"; readonly error: ControllerError }
  | { readonly type: "create-topics"; readonly error: ControllerError; readonly topics: readonly TopicCreated[] }
  | { readonly type: "alter-partition"; readonly error: ControllerError; readonly partitions: readonly PartitionAltered[] }
  | { readonly type: "allocate-producer-ids"; readonly error: ControllerError; readonly firstProducerId: number; readonly count: number }
  | { readonly type: "delete-topics"; readonly error: ControllerError; readonly topics: readonly TopicDeleted[] }
  | { readonly type: "create-partitions"; readonly error: ControllerError; readonly topics: readonly TopicGrown[] }
  | { readonly type: "incremental-alter-configs"; readonly error: ControllerError; readonly resources: readonly ConfigsAltered[] }
  | { readonly type: "alter-configs"; readonly error: ControllerError; readonly resources: readonly ConfigsAltered[] }
  | { readonly type: "elect-leaders"; readonly error: ControllerError; readonly partitions: readonly LeaderElected[] }
  | { readonly type: "update-features"; readonly error: ControllerError; readonly features: readonly FeatureUpdated[] }
  | { readonly type: "describe-quorum"; readonly error: ControllerError; readonly status: QuorumStatus | null };

/** Identifies a request until its reply; chosen by the caller. */
export type RequestToken = number;

/** What became of a dial to a broker's control address. `replaced`: another incarnation answered there. */
export type ProbeOutcome = "refused" | "alive" | "replaced" | "silent";
