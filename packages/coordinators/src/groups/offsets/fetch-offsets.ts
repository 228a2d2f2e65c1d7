import { ErrorCode, type ErrorName, newOffsetFetchResponseGroup, type OffsetFetchRequest, type OffsetFetchResponse } from "@samsa/protocol";
import { ZERO_UUID } from "@samsa/stdx";
import { type CommittedOffset, type GroupOffsets, offsetKey } from "../groups-state.ts";

export type FetchedGroup = OffsetFetchRequest["groups"][number];
export type FetchedOffsets = OffsetFetchResponse["groups"][number];
type FetchedPartition = FetchedOffsets["topics"][number]["partitions"][number];

const NO_OFFSET = -1;
const NO_EPOCH = -1;

/** Committed offsets of a group: of the topics asked for, or of all. What was never committed is −1. */
export function fetchOffsets({ groupId, topics }: FetchedGroup, offsets: GroupOffsets): FetchedOffsets {
  if (topics === null) return newOffsetFetchResponseGroup({ groupId, topics: allTopics(offsets) });
  return newOffsetFetchResponseGroup({
    groupId,
    topics: topics.map(({ name, topicId, partitionIndexes }) => ({
      name,
      topicId,
      partitions: partitionIndexes.map((partition) => partitionOf(partition, offsets.get(offsetKey(name, partition)))),
    })),
  });
}

/** Of the whole group. */
export const fetchFailed = (groupId: string, error: ErrorName): FetchedOffsets => newOffsetFetchResponseGroup({ groupId, errorCode: ErrorCode[error] });

function allTopics(offsets: GroupOffsets): FetchedOffsets["topics"] {
  const byTopic = new Map<string, FetchedPartition[]>();
  for (const committed of offsets.values()) {
    const partitions = byTopic.get(committed.topic) ?? [];
    byTopic.set(committed.topic, partitions);
    partitions.push(partitionOf(committed.partition, committed));
  }
  return Array.from(byTopic, ([name, partitions]) => ({
    name,
    topicId: ZERO_UUID,
    partitions: partitions.sort((a, b) => a.partitionIndex - b.partitionIndex),
  }));
}

const partitionOf = (partitionIndex: number, committed: CommittedOffset | undefined): FetchedPartition => ({
  partitionIndex,
  committedOffset: committed?.offset ?? NO_OFFSET,
  committedLeaderEpoch: committed?.leaderEpoch ?? NO_EPOCH,
  metadata: committed?.metadata ?? "",
  errorCode: ErrorCode.NONE,
});
