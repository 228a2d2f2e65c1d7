import type { Uuid } from "@samsa/stdx";

/** Partitions by the id of their topic; no topic is there without any. */
export type Partitions = ReadonlyMap<Uuid, ReadonlySet<number>>;

/** Partitions that a member has been given, by the id of their topic, each with the assignment epoch in which it was (KIP-1251). */
export type OwnedPartitions = ReadonlyMap<Uuid, ReadonlyMap<number, number>>;

/** As messages and records list them. */
export interface TopicPartitions {
  readonly topicId: Uuid;
  readonly partitions: readonly number[];
}

export const NO_PARTITIONS: Partitions = new Map();
export const NOTHING_OWNED: OwnedPartitions = new Map();

/** Ids are base64url: no colon is in one. */
export const partitionKey = (topicId: Uuid, partition: number): string => `${topicId}:${partition}`;

/** What is listed, whatever is listed twice. */
export function partitionsOf(listed: readonly TopicPartitions[]): Partitions {
  const found = new Map<Uuid, Set<number>>();
  for (const { topicId, partitions } of listed) {
    if (partitions.length === 0) continue;
    const known = found.get(topicId) ?? new Set<number>();
    found.set(topicId, known);
    for (const partition of partitions) known.add(partition);
  }
  return found;
}

/** In ascending order within a topic, topics by their ids: equal partitions give equal lists. */
export function topicPartitionsOf(partitions: Partitions | OwnedPartitions): TopicPartitions[] {
  const listed = [...partitions].map(([topicId, indexes]) => ({ topicId, partitions: [...indexes.keys()].sort((a, b) => a - b) }));
  return listed.sort((one, other) => (one.topicId < other.topicId ? -1 : 1));
}

export function* eachPartition(partitions: Partitions | OwnedPartitions): Generator<readonly [topicId: Uuid, partition: number]> {
  for (const [topicId, indexes] of partitions) for (const partition of indexes.keys()) yield [topicId, partition];
}

export const hasPartition = (partitions: Partitions | OwnedPartitions, topicId: Uuid, partition: number): boolean =>
  partitions.get(topicId)?.has(partition) === true;

/** Whether all of `some` are in `all`. */
export function areAmong(some: Partitions, all: Partitions | OwnedPartitions): boolean {
  for (const [topicId, partition] of eachPartition(some)) if (!hasPartition(all, topicId, partition)) return false;
  return true;
}

export function samePartitions(one: Partitions | OwnedPartitions, other: Partitions | OwnedPartitions): boolean {
  if (one.size !== other.size) return false;
  for (const [topicId, indexes] of one) if (indexes.size !== other.get(topicId)?.size) return false;
  for (const [topicId, partition] of eachPartition(one)) if (!hasPartition(other, topicId, partition)) return false;
  return true;
}
