import type { PartitionImage } from "@samsa/metadata";
import type { NodeId, Uuid } from "@samsa/stdx";
import type { DirectoryAssignments } from "./directory-assignments.ts";
import type { HostedReplica } from "./hosted-replica.ts";
import type { LogDirectories } from "./log-directories.ts";

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

  /** The partition is not this broker's any more. */
  forget(key: string): void {
    this.options.assignments.forget(key);
  }
}
