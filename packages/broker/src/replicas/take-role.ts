import type { PartitionImage } from "@samsa/metadata";
import { type NodeId, NO_NODE, type Now } from "@samsa/stdx";
import type { HostedReplica } from "./hosted-replica.ts";

/** The replica leads or follows from here on, as the metadata say. Returns whom it fetches from, −1 for nobody; undefined for one that is offline. */
export function takeRole(
  { log, replica }: HostedReplica,
  { leader, leaderEpoch, partitionEpoch, replicas, isr }: PartitionImage,
  { self, minInsyncReplicas }: { readonly self: NodeId; readonly minInsyncReplicas: () => number },
  now: Now,
): NodeId | undefined {
  // It remembers the epochs, and does nothing by them.
  if (log.isOffline) {
    // The log of a leader is closed when its process stops: it leads nobody any more, and in the epoch it has it can't follow.
    const hasStopped = replica.role === "leader" && leaderEpoch <= replica.leaderEpoch;
    if (!hasStopped) replica.becomeFollower({ leaderEpoch, partitionEpoch, leader, replicas, isr }, now);
    return undefined;
  }
  if (leader === self) replica.becomeLeader({ leaderEpoch, partitionEpoch, replicas, isr, minInsyncReplicas: minInsyncReplicas() }, now);
  else replica.becomeFollower({ leaderEpoch, partitionEpoch, leader, replicas, isr }, now);
  return leader === self ? NO_NODE : leader;
}
