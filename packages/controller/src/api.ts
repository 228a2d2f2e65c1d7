import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid } from "@samsa/stdx";
import type { Endpoint, FeatureRange } from "@samsa/metadata";

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
      /** Of its log directory, as `meta.properties` has it. */
      readonly directoryId: Uuid;
      /** What its software can work with. */
      readonly features: readonly FeatureRange[];
    }
  | {
      readonly type: "broker-heartbeat";
      readonly brokerId: NodeId;
      readonly brokerEpoch: BrokerEpoch;
      readonly appliedIndex: number;
      readonly wantsShutdown: boolean;
    }
  | { readonly type: "create-topics"; readonly topics: readonly TopicToCreate[]; readonly validateOnly: boolean }
  | { readonly type: "alter-partition"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch; readonly partitions: readonly PartitionToAlter[] }
  | { readonly type: "allocate-producer-ids"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch };

/** Answers, of the same type as the request. `error` other than NONE: the other fields say nothing. */
export type ControllerReply =
  | { readonly type: "register-broker"; readonly error: ControllerError; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "broker-heartbeat"; readonly error: ControllerError; readonly isFenced: boolean; readonly shouldShutDown: boolean }
  | { readonly type: "create-topics"; readonly error: ControllerError; readonly topics: readonly TopicCreated[] }
  | { readonly type: "alter-partition"; readonly error: ControllerError; readonly partitions: readonly PartitionAltered[] }
  | { readonly type: "allocate-producer-ids"; readonly error: ControllerError; readonly firstProducerId: number; readonly count: number };

/** Identifies a request until its reply; chosen by the caller. */
export type RequestToken = number;

/** What became of a dial to a broker's control address. `replaced`: another incarnation answered there. */
export type ProbeOutcome = "refused" | "alive" | "replaced" | "silent";
