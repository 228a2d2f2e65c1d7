export {
  CUT_DIAL_TIMEOUT_MS,
  FaultControl,
  type ClassifierContext,
  type FaultControlOptions,
  type FaultFiring,
  type NetworkFaultTarget,
  type StashClassifier,
} from "./fault-control.ts";
export { HELD_BYTES_MAX, SWALLOW_MS } from "./faulty-connection.ts";
export { faultyClock } from "./faulty-clock.ts";
export { faultyDisk } from "./faulty-disk.ts";
export { faultyNetwork } from "./faulty-network.ts";
export { faultyWorld } from "./faulty-world.ts";
export {
  DECORATED_SUPPORT,
  cutOfPartition,
  partitionOfNode,
  type NodeCut,
  type NodeFault,
  type NodePartition,
  type OperatorFault,
  type PartitionSides,
} from "./node-fault.ts";
export { STASH_HOLD_MS_MAX } from "./stash-control.ts";
export type { FaultTimer } from "./fault-timer.ts";
