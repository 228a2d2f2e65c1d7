export interface TopicPartition {
  readonly topic: string;
  readonly partition: number;
}

/** Of a partition, in maps. */
export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}-${partition}`;

/** By topic, in the order of their first partitions. */
export function byTopic<P extends TopicPartition>(partitions: Iterable<P>): ReadonlyMap<string, readonly P[]> {
  const topics = new Map<string, P[]>();
  for (const partition of partitions) {
    const known = topics.get(partition.topic);
    if (known === undefined) topics.set(partition.topic, [partition]);
    else known.push(partition);
  }
  return topics;
}

/** Those of `partitions` that are not among `others`. */
export function without(partitions: Iterable<TopicPartition>, others: Iterable<TopicPartition>): readonly TopicPartition[] {
  const excluded = new Set(Array.from(others, keyOf));
  return [...partitions].filter((partition) => !excluded.has(keyOf(partition)));
}
