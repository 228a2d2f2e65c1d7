import type { TopicPartition } from "../topic-partition.ts";
import { type Assignor, inOrder, partitionsOf, topicsOf } from "./assignor.ts";

/** All partitions of all topics in turn to the members; one that does not want the topic is passed over. */
export const roundRobinAssignor: Assignor = {
  name: "roundrobin",
  isCooperative: false,
  assign(members, partitionCounts) {
    const assignments = new Map<string, TopicPartition[]>(members.map(({ memberId }) => [memberId, []]));
    const takers = inOrder(members).map(({ memberId, topics }) => ({ memberId, topics: new Set(topics) }));
    let next = 0;
    for (const partition of topicsOf(members, partitionCounts).flatMap((topic) => partitionsOf(topic, partitionCounts))) {
      // Somebody wants it, or it would not be here.
      while (takers[next % takers.length]?.topics.has(partition.topic) !== true) next++;
      assignments.get(takers[next++ % takers.length]?.memberId ?? "")?.push(partition);
    }
    return assignments;
  },
};
