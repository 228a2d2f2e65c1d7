export { isClean, runSimulation, type SimulationResult } from "./run-simulation.ts";
export { type FaultFamily, faultPlan, FAULT_FAMILIES, inputOfSeed, type SearchFocus, simulationInput, SWARM_TOPIC } from "./swarm/arbitraries.ts";
export { replayCommand } from "./swarm/replay-command.ts";
export type { LoadShape, SimulationInput, TopicShape } from "./swarm/simulation-input.ts";
export { type ClusterObserver, hostName, type NodeView, SimulatedCluster } from "./cluster/cluster.ts";
export { type Violation, Watcher } from "./invariants/watcher.ts";
export * from "./world/index.ts";
export { watchedCluster, type WatchedCluster } from "./cluster/watched-cluster.ts";
export { shrinkSeed, type Shrunk } from "./swarm/shrink.ts";
