/** Errors of Produce after which kafkajs 2.2.4 tries again, by its sentences for them. */
const NAMES: ReadonlyMap<string, string> = new Map([
  ["Messages are rejected since there are fewer in-sync replicas than required", "NOT_ENOUGH_REPLICAS"],
  ["Messages are written to the log, but to fewer in-sync replicas than required", "NOT_ENOUGH_REPLICAS_AFTER_APPEND"],
  ["This server is not the leader for that topic-partition", "NOT_LEADER_OR_FOLLOWER"],
  ["There is no leader for this topic-partition as we are in the middle of a leadership election", "LEADER_NOT_AVAILABLE"],
  ["This server does not host this topic-partition", "UNKNOWN_TOPIC_OR_PARTITION"],
  ["The request timed out", "REQUEST_TIMED_OUT"],
  ["Disk error when trying to access log file on the disk", "KAFKA_STORAGE_ERROR"],
]);

const PREFIX = "Failed to send messages: ";

/** Kafka's name of the error that a line of the producer's log is about; undefined: it is about none of a broker's. */
export const refusalOf = (line: string): string | undefined => NAMES.get(line.startsWith(PREFIX) ? line.slice(PREFIX.length) : line);
