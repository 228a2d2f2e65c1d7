import type { PartitionLog } from "@samsa/log";
import type { Replica } from "@samsa/replication";
import type { Uuid } from "@samsa/stdx";

/** A partition that this broker has a replica of. */
export interface HostedReplica {
  readonly key: string;
  readonly topic: string;
  readonly topicId: Uuid;
  readonly partition: number;
  readonly replica: Replica;
  readonly log: PartitionLog;
  /** Index of the log directory where it lies. */
  readonly logDir: number;
  /** The log was appended to: write it out at the end of the turn. */
  touch(): void;
}

/** Partitions are keyed inside by (topic id, index): a topic created again under an old name is another one. */
export const partitionKey = (topicId: Uuid, partition: number): string => `${topicId}:${partition}`;

/** Kafka's name of a partition's directory, within whatever log directory. */
export const directoryName = (topic: string, partition: number): string => `${topic}-${partition}`;
