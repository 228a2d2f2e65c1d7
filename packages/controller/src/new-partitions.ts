import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import { leaderEpoch, NO_NODE, type NodeId, partitionEpoch, type Uuid } from "@samsa/stdx";
import { isUnfenced } from "./partition-change.ts";
import { fault, type TopicFault } from "./topic-fault.ts";

/** Why so many replicas can't be placed; undefined if they can. A fenced broker may get some, but somebody must lead. */
export function placementFault(image: MetadataImage, replicationFactor: number): TopicFault | undefined {
  const { brokers } = image;
  const unable = `Unable to replicate the partition ${replicationFactor} time(s): `;
  if (replicationFactor > brokers.size)
    return fault(
      "INVALID_REPLICATION_FACTOR",
      `${unable}The target replication factor of ${replicationFactor} cannot be reached because only ` +
        `${brokers.size} broker(s) are registered or some brokers have all their log directories cordoned.`,
    );
  const isAnyUnfenced = [...brokers.values()].some((broker) => !broker.isFenced);
  return isAnyUnfenced ? undefined : fault("INVALID_REPLICATION_FACTOR", `${unable}All brokers are currently fenced.`);
}

/** A partition at its beginning. A fenced broker may hold a replica of it, but does not begin in the ISR (KAFKA-13083). */
export function newPartition(
  image: MetadataImage,
  { topicId, partition, replicas }: { readonly topicId: Uuid; readonly partition: number; readonly replicas: readonly NodeId[] },
): MetadataRecord {
  const isr = replicas.filter((id) => isUnfenced(image, id));
  const state = { leader: isr[0] ?? NO_NODE, leaderEpoch: leaderEpoch(0), partitionEpoch: partitionEpoch(0), isr, elr: [], lastKnownLeader: NO_NODE };
  return { type: "partition", topicId, partition, replicas, addingReplicas: [], removingReplicas: [], ...state };
}
