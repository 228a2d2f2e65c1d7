export * from "./replica-log.ts";
export * from "./outcomes.ts";
export type { BrokerView, IsrAnswer, IsrChange, IsrMember, ReplicaTrace } from "./replica-listener.ts";
export type { LeaderState } from "./leader.ts";
export type { ApplyOutcome, FetchedFromLeader, FetchPosition, FollowerState } from "./follower.ts";
export type { ReaderPosition } from "./divergence.ts";
export { type ConsumerFetch, type OffsetRequest, Replica, type ReplicaListener, type ReplicaFetch, type ReplicaOptions } from "./replica.ts";
