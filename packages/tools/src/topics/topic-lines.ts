import type { ConfigEntry } from "../admin/configs.ts";
import { ConfigSource } from "../admin/configs.ts";
import type { DescribedPartition, DescribedTopic } from "../admin/topics.ts";
import { ZERO_UUID } from "@samsa/stdx";

export const isOverridden = ({ configSource }: ConfigEntry): boolean => configSource !== ConfigSource.DEFAULT_CONFIG;

/** What `--describe` prints of a topic. */
export function topicLine({ name, topicId, partitions }: DescribedTopic, configs: readonly ConfigEntry[]): string {
  const overridden = configs.filter(isOverridden).map((entry) => `${entry.name}=${entry.value}`);
  const cells = [
    `Topic: ${name}`,
    ...(topicId === ZERO_UUID ? [] : [`TopicId: ${topicId}`]),
    `PartitionCount: ${partitions.length}`,
    `ReplicationFactor: ${partitions[0]?.replicas.length ?? 0}`,
    `Configs: ${overridden.join(",")}`,
  ];
  return `${cells.join("\t")}\n`;
}

/** What `--describe` prints of one of its partitions. */
export function partitionLine(topic: string, { partition, leader, replicas, isr, elr, lastKnownElr }: DescribedPartition): string {
  const cells = [
    `Topic: ${topic}`,
    `Partition: ${partition}`,
    `Leader: ${leader < 0 ? "none" : leader}`,
    `Replicas: ${replicas.join(",")}`,
    `Isr: ${isr.join(",")}`,
    `Elr: ${elr === null ? "N/A" : elr.join(",")}`,
    `LastKnownElr: ${lastKnownElr === null ? "N/A" : lastKnownElr.join(",")}`,
  ];
  return `\t${cells.join("\t")}\n`;
}
