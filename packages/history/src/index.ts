export { checkHistory } from "./check.ts";
export { formatVerdict } from "./format-verdict.ts";
export { checkGroup, type DeposedCoordinator, type GroupAnomaly, type GroupAnomalyName, type GroupCheckOptions } from "./groups/check-groups.ts";
export { GroupHistory, type GroupPartitionHistory, NO_OFFSET, type OffsetCommit, type OffsetFetch, type Ownership } from "./groups/group-history.ts";
export { History, type Send, type SendError, type TopicPartition } from "./history.ts";
export { isDefiniteError, outcomeOfError, type Outcome } from "./outcome.ts";
export { NOT_COMPLETED, PartitionHistory, UNKNOWN_OFFSET } from "./partition-history.ts";
export { encodePayload, parsePayload, type ParsedPayload, type Payload } from "./payload.ts";
export type { CheckOptions, Excuse, TimeSpan } from "./permit.ts";
export { FinalRead, NO_VALUE, ReadStream, type Phantom, type ReadRecord } from "./read-stream.ts";
export {
  ANOMALY_NAMES,
  LOSSES,
  MAX_EXAMPLES,
  type Anomaly,
  type AnomalyName,
  type Conclusion,
  LEAVE_KINDS,
  type Leave,
  type LeaveKind,
  type PermittedAnomaly,
  type Verdict,
  type VerdictCounts,
} from "./verdict.ts";
