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
  readonly consumer: ConsumerGroupConfig;
}

/** Both inclusive. */
export interface Limits {
  readonly min: number;
  readonly max: number;
}

/** Of the groups of KIP-848. */
export interface ConsumerGroupConfig {
  /** group.consumer.session.timeout.ms (45 s). */
  readonly sessionTimeoutMs: number;
  /** group.consumer.heartbeat.interval.ms (5 s): what members are told to do. */
  readonly heartbeatIntervalMs: number;
  /** group.consumer.min.session.timeout.ms (45 s) and group.consumer.max.session.timeout.ms (60 s), for configs of groups. */
  readonly sessionTimeoutLimits: Limits;
  /** group.consumer.min.heartbeat.interval.ms (5 s) and group.consumer.max.heartbeat.interval.ms (15 s), for configs of groups. */
  readonly heartbeatIntervalLimits: Limits;
  /** group.consumer.assignment.interval.ms (1 s): the shortest time between two assignments of a group with members. */
  readonly assignmentIntervalMs: number;
  /** group.consumer.max.size (no bound). */
  readonly maxSize: number;
  /** group.consumer.assignors (uniform, range): the first one is for groups whose members ask for none. */
  readonly assignors: readonly string[];
  /** group.consumer.migration.policy (bidirectional). */
  readonly migrationPolicy: MigrationPolicy;
}

/** Whether classic groups become consumer groups when a member comes with the new protocol, and the other way round when the last such one goes. */
export const MIGRATION_POLICIES = ["disabled", "downgrade", "upgrade", "bidirectional"] as const;
export type MigrationPolicy = (typeof MIGRATION_POLICIES)[number];

/** A member that has just got its id need not send heartbeats while it waits; after so long it counts as gone. */
export const NEW_MEMBER_JOIN_TIMEOUT_MS = 5 * 60 * 1000;
