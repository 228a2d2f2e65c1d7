import type { PartitionImage } from "@samsa/metadata";
import { type NodeId, type Uuid, uuid } from "@samsa/stdx";
import type { DirectoryAssignments } from "./directory-assignments.ts";
import type { HostedReplica } from "./hosted-replica.ts";
import type { LogDirectories } from "./log-directories.ts";

/** Kafka's id of no directory at all: a replica that is said to lie there is in none that works. */
const LOST_DIRECTORY = uuid("AAAAAAAAAAAAAAAAAAAAAQ");

/** In which log directories this broker's replicas lie: by the metadata, and by its files. */
export class ReplicaPlaces {
  private readonly options: { readonly self: NodeId; readonly directories: LogDirectories; readonly assignments: DirectoryAssignments };

  constructor(options: { readonly self: NodeId; readonly directories: LogDirectories; readonly assignments: DirectoryAssignments }) {
    this.options = options;
  }

  /** Id of the log directory where the metadata say that this broker's replica lies. */
  assignedTo({ directories }: PartitionImage): Uuid | undefined {
    return directories?.find(({ brokerId }) => brokerId === this.options.self)?.directoryId;
  }

  /** The controller is told where the replica lies, unless it knows, or there is nothing to tell. */
  tell({ key, topicId, log }: HostedReplica, partition: PartitionImage): void {
    const { directories, assignments } = this.options;
    const directoryId = directories.idOf(log.directory);
    const known = this.assignedTo(partition);
    if (directoryId === undefined || known === directoryId || (known === undefined && !directories.isSeveral)) return;
    assignments.add(key, { topicId, partition: partition.partition, directoryId });
  }

  /**
   * The log of this replica alone is damaged. The controller is told as of one in a directory that has failed, so that another one in sync leads:
   * nothing else would take a leader out before its broker's end. The last one in the ISR is not told of: nobody could lead in its place, and it
   * would be the last known leader no more when its disk is mended.
   */
  lost({ key, topicId }: HostedReplica, { partition, isr }: PartitionImage): void {
    const { self, assignments } = this.options;
    const isLast = isr.length === 1 && isr.includes(self);
    if (!isLast) assignments.add(key, { topicId, partition, directoryId: LOST_DIRECTORY });
  }

  /** The partition is not this broker's any more. */
  forget(key: string): void {
    this.options.assignments.forget(key);
  }
}
