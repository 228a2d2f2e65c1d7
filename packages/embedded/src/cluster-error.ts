export type ClusterErrorCode =
  /** An option of `Cluster.start` or of a method is not what it must be. */
  | "BAD_OPTION"
  | "CLUSTER_DISPOSED"
  | "UNKNOWN_NODE"
  | "UNKNOWN_TOPIC"
  | "UNKNOWN_PARTITION"
  | "UNKNOWN_API"
  | "UNKNOWN_ERROR_NAME"
  | "NO_LEADER"
  | "NO_CONTROLLER"
  /** What is asked for can't be done to a node that is in this state: one that is down can't be killed. */
  | "WRONG_NODE_STATUS"
  /** Another program took the port of a node while that was down. */
  | "PORT_TAKEN"
  /** A node ended by itself while it was waited for. */
  | "NODE_FAILED"
  /** A broker refused what the cluster asked of it: the message has the error by Kafka's name. */
  | "REQUEST_REFUSED"
  | "TIMED_OUT"
  | "FAULTS_NOT_FIRED";

/** What an embedded cluster throws and rejects with; the message says what was tried, and what to do. */
export class ClusterError extends Error {
  readonly code: ClusterErrorCode;

  constructor(code: ClusterErrorCode, message: string) {
    super(message);
    this.name = "ClusterError";
    this.code = code;
  }
}
