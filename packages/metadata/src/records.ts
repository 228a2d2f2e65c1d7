import type { BrokerEpoch, LeaderEpoch, NodeId, PartitionEpoch, Uuid } from "@samsa/stdx";

export interface Endpoint {
  readonly listener: string;
  readonly host: string;
  readonly port: number;
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
    }
  | { readonly type: "fence-broker"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "unfence-broker"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch }
  | { readonly type: "topic"; readonly name: string; readonly topicId: Uuid }
  | ({ readonly type: "partition"; readonly topicId: Uuid; readonly partition: number; readonly replicas: readonly NodeId[] } & PartitionState)
  | ({ readonly type: "partition-change"; readonly topicId: Uuid; readonly partition: number } & PartitionState)
  | { readonly type: "producer-ids"; readonly brokerId: NodeId; readonly brokerEpoch: BrokerEpoch; readonly nextProducerId: number }
  | {
      readonly type: "config";
      readonly resourceType: "topic" | "broker";
      /** A topic's name; a broker's id in decimal, or "" for the cluster-wide default. */
      readonly resourceName: string;
      readonly key: string;
      /** null takes the override away. */
      readonly value: string | null;
    };
