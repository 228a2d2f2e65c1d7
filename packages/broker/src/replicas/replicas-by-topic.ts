import type { Uuid } from "@samsa/stdx";
import type { HostedReplica } from "./hosted-replica.ts";

/** Where requests find a replica: by its topic's id and its partition. */
export class ReplicasByTopic {
  private readonly topics = new Map<Uuid, Map<number, HostedReplica>>();

  get(topicId: Uuid, partition: number): HostedReplica | undefined {
    return this.topics.get(topicId)?.get(partition);
  }

  add(hosted: HostedReplica): void {
    const partitions = this.topics.get(hosted.topicId) ?? new Map<number, HostedReplica>();
    this.topics.set(hosted.topicId, partitions.set(hosted.partition, hosted));
  }

  delete(topicId: Uuid, partition: number): void {
    const partitions = this.topics.get(topicId);
    partitions?.delete(partition);
    if (partitions?.size === 0) this.topics.delete(topicId);
  }
}
