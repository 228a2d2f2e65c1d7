export { coordinatorPartition } from "./coordinators/java-hash.ts";
export { Broker, type BrokerOptions } from "./broker.ts";
export { MIGRATION_POLICIES } from "@samsa/coordinators";
export { type BrokerConfig, GROUP_ASSIGNORS, type ListenerConfig, type LogDirConfig } from "./config.ts";
export type { ControllerChannel, OnReply } from "./controller-channel.ts";
export type { SecretProof } from "./connection/peer-proof.ts";
export type { HostedReplica } from "./replicas/hosted-replica.ts";
export type { HostedReplicas } from "./replicas/hosted-replicas.ts";
