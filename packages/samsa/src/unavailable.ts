/** What a command needs is not there: a port, a cluster, a node. The message says what to do. */
export class Unavailable extends Error {
  readonly code = "UNAVAILABLE";
}
