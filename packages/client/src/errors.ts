/** After these errors the metadata are old: the leader moved, or the topic did. */
const STALE_METADATA: ReadonlySet<string> = new Set([
  "FENCED_LEADER_EPOCH",
  "KAFKA_STORAGE_ERROR",
  "LEADER_NOT_AVAILABLE",
  "LISTENER_NOT_FOUND",
  "NOT_LEADER_OR_FOLLOWER",
  "REPLICA_NOT_AVAILABLE",
  "UNKNOWN_LEADER_EPOCH",
  "UNKNOWN_TOPIC_ID",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "INCONSISTENT_TOPIC_ID",
  "DISCONNECTED",
  "REQUEST_TIMED_OUT",
  "MALFORMED_RESPONSE",
]);

/** A request that was never sent, and would not be another time either. */
export const isUnsendable = (error: string): boolean => error === "UNSUPPORTED_VERSION" || error === "INVALID_REQUEST";

export const isStaleMetadataError = (error: string): boolean => STALE_METADATA.has(error);

/** Errors of a produce attempt that prove that this attempt appended nothing. */
const PROVES_NOTHING_APPENDED: ReadonlySet<string> = new Set([
  "NOT_ENOUGH_REPLICAS",
  "OUT_OF_ORDER_SEQUENCE_NUMBER",
  "THROTTLING_QUOTA_EXCEEDED",
  "UNKNOWN_PRODUCER_ID",
  "UNKNOWN_TOPIC_ID",
  "UNKNOWN_TOPIC_OR_PARTITION",
]);

/** Errors of an attempt to commit offsets that prove that this attempt committed nothing, and never will. */
const PROVES_NOTHING_COMMITTED: ReadonlySet<string> = new Set([
  "COORDINATOR_LOAD_IN_PROGRESS",
  "FENCED_INSTANCE_ID",
  "GROUP_AUTHORIZATION_FAILED",
  "ILLEGAL_GENERATION",
  "INVALID_GROUP_ID",
  "INVALID_REQUEST",
  "REBALANCE_IN_PROGRESS",
  "UNKNOWN_MEMBER_ID",
  "UNSUPPORTED_VERSION",
]);

export const provesNothingCommitted = (error: string): boolean => PROVES_NOTHING_COMMITTED.has(error);

export const provesNothingAppended = (error: string): boolean => PROVES_NOTHING_APPENDED.has(error);
