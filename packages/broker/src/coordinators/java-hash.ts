/** `String.hashCode` of Java, by which Kafka puts groups on partitions: clients and tools compute it, too. */
export function javaHashCode(text: string): number {
  let hash = 0;
  for (let at = 0; at < text.length; at++) hash = (Math.imul(31, hash) + text.charCodeAt(at)) | 0;
  return hash;
}

const INT32_MIN = -0x8000_0000;

/** The partition of `__consumer_offsets` that a group's records are in. */
export function coordinatorPartition(groupId: string, partitionCount: number): number {
  const hash = javaHashCode(groupId);
  // Java has no positive counterpart of its smallest int, and Kafka takes 0.
  return (hash === INT32_MIN ? 0 : Math.abs(hash)) % partitionCount;
}
