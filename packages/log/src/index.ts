export type { BatchHeader } from "./batch-header.ts";
export { FileGenerations } from "./file-generations.ts";
export { LeaderEpochCache } from "./leader-epoch-cache.ts";
export type { EpochEntry } from "./leader-epoch-checkpoint.ts";
export * from "./log-config.ts";
export { segmentFileName } from "./log-file-names.ts";
export type { AppendError, EpochEnd, FollowerAppend, LeaderAppend, LogRead, PartitionLogListener, TimestampedOffset } from "./log-results.ts";
export { PartitionLog, type PartitionLogOptions } from "./partition-log.ts";
export { type ProducerBatch, type ProducerEntry, ProducerState, type SequenceCheck } from "./producer-state.ts";
