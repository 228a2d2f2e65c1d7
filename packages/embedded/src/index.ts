export { Cluster, type TopicOptions, type WaitOptions } from "./cluster.ts";
export { ClusterError, type ClusterErrorCode } from "./cluster-error.ts";
export type { ClusterOptions } from "./cluster-options.ts";
export type { ClusterState, NodeState, PartitionState } from "./cluster-state.ts";
export type { NodeStatus } from "./embedded-node.ts";
export type { Fault } from "./fault.ts";
export type { FailOptions } from "./cluster-faults.ts";
export type { RequestMatch } from "./requests/request-rules.ts";
