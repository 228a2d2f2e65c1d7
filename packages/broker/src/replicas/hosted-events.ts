import type { MetadataImage } from "@samsa/metadata";
import type { Replica } from "@samsa/replication";
import type { BrokerEpoch, NodeId, Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { BrokerConfig } from "../config.ts";
import type { IsrChanges } from "../isr-changes.ts";
import type { DirectoryAssignments } from "./directory-assignments.ts";
import type { DirectoryCheckpoints } from "./directory-checkpoints.ts";
import type { HostedReplica } from "./hosted-replica.ts";
import type { LogDirectories } from "./log-directories.ts";

/** Told when something that others wait for has changed in a partition this broker hosts. */
export interface HostedEvents {
  appended(key: string, replica: Replica): void;
  written(replica: Replica): void;
  highWatermarkMoved(key: string, replica: Replica): void;
  stateChanged(key: string, replica: Replica): void;
  /** Records at the log's start were deleted. */
  logStartMoved(hosted: HostedReplica): void;
  /** A follower has deleted records, too. */
  followersStartMoved(replica: Replica): void;
  /** The replica follows this leader from here on; −1: nobody. */
  follows(hosted: HostedReplica, leader: NodeId): void;
  /** A log directory has failed, and the broker lives on with the others. */
  directoryFailed(now: Now): void;
}

export interface HostedReplicasOptions {
  readonly config: BrokerConfig;
  readonly outbox: Outbox;
  readonly events: HostedEvents;
  readonly isrChanges: IsrChanges;
  readonly directories: LogDirectories;
  readonly checkpoints: DirectoryCheckpoints;
  readonly assignments: DirectoryAssignments;
  readonly image: MetadataImage;
  readonly brokerEpoch: BrokerEpoch;
}
