import { effectiveMinIsr, type MetadataImage, type MetadataRecord, type PartitionImage, type PartitionState, type TopicImage } from "@samsa/metadata";
import { leaderEpoch, NO_NODE, partitionEpoch, type NodeId } from "@samsa/stdx";

type PartitionChangeRecord = Extract<MetadataRecord, { type: "partition-change" }>;

/** What is to become of a partition. */
export interface PartitionGoal {
  /** Unfenced once the batch is applied. */
  readonly isAlive: (brokerId: NodeId) => boolean;
  readonly minIsr: number;
  /** The ISR its leader asks for, every member checked; without it, today's without its dead. */
  readonly isr?: readonly NodeId[];
  /** May have lost committed records: it leaves ISR and ELR alike. */
  readonly lossy?: NodeId;
}

/**
 * The one place where a leader, an ISR and an ELR are decided (Kafka's PartitionChangeBuilder; KIP-966).
 *
 * 1. The ISR loses whoever is fenced or lossy.
 * 2. Whoever leaves an ISR that ends below the minimum is eligible (ELR): the high watermark stands still below the minimum, so
 *    that it holds all committed records for good. At the minimum the ELR is emptied: the high watermark moves on without them.
 * 3. A leader that is left in the ISR stays. Else the first living replica, in replica order, of the ISR, else of the ELR, else,
 *    both being empty, the last known leader: it has the longest log anybody knows of, and what it lost is lost.
 * 4. A leader from outside the ISR starts with an ISR of itself.
 *
 * Undefined where nothing changes, unless a leader asked: its request always gets a new partition epoch.
 */
export function changePartition(partition: PartitionImage, goal: PartitionGoal): PartitionState | undefined {
  const { isAlive, minIsr, lossy } = goal;
  const isr = goal.isr ?? partition.isr.filter((id) => isAlive(id) && id !== lossy);
  const elr = [...new Set([...partition.elr, ...partition.isr])].filter((id) => !isr.includes(id) && id !== lossy);
  const leader = isr.includes(partition.leader) ? partition.leader : electLeader(partition, { isr, elr, isAlive });
  const newIsr = leader === NO_NODE || isr.includes(leader) ? isr : [leader];
  const newElr = newIsr.length >= minIsr ? [] : elr.filter((id) => id !== leader);
  const hasChangedLeader = leader !== partition.leader;
  const lastKnownLeader = leader !== NO_NODE ? NO_NODE : hasChangedLeader ? partition.leader : partition.lastKnownLeader;
  const isSame = !hasChangedLeader && sameIds(newIsr, partition.isr) && sameIds(newElr, partition.elr);
  // A leader that asks for the ISR as it is takes back an earlier request that may still be under way: the new epoch voids that one.
  if (isSame && goal.isr === undefined) return undefined;
  return {
    leader,
    // A changed leader without a changed epoch would let two brokers lead in one epoch (KAFKA-13790).
    leaderEpoch: leaderEpoch(partition.leaderEpoch + (hasChangedLeader ? 1 : 0)),
    partitionEpoch: partitionEpoch(partition.partitionEpoch + 1),
    isr: newIsr,
    elr: newElr,
    lastKnownLeader,
  };
}

interface Candidates {
  readonly isr: readonly NodeId[];
  readonly elr: readonly NodeId[];
  readonly isAlive: (brokerId: NodeId) => boolean;
}

function electLeader(partition: PartitionImage, { isr, elr, isAlive }: Candidates): NodeId {
  const first = (from: readonly NodeId[]): NodeId | undefined => partition.replicas.find((id) => from.includes(id) && isAlive(id));
  const clean = first(isr) ?? first(elr);
  if (clean !== undefined) return clean;
  const last = partition.leader === NO_NODE ? partition.lastKnownLeader : partition.leader;
  return isr.length === 0 && elr.length === 0 && last !== NO_NODE && isAlive(last) ? last : NO_NODE;
}

/** As sets: another order alone is no change. */
const sameIds = (a: readonly NodeId[], b: readonly NodeId[]): boolean => a.length === b.length && a.every((id) => b.includes(id));

export const changeRecord = (topic: TopicImage, partition: number, state: PartitionState): PartitionChangeRecord => ({
  type: "partition-change",
  topicId: topic.topicId,
  partition,
  ...state,
});

/**
 * The changes that follow where brokers live or die: every partition that `concerns` picks is decided anew. It scans all
 * partitions of the cluster: brokers come and go rarely, and an index by broker would be one more thing to keep true.
 */
export function changePartitions(
  image: MetadataImage,
  goal: Pick<PartitionGoal, "isAlive" | "lossy">,
  concerns: (partition: PartitionImage) => boolean,
): PartitionChangeRecord[] {
  const records: PartitionChangeRecord[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      if (!concerns(partition)) continue;
      const minIsr = effectiveMinIsr(image, topic.name, partition.replicas.length);
      const state = changePartition(partition, { ...goal, minIsr });
      if (state !== undefined) records.push(changeRecord(topic, partition.partition, state));
    }
  }
  return records;
}

export const isUnfenced = (image: MetadataImage, brokerId: NodeId): boolean => image.brokers.get(brokerId)?.isFenced === false;
