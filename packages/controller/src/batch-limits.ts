import { type MetadataImage, type MetadataRecord, recordBytesMax } from "@samsa/metadata";
import { invariant, leaderEpoch, nodeId, partitionEpoch, ZERO_UUID } from "@samsa/stdx";
import type { ControllerLimits } from "./config.ts";

/*
 * A batch is one entry of the metadata log and atomic, and an entry has a bound. When a broker leaves, every partition may change in
 * one batch, and there is nobody to tell that it would be too large: it must fit by construction, so the cluster's size is bounded
 * where it grows, in CreateTopics. What a client asks for is measured, and refused to it.
 */

const MAX_INT = 2 ** 31 - 1;
/** Of an entry's list of records. */
const LIST_BYTES = 5;

/** The largest change of one partition, but for its replicas: each of them is in the ISR or the ELR at most once, and never in both. */
const PARTITION_CHANGE_BYTES = recordBytesMax({
  type: "partition-change",
  topicId: ZERO_UUID,
  partition: MAX_INT,
  leader: nodeId(MAX_INT),
  leaderEpoch: leaderEpoch(MAX_INT),
  partitionEpoch: partitionEpoch(MAX_INT),
  isr: [],
  elr: [],
  lastKnownLeader: nodeId(MAX_INT),
});
const REPLICA_BYTES = 5;
/** For a fencing, or a registration with its endpoints. */
const BYTES_BESIDE_CHANGES_MIN = 1024;

/** What records take at most as one entry. */
export function batchBytesMax(records: readonly MetadataRecord[]): number {
  let bytes = LIST_BYTES;
  for (const record of records) bytes += recordBytesMax(record);
  return bytes;
}

/**
 * What is left in a batch beside a change of every partition that the cluster may hold: for the fencing, or the registration, that
 * makes them change. Throws `InvariantViolation` where the limits contradict each other.
 */
export function bytesBesideChanges({ maxBatchBytes, maxPartitions, maxReplicas }: ControllerLimits): number {
  const left = maxBatchBytes - LIST_BYTES - maxPartitions * PARTITION_CHANGE_BYTES - maxReplicas * REPLICA_BYTES;
  invariant(left >= BYTES_BESIDE_CHANGES_MIN, "a change of every partition fits into one batch", { maxBatchBytes, maxPartitions, maxReplicas });
  return left;
}

export interface ClusterSize {
  readonly partitions: number;
  readonly replicas: number;
}

/** Counts anew: topics are created rarely, and a count that is kept would be one more thing to keep true. */
export function sizeOf(image: MetadataImage): ClusterSize {
  let partitions = 0;
  let replicas = 0;
  for (const topic of image.topics()) {
    partitions += topic.partitions.length;
    for (const partition of topic.partitions) replicas += partition.replicas.length;
  }
  return { partitions, replicas };
}
