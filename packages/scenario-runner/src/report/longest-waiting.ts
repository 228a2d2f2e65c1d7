import type { PartitionRecord } from "../recording/recording.ts";

const waitOf = ({ longestGap }: PartitionRecord): number => (longestGap === undefined ? 0 : longestGap.toMs - longestGap.fromMs);

/** At most so many partitions: those that waited longest for an acknowledgement, in the order they had. */
export function longestWaiting(partitions: readonly PartitionRecord[], countMax: number): readonly PartitionRecord[] {
  const longest = new Set(partitions.toSorted((a, b) => waitOf(b) - waitOf(a)).slice(0, countMax));
  return partitions.filter((partition) => longest.has(partition));
}
