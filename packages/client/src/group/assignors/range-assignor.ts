import type { TopicPartition } from "../topic-partition.ts";
import { type Assignor, inOrder, partitionsOf, takersByTopic, topicsOf } from "./assignor.ts";

/**
 * Each topic by itself: its partitions in as many stretches as it has members, the first of which are longer by one where that does not come out
 * even. Equally numbered partitions of two topics go to the same member, where both have the same members. Racks count for nothing (KIP-881).
 */
export const rangeAssignor: Assignor = {
  name: "range",
  isCooperative: false,
  assign(members, partitionCounts) {
    const assignments = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    const takersOf = takersByTopic(inOrder(members));
    for (const topic of topicsOf(members, partitionCounts)) {
      const takers = takersOf.get(topic) ?? [];
      const partitions = partitionsOf(topic, partitionCounts);
      const share = Math.floor(partitions.length / takers.length);
      const rest = partitions.length % takers.length;
      takers.forEach(({ memberId }, index) => {
        const start = index * share + Math.min(index, rest);
        assignments.get(memberId)?.push(...partitions.slice(start, start + share + (index < rest ? 1 : 0)));
      });
    }
    return assignments;
  },
};
