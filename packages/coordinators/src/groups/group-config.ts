/** What groups need of a broker's configuration, with Kafka's defaults in brackets. */
export interface GroupConfig {
  /** group.min.session.timeout.ms (6 s) and group.max.session.timeout.ms (30 min). */
  readonly minSessionTimeoutMs: number;
  readonly maxSessionTimeoutMs: number;
  /** group.initial.rebalance.delay.ms (3 s): how long an empty group waits for more members. */
  readonly initialRebalanceDelayMs: number;
  /** group.max.size (no bound). */
  readonly maxSize: number;
  /** offset.metadata.max.bytes (4096), in UTF-16 units as Kafka counts them. */
  readonly offsetMetadataMaxBytes: number;
  /** offsets.retention.minutes (7 days), in milliseconds. */
  readonly offsetsRetentionMs: number;
  /** offsets.retention.check.interval.ms (10 min). */
  readonly offsetsRetentionCheckIntervalMs: number;
  /** offsets.commit.timeout.ms (5 s). */
  readonly offsetsCommitTimeoutMs: number;
}

/** A member that has just got its id need not send heartbeats while it waits; after so long it counts as gone. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;
