import {
  type Assignment,
  effectiveMinIsr,
  type MetadataImage,
  type MetadataRecord,
  type PartitionImage,
  type PartitionState,
  type TopicImage,
} from "@samsa/metadata";
import { leaderEpoch, NO_NODE, partitionEpoch, type NodeId } from "@samsa/stdx";
import { isReplicaOnline } from "./replica-directory.ts";

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
  /** It has lost all it had: who led last is no reason to elect it. */
  readonly isWiped?: boolean;
  /** The living member of the ISR that shall lead from now on. */
  readonly leader?: NodeId;
  /** Where nobody else is left any living replica may lead: it is known that records are lost (KIP-106). */
  readonly isUncleanAllowed?: boolean;
}

/**
 * The one place where a leader, an ISR and an ELR are decided (Kafka's PartitionChangeBuilder; KIP-966).
 *
 * 1. The ISR loses whoever is fenced or lossy.
 * 2. Whoever leaves an ISR that ends below the minimum is eligible (ELR): the high watermark stands still below the minimum, so
 *    that it holds all committed records for good. At the minimum the ELR is emptied: the high watermark moves on without them.
 * 3. A leader that is left in the ISR stays, unless another is wanted. Else the first living replica, in replica order, of the ISR, else
 *    of the ELR, else, both being empty, the last known leader: it has the longest log anybody knows of, and what it lost is lost.
 *    Else, where unclean elections are allowed, the first living replica.
 * 4. A leader from outside the ISR starts with an ISR of itself. After an unclean election the ELR is empty: what its members have that
 *    the leader lacks is committed no more, and they must follow it first.
 *
 * Undefined where nothing changes, unless a leader asked: its request always gets a new partition epoch.
 */
export function changePartition(partition: PartitionImage, goal: PartitionGoal): PartitionState | undefined {
  const { isAlive, minIsr, lossy } = goal;
  const { replicas } = partition;
  const isr = goal.isr ?? partition.isr.filter((id) => isAlive(id) && id !== lossy);
  const elr = [...new Set([...partition.elr, ...partition.isr])].filter((id) => !isr.includes(id) && id !== lossy && replicas.includes(id));
  const leader = goal.leader ?? (isr.includes(partition.leader) ? partition.leader : electLeader(partition, { ...goal, isr, elr }));
  const newIsr = leader === NO_NODE || isr.includes(leader) ? isr : [leader];
  const isClean = leader === NO_NODE || isr.includes(leader) || elr.includes(leader);
  const newElr = newIsr.length >= minIsr || !isClean ? [] : elr.filter((id) => id !== leader);
  const hasChangedLeader = leader !== partition.leader;
  const lastKnownLeader = leader === NO_NODE ? lastKnownOf(partition, goal) : NO_NODE;
  const isSame = !hasChangedLeader && sameIds(newIsr, partition.isr) && sameIds(newElr, partition.elr) && lastKnownLeader === partition.lastKnownLeader;
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

interface Candidates extends PartitionGoal {
  readonly isr: readonly NodeId[];
  readonly elr: readonly NodeId[];
}

/** Who led last, once nobody does. A disk that is gone has not the longest log, nor any. */
function lastKnownOf({ leader, lastKnownLeader }: PartitionImage, { lossy, isWiped }: PartitionGoal): NodeId {
  const last = leader === NO_NODE ? lastKnownLeader : leader;
  return last === lossy && isWiped === true ? NO_NODE : last;
}

function electLeader(partition: PartitionImage, candidates: Candidates): NodeId {
  const { isr, elr, isAlive, isUncleanAllowed } = candidates;
  const first = (from: readonly NodeId[]): NodeId | undefined => partition.replicas.find((id) => from.includes(id) && isAlive(id));
  const clean = first(isr) ?? first(elr);
  if (clean !== undefined) return clean;
  const last = lastKnownOf(partition, candidates);
  if (isr.length === 0 && elr.length === 0 && last !== NO_NODE && isAlive(last)) return last;
  return isUncleanAllowed === true ? (partition.replicas.find(isAlive) ?? NO_NODE) : NO_NODE;
}

/** As sets: another order alone is no change. */
const sameIds = (a: readonly NodeId[], b: readonly NodeId[]): boolean => a.length === b.length && a.every((id) => b.includes(id));

export const changeRecord = (topic: TopicImage, partition: number, state: PartitionState, assignment?: Assignment): PartitionChangeRecord => ({
  type: "partition-change",
  topicId: topic.topicId,
  partition,
  ...(assignment === undefined ? {} : { assignment }),
  ...state,
});

/** What follows for all partitions where brokers or settings change. */
export interface ClusterGoal extends Pick<PartitionGoal, "isAlive" | "lossy" | "isWiped"> {
  readonly isUncleanAllowed: (topicName: string) => boolean;
}

/**
 * The changes that follow where brokers live or die: every partition that `concerns` picks is decided anew. It scans all
 * partitions of the cluster: brokers come and go rarely, and an index by broker would be one more thing to keep true.
 */
export function changePartitions(
  image: MetadataImage,
  { isUncleanAllowed, ...goal }: ClusterGoal,
  concerns: (partition: PartitionImage) => boolean,
): PartitionChangeRecord[] {
  const records: PartitionChangeRecord[] = [];
  for (const topic of image.topics()) {
    for (const partition of topic.partitions) {
      if (!concerns(partition)) continue;
      const minIsr = effectiveMinIsr(image, topic.name, partition.replicas.length);
      const isAlive = (id: NodeId): boolean => goal.isAlive(id) && isReplicaOnline(image, partition, id);
      const state = changePartition(partition, { ...goal, isAlive, minIsr, isUncleanAllowed: isUncleanAllowed(topic.name) });
      if (state !== undefined) records.push(changeRecord(topic, partition.partition, state));
    }
  }
  return records;
}

export const isUnfenced = (image: MetadataImage, brokerId: NodeId): boolean => image.brokers.get(brokerId)?.isFenced === false;

/** Its broker is unfenced, and its log directory works. */
export const isReplicaAlive = (image: MetadataImage, partition: PartitionImage, brokerId: NodeId): boolean =>
  isUnfenced(image, brokerId) && isReplicaOnline(image, partition, brokerId);
