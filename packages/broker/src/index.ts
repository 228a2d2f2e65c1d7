export { Broker, type BrokerOptions } from "./broker.ts";
export type { BrokerConfig, ListenerConfig, LogDirConfig } from "./config.ts";
export type { ControllerChannel, OnReply } from "./controller-channel.ts";
export type { SecretProof } from "./connection/peer-proof.ts";
export type { HostedReplica } from "./replicas/hosted-replica.ts";
export type { HostedReplicas } from "./replicas/hosted-replicas.ts";
