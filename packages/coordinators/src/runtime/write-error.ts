import type { ErrorName } from "@samsa/protocol";

/** What a client is told of a write that failed: an error of the coordinator's, not of the partition that it writes to. */
export function errorOfWrite(error: ErrorName): ErrorName {
  switch (error) {
    case "UNKNOWN_TOPIC_OR_PARTITION":
    case "NOT_ENOUGH_REPLICAS":
    case "NOT_ENOUGH_REPLICAS_AFTER_APPEND":
    case "REQUEST_TIMED_OUT":
      return "COORDINATOR_NOT_AVAILABLE";
    case "NOT_LEADER_OR_FOLLOWER":
    case "KAFKA_STORAGE_ERROR":
      return "NOT_COORDINATOR";
    case "MESSAGE_TOO_LARGE":
    case "RECORD_LIST_TOO_LARGE":
      return "UNKNOWN_SERVER_ERROR";
    default:
      return error;
  }
}
