const OFFSETS_PARTITIONS = 50;

/** The partition of `__consumer_offsets` that a group is on: `String.hashCode`, as Kafka has it. */
export function offsetsPartitionOf(groupId: string): number {
  let hash = 0;
  for (const unit of groupId.split("")) hash = (Math.imul(31, hash) + unit.charCodeAt(0)) | 0;
  return Math.abs(hash) % OFFSETS_PARTITIONS;
}
