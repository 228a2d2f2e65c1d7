import type { FetchRequest } from "@samsa/protocol";
import { type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { HostedReplica } from "../replicas/hosted-replica.ts";
import type { Told } from "./follower-session.ts";

/** What a follower's next fetch has to say of this replica; undefined where nothing can be fetched: its log failed, or a write is under way. */
export function positionOf(hosted: HostedReplica): Told | undefined {
  const position = hosted.replica.fetchPosition();
  if (position === undefined) return undefined;
  const { currentLeaderEpoch, fetchOffset, lastFetchedEpoch, logStartOffset } = position;
  return { hosted, forLeaderEpoch: currentLeaderEpoch, forFetchOffset: fetchOffset, lastFetchedEpoch, logStartOffset };
}

/** Neighbours of one topic together; as in Kafka a topic may come twice, for the order says who is served first. */
export function topicsOf(fetched: Iterable<Told>, partitionMaxBytes: number): FetchRequest["topics"] {
  const partitionOf = ({ hosted, forLeaderEpoch, forFetchOffset, lastFetchedEpoch, logStartOffset }: Told) => ({
    partition: hosted.partition,
    currentLeaderEpoch: forLeaderEpoch,
    fetchOffset: forFetchOffset,
    lastFetchedEpoch,
    logStartOffset,
    partitionMaxBytes,
    replicaDirectoryId: ZERO_UUID,
    highWatermark: hosted.replica.highWatermark,
  });
  return groupByTopic(fetched, partitionOf);
}

export function forgottenTopicsOf(forgotten: Iterable<Told>): FetchRequest["forgottenTopicsData"] {
  return groupByTopic(forgotten, ({ hosted }) => hosted.partition);
}

function groupByTopic<T>(all: Iterable<Told>, partitionOf: (one: Told) => T): { topic: string; topicId: Uuid; partitions: T[] }[] {
  const groups: { topic: string; topicId: Uuid; partitions: T[] }[] = [];
  for (const one of all) {
    const { topic, topicId } = one.hosted;
    const last = groups.at(-1);
    if (last?.topicId === topicId) last.partitions.push(partitionOf(one));
    else groups.push({ topic, topicId, partitions: [partitionOf(one)] });
  }
  return groups;
}
