import type { Subscription } from "../consumer-protocol.ts";
import type { TopicPartition } from "../topic-partition.ts";

/** A member of the group, as its leader knows it. */
export interface SubscribedMember extends Subscription {
  readonly memberId: string;
  /** Of a static member (KIP-345). */
  readonly instanceId: string | null;
}

/** By member's id; every member has an entry. */
export type Assignments = ReadonlyMap<string, readonly TopicPartition[]>;

/** How the leader of a group shares partitions out. Pure: equal input, equal output. */
export interface Assignor {
  /** As it stands in JoinGroup: the group takes one that all members have. */
  readonly name: "range" | "roundrobin" | "cooperative-sticky";
  /** Members keep what they own while they join again (KIP-429). */
  readonly isCooperative: boolean;
  /** `partitionCounts`: of the topics that there are. Of others nothing is assigned. */
  assign(members: readonly SubscribedMember[], partitionCounts: ReadonlyMap<string, number>): Assignments;
}

/** Static members first, by their instances' names, so that the order outlives their restarts; then the others by their ids. */
export const inOrder = (members: readonly SubscribedMember[]): readonly SubscribedMember[] =>
  [...members].sort((a, b) => {
    if (a.instanceId !== null && b.instanceId !== null) return compare(a.instanceId, b.instanceId);
    if (a.instanceId !== null || b.instanceId !== null) return a.instanceId !== null ? -1 : 1;
    return compare(a.memberId, b.memberId);
  });

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** Topics that somebody wants and that are there, by name. */
export function topicsOf(members: readonly SubscribedMember[], partitionCounts: ReadonlyMap<string, number>): readonly string[] {
  const topics = new Set(members.flatMap((member) => member.topics));
  return [...topics].filter((topic) => (partitionCounts.get(topic) ?? 0) > 0).sort(compare);
}

/** By topic, the members that want it, in the order in which they stand here. */
export function takersByTopic(members: readonly SubscribedMember[]): ReadonlyMap<string, readonly SubscribedMember[]> {
  const takers = new Map<string, SubscribedMember[]>();
  for (const member of members) {
    for (const topic of new Set(member.topics)) {
      const known = takers.get(topic);
      if (known === undefined) takers.set(topic, [member]);
      else known.push(member);
    }
  }
  return takers;
}

/** All partitions of a topic. */
export const partitionsOf = (topic: string, partitionCounts: ReadonlyMap<string, number>): readonly TopicPartition[] =>
  Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => ({ topic, partition }));
