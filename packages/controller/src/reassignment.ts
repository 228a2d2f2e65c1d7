import type { PartitionImage } from "@samsa/metadata";
import type { NodeId } from "@samsa/stdx";

/** A reassignment's end: the replicas that stay, and those of the ISR among them. */
export interface CompletedReassignment {
  readonly replicas: readonly NodeId[];
  readonly isr: readonly NodeId[];
}

/**
 * What a reassignment comes to with this ISR; undefined while it must go on, or where there is none. It ends when all replicas on their way in are in
 * the ISR (KAFKA-15665), and those that stay are enough without the ones that go: before that a failure would find fewer holders than the topic asks for.
 */
export function completeReassignment(
  { replicas, addingReplicas, removingReplicas }: PartitionImage,
  isr: readonly NodeId[],
  minIsrOf: (replicaCount: number) => number,
): CompletedReassignment | undefined {
  if (addingReplicas.length + removingReplicas.length === 0) return undefined;
  const stays = (id: NodeId): boolean => !removingReplicas.includes(id);
  const left = { replicas: replicas.filter(stays), isr: isr.filter(stays) };
  const isIn = addingReplicas.every((id) => isr.includes(id));
  return isIn && left.isr.length >= minIsrOf(left.replicas.length) ? left : undefined;
}
