/** `ok`: acknowledged. `fail`: certainly not in the log. `info`: unknown, both are allowed. */
export type Outcome = "ok" | "fail" | "info";

/**
 * Kafka's error names after which the record is certainly not in the log, if no earlier attempt was indefinite
 * (`reliability.md` §3.3). Everything else may have appended: REQUEST_TIMED_OUT, a disconnect,
 * NOT_ENOUGH_REPLICAS_AFTER_APPEND, NOT_LEADER_OR_FOLLOWER (KAFKA-13574: also answered after the local append),
 * UNKNOWN_SERVER_ERROR, KAFKA_STORAGE_ERROR, OUT_OF_ORDER_SEQUENCE_NUMBER (it may follow an attempt that was appended).
 * `NOT_SENT` is a client's own word: no attempt was ever made.
 */
const DEFINITE: ReadonlySet<string> = new Set([
  "CLUSTER_AUTHORIZATION_FAILED",
  "CORRUPT_MESSAGE",
  "INVALID_PRODUCER_EPOCH",
  "INVALID_RECORD",
  "INVALID_REQUIRED_ACKS",
  "INVALID_TIMESTAMP",
  "INVALID_TOPIC_EXCEPTION",
  "MESSAGE_TOO_LARGE",
  "NOT_ENOUGH_REPLICAS",
  "NOT_SENT",
  "POLICY_VIOLATION",
  "PRODUCER_FENCED",
  "RECORD_LIST_TOO_LARGE",
  "TOPIC_AUTHORIZATION_FAILED",
  "TRANSACTIONAL_ID_AUTHORIZATION_FAILED",
  "UNKNOWN_TOPIC_ID",
  "UNKNOWN_TOPIC_OR_PARTITION",
  "UNSUPPORTED_COMPRESSION_TYPE",
  "UNSUPPORTED_FOR_MESSAGE_FORMAT",
  "UNSUPPORTED_VERSION",
]);

/** True if `error` (Kafka's name of it) proves that this one attempt appended nothing. */
export const isDefiniteError = (error: string): boolean => DEFINITE.has(error);

/** How a send ended that was not acknowledged. An earlier attempt whose fate is unknown makes any later error `info`. */
export const outcomeOfError = (error: string, hadIndefiniteAttempt: boolean): "fail" | "info" =>
  isDefiniteError(error) && !hadIndefiniteAttempt ? "fail" : "info";
