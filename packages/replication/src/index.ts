export * from "./replica-log.ts";
export * from "./outcomes.ts";
export type { BrokerView, IsrAnswer, IsrChange, IsrMember, ReplicaTrace } from "./replica-listener.ts";
export type { LeaderState, ReadReplica } from "./leader.ts";
export type { ApplyOutcome, FetchedFromLeader, FetchPosition, FollowerState } from "./follower.ts";
export type { FetchTimes } from "./follower-progress.ts";
export type { ReaderPosition } from "./divergence.ts";
export { Replica, type ReplicaListener, type ReplicaOptions } from "./replica.ts";
export type { ConsumerFetch, OffsetReader, OffsetRequest, ReplicaFetch } from "./replica-requests.ts";
