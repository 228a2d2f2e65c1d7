import type { Uuid } from "@samsa/stdx";
import type { Assigned, Assignor, AssignorInput, AssignorMember } from "./assignor.ts";
import { byMember } from "./assignor.ts";

/**
 * Each topic by itself: its partitions, in their order, in ranges of equal length to those who want it, the first ones of whom get one more. Topics with
 * as many partitions that the same members want are divided alike: partition 3 of one and partition 3 of the other are read by one member (co-partitioned).
 */
export const rangeAssignor: Assignor = {
  name: "range",
  assign({ members, partitionCounts }: AssignorInput): Assigned {
    const assigned = new Map<string, Map<Uuid, Set<number>>>();
    const sorted = [...members].sort(byMember);
    for (const [topicId, subscribers] of subscribersOf(sorted)) {
      const count = partitionCounts.get(topicId) ?? 0;
      const quota = Math.floor(count / subscribers.length);
      const withOneMore = count % subscribers.length;
      let next = 0;
      for (const [at, { memberId }] of subscribers.entries()) {
        const range = new Set(Array.from({ length: quota + (at < withOneMore ? 1 : 0) }, () => next++));
        if (range.size === 0) break;
        const own = assigned.get(memberId) ?? new Map<Uuid, Set<number>>();
        assigned.set(memberId, own.set(topicId, range));
      }
    }
    return assigned;
  },
};

function subscribersOf(members: readonly AssignorMember[]): ReadonlyMap<Uuid, readonly AssignorMember[]> {
  const subscribers = new Map<Uuid, AssignorMember[]>();
  for (const member of members) {
    for (const topicId of member.topicIds) {
      const known = subscribers.get(topicId);
      if (known === undefined) subscribers.set(topicId, [member]);
      else known.push(member);
    }
  }
  return subscribers;
}
