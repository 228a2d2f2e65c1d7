import type { MetadataImage, MetadataRecord } from "@samsa/metadata";
import { batchBytesMax, type ClusterSize, sizeOf } from "./batch-limits.ts";
import type { ControllerLimits } from "./config.ts";
import { fault, type TopicFault } from "./topic-fault.ts";

/** What one request may still add: to its batch, and to the cluster. Later topics share the bounds with earlier ones. */
export class BatchRoom {
  private readonly image: MetadataImage;
  private readonly limits: ControllerLimits;
  private partitionCount = 0;
  private batchBytes = batchBytesMax([]);
  /** Of the cluster with what was taken; counted where it matters first. */
  private size: ClusterSize | undefined;

  constructor(image: MetadataImage, limits: ControllerLimits) {
    this.image = image;
    this.limits = limits;
  }

  /** Before replicas are placed for so many partitions; Kafka has another error for each of the requests that make them. */
  lacksPartitions(count: number, error: "POLICY_VIOLATION" | "INVALID_REQUEST"): TopicFault | undefined {
    const isTooMany = this.partitionCount + count > this.limits.maxPartitionsPerBatch;
    return isTooMany ? fault(error, "Excessively large number of partitions per request.") : undefined;
  }

  /** Before `records` are made for partitions of so many replicas each. */
  lacksReplicas(replicasByPartition: readonly (readonly unknown[])[]): TopicFault | undefined {
    const { limits } = this;
    const size = this.sizeWith(replicasByPartition);
    return size.partitions > limits.maxPartitions || size.replicas > limits.maxReplicas ? clusterFull(size, limits) : undefined;
  }

  /** Takes the room of these records, or says why there is none. */
  take(records: readonly MetadataRecord[], replicasByPartition: readonly (readonly unknown[])[]): TopicFault | undefined {
    const batchBytes = this.batchBytes + batchBytesMax(records);
    if (batchBytes > this.limits.maxBatchBytes) return batchTooLarge(batchBytes, this.limits);
    this.size = this.sizeWith(replicasByPartition);
    this.batchBytes = batchBytes;
    this.partitionCount += replicasByPartition.length;
    return undefined;
  }

  private sizeWith(replicasByPartition: readonly (readonly unknown[])[]): ClusterSize {
    this.size ??= sizeOf(this.image);
    const added = replicasByPartition.reduce((sum, { length }) => sum + length, 0);
    return { partitions: this.size.partitions + replicasByPartition.length, replicas: this.size.replicas + added };
  }
}

const clusterFull = ({ partitions, replicas }: ClusterSize, { maxPartitions, maxReplicas }: ControllerLimits): TopicFault =>
  fault(
    "POLICY_VIOLATION",
    `The cluster would have ${partitions} partitions and ${replicas} replicas of them; its limits are ${maxPartitions} partitions and ${maxReplicas} ` +
      `replicas, so that the failure of a broker fits into one batch of metadata. Ask for fewer partitions or a lower replication factor, or ` +
      `create the topic in another cluster.`,
  );

const batchTooLarge = (batchBytes: number, { maxBatchBytes }: ControllerLimits): TopicFault =>
  fault(
    "POLICY_VIOLATION",
    `Unable to perform excessively large batch operation: with this topic the request would take up to ${batchBytes} bytes of metadata, the limit is ` +
      `${maxBatchBytes}. Create fewer topics, or topics with fewer partitions and configs, in one request.`,
  );
