import type { MetadataImage } from "@samsa/metadata";
import type { NodeId } from "@samsa/stdx";
import type { TopicToCreate } from "./api.ts";
import { isUnfenced } from "./partition-change.ts";
import { fault, type TopicFault } from "./topic-fault.ts";

/** Reads replicas that were assigned by hand: by partition, in order. */
export function readAssignments(image: MetadataImage, topic: TopicToCreate): readonly (readonly NodeId[])[] | TopicFault {
  const byPartition = new Map<number, readonly NodeId[]>();
  for (const { partition, replicas } of topic.assignments) {
    if (byPartition.has(partition)) return fault("INVALID_REPLICA_ASSIGNMENT", `Found multiple manual partition assignments for partition ${partition}`);
    const wrong = assignmentFault(image, { partition, replicas });
    if (wrong !== undefined) return fault("INVALID_REPLICA_ASSIGNMENT", wrong);
    byPartition.set(partition, replicas);
  }
  const inOrder = Array.from({ length: byPartition.size }, (_, partition) => byPartition.get(partition) ?? []);
  if (inOrder.some((replicas) => replicas.length === 0)) {
    return fault("INVALID_REPLICA_ASSIGNMENT", "partitions should be a consecutive 0-based integer sequence");
  }
  return countFault(topic, inOrder) ?? inOrder;
}

/** What is wrong with one partition's replicas by themselves, in Kafka's words. */
export function assignmentFault(image: MetadataImage, { partition, replicas }: TopicToCreate["assignments"][number]): string | undefined {
  if (replicas.length === 0) return "The manual partition assignment includes an empty replica list.";
  const twice = replicas.find((id, index) => replicas.indexOf(id) !== index);
  if (twice !== undefined) return `The manual partition assignment includes the broker ${twice} more than once.`;
  const unknown = replicas.find((id) => !image.brokers.has(id));
  if (unknown !== undefined) return `The manual partition assignment includes broker ${unknown}, but no such broker is registered.`;
  if (!replicas.some((id) => isUnfenced(image, id))) {
    return `All brokers specified in the manual partition assignment for partition ${partition} are fenced or in controlled shutdown.`;
  }
  return undefined;
}

/** All partitions of a topic have as many replicas. */
export function unevenFault(replicasByPartition: readonly (readonly NodeId[])[], factor: number): TopicFault | undefined {
  const uneven = replicasByPartition.find((replicas) => replicas.length !== factor);
  if (uneven === undefined) return undefined;
  const message =
    `The manual partition assignment includes a partition with ${uneven.length} replica(s), but this is not consistent with ` +
    `previous partitions, which have ${factor} replica(s).`;
  return fault("INVALID_REPLICA_ASSIGNMENT", message);
}

/** A count that is given beside an assignment must agree with it: −1 says nothing. */
function countFault(topic: TopicToCreate, inOrder: readonly (readonly NodeId[])[]): TopicFault | undefined {
  const factor = inOrder[0]?.length ?? 0;
  const uneven = unevenFault(inOrder, factor);
  if (uneven !== undefined) return uneven;
  if (topic.partitionCount !== -1 && topic.partitionCount !== inOrder.length) {
    return fault("INVALID_REQUEST", "A manual partition assignment was specified, but numPartitions was not set to -1.");
  }
  if (topic.replicationFactor !== -1 && topic.replicationFactor !== factor) {
    return fault("INVALID_REQUEST", "A manual partition assignment was specified, but replication factor was not set to -1.");
  }
  return undefined;
}
