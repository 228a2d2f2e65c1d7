import { invariant, NO_NODE, type NodeId } from "@samsa/stdx";
import type { MetadataImage, PartitionImage } from "./image.ts";

/** The replicas that must hold a record before it is committed: a value above the replication factor could never be met (KAFKA-15583). */
export function effectiveMinIsr(image: MetadataImage, topicName: string, replicaCount: number): number {
  const configured = image.topicConfig(topicName).get("min.insync.replicas") ?? image.brokerConfig("default").get("min.insync.replicas");
  return Math.max(1, Math.min(configured === undefined ? 1 : Number(configured), replicaCount));
}

const isDistinct = (ids: readonly NodeId[]): boolean => new Set(ids).size === ids.length;
const isSubset = (ids: readonly NodeId[], of: readonly NodeId[]): boolean => ids.every((id) => of.includes(id));

/** What holds of a partition by itself, whatever the brokers' state (the first half of I-P14). */
export function assertPartitionState(partition: PartitionImage): void {
  const { replicas, addingReplicas, removingReplicas, isr, elr, leader } = partition;
  invariant(replicas.length > 0 && isDistinct(replicas), "replicas are distinct", { partition });
  invariant(isDistinct(isr) && isSubset(isr, replicas), "the ISR is a set of replicas", { partition });
  invariant(isDistinct(elr) && isSubset(elr, replicas), "the ELR is a set of replicas", { partition });
  invariant(isDistinct(addingReplicas) && isSubset(addingReplicas, replicas), "replicas on their way in are replicas", { partition });
  invariant(isDistinct(removingReplicas) && isSubset(removingReplicas, replicas), "replicas on their way out are replicas", { partition });
  invariant(!addingReplicas.some((id) => removingReplicas.includes(id)), "no replica is on its way in and out", { partition });
  invariant(leader === NO_NODE || isr.includes(leader), "the leader is in the ISR", { partition });
  invariant(!elr.some((id) => isr.includes(id)), "ELR and ISR are apart", { partition });
  invariant(partition.leaderEpoch >= 0 && partition.partitionEpoch >= 0, "a partition has epochs", { partition });
}

/** Epochs rise by rule: the partition epoch with every change, the leader epoch with every new or lost leader and never else (KAFKA-13790). */
export function assertPartitionChange(before: PartitionImage, after: PartitionImage): void {
  invariant(after.partitionEpoch === before.partitionEpoch + 1, "a change raises the partition epoch by one", { before, after });
  const expected = after.leader === before.leader ? before.leaderEpoch : before.leaderEpoch + 1;
  invariant(after.leaderEpoch === expected, "the leader epoch rises with a change of leader only", { before, after });
}

/**
 * What is wrong with a whole image by I-P14: ISR without fenced members, a leader unless the ISR is empty, no ELR while the ISR
 * has its minimum. Empty if nothing is. It holds between batches, not within one.
 */
export function imageViolations(image: MetadataImage): readonly string[] {
  const found: string[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      const minIsr = effectiveMinIsr(image, topic.name, partition.replicas.length);
      const at = `${topic.name}-${partition.partition}`;
      const fenced = partition.isr.filter((id) => image.brokers.get(id)?.isFenced !== false);
      if (fenced.length > 0) found.push(`${at}: fenced brokers ${fenced.join(",")} in the ISR`);
      if ((partition.leader === NO_NODE) !== (partition.isr.length === 0)) found.push(`${at}: leader ${partition.leader} with ISR ${partition.isr.join(",")}`);
      if (partition.elr.length > 0 && partition.isr.length >= minIsr) found.push(`${at}: ELR ${partition.elr.join(",")} although the ISR has its minimum`);
    }
  }
  return found;
}
