import type { OffsetCommitRequest, OffsetCommitResponse, OffsetFetchRequest, OffsetFetchResponse } from "@samsa/protocol";
import { newOffsetCommitRequest, newOffsetFetchRequest } from "@samsa/protocol";
import { type Uuid, ZERO_UUID } from "@samsa/stdx";
import type { ClusterMetadata } from "../cluster/cluster-metadata.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";
import type { OffsetToCommit } from "./group-event.ts";
import type { Generation } from "./group-requests.ts";
import { byTopic, keyOf, type TopicPartition } from "./topic-partition.ts";

const FIRST_VERSION_WITH_GROUPS = 8;
const FIRST_VERSION_WITH_STABLE_OFFSETS = 7;
/** From the next version on topics have ids only. */
const MAX_VERSION_WITH_NAMES = 9;

/** Topics of one request, with the ids that they had when it was made. */
export type TopicIds = ReadonlyMap<string, Uuid>;

export const topicIdsOf = (partitions: readonly TopicPartition[], metadata: ClusterMetadata): TopicIds =>
  new Map(partitions.map(({ topic }) => [topic, metadata.topicId(topic)]));

/** Topics whose ids are not known can be named only. */
export const maxVersionFor = (ids: TopicIds): { readonly maxVersion?: number } =>
  [...ids.values()].includes(ZERO_UUID) ? { maxVersion: MAX_VERSION_WITH_NAMES } : {};

export function commitRequest(
  config: GroupConsumerConfig,
  { memberId, generationId }: Generation,
  offsets: readonly OffsetToCommit[],
  ids: TopicIds,
): OffsetCommitRequest {
  return newOffsetCommitRequest({
    groupId: config.groupId,
    generationIdOrMemberEpoch: generationId,
    memberId,
    groupInstanceId: config.groupInstanceId,
    topics: Array.from(byTopic(offsets), ([name, members]) => ({
      name,
      topicId: ids.get(name) ?? ZERO_UUID,
      partitions: members.map(({ partition, offset, leaderEpoch = -1, metadata = "" }) => ({
        partitionIndex: partition,
        committedOffset: offset,
        committedLeaderEpoch: leaderEpoch,
        committedMetadata: metadata,
      })),
    })),
  });
}

/** By partition, in the order of the request; undefined where the response says nothing of it. */
export function commitErrors(offsets: readonly TopicPartition[], response: OffsetCommitResponse, ids: TopicIds): readonly (number | undefined)[] {
  const answers = answersOf(response.topics, ids);
  return offsets.map((offset) => answers(offset)?.errorCode);
}

/** A topic of an answer: newer versions name none. */
interface AnsweredTopic<P> {
  readonly name: string;
  readonly topicId?: Uuid;
  readonly partitions: readonly P[];
}

/** Finds what an answer says of a partition of its request, the first time that it does. Both may be of many thousands. */
function answersOf<P extends { readonly partitionIndex: number }>(
  topics: readonly AnsweredTopic<P>[],
  ids: TopicIds,
): (partition: TopicPartition) => P | undefined {
  const names = new Map(Array.from(ids, ([name, topicId]) => [topicId, name]));
  const answers = new Map<string, P>();
  for (const { name, topicId, partitions } of topics) {
    const topic = name === "" && topicId !== undefined ? names.get(topicId) : name;
    if (topic === undefined) continue;
    for (const answer of partitions) {
      const key = keyOf({ topic, partition: answer.partitionIndex });
      if (!answers.has(key)) answers.set(key, answer);
    }
  }
  return (partition) => answers.get(keyOf(partition));
}

export function offsetFetchRequest(
  { groupId }: GroupConsumerConfig,
  partitions: readonly TopicPartition[],
  ids: TopicIds,
  version: number,
): OffsetFetchRequest {
  const asked = Array.from(byTopic(partitions), ([name, members]) => ({
    name,
    topicId: ids.get(name) ?? ZERO_UUID,
    partitionIndexes: members.map(({ partition }) => partition),
  }));
  // An offset that an open transaction is about to replace would have its records read twice (KIP-447); as in Java's, whatever the isolation level.
  const requireStable = version >= FIRST_VERSION_WITH_STABLE_OFFSETS;
  if (version >= FIRST_VERSION_WITH_GROUPS)
    return newOffsetFetchRequest({ requireStable, groups: [{ groupId, memberId: null, memberEpoch: -1, topics: asked }] });
  return newOffsetFetchRequest({ requireStable, groupId, topics: asked.map(({ name, partitionIndexes }) => ({ name, partitionIndexes })) });
}

export interface FetchedOffset {
  /** −1: nothing is committed. */
  readonly committedOffset: number;
  /** Of the last record that was read; −1: it is not known (KIP-320). */
  readonly committedLeaderEpoch: number;
  readonly metadata: string | null;
  readonly errorCode: number;
}

export interface FetchedOffsets {
  /** Of the group. */
  readonly errorCode: number;
  /** In the order of the request; undefined where the response says nothing of it. */
  readonly partitions: readonly (FetchedOffset | undefined)[];
}

export function fetchedOffsets(
  groupId: string,
  partitions: readonly TopicPartition[],
  response: OffsetFetchResponse,
  { ids, version }: { readonly ids: TopicIds; readonly version: number },
): FetchedOffsets | undefined {
  const group = version >= FIRST_VERSION_WITH_GROUPS ? response.groups.find((candidate) => candidate.groupId === groupId) : response;
  if (group === undefined) return undefined;
  const topics: readonly AnsweredTopic<FetchedOffset & { readonly partitionIndex: number }>[] = group.topics;
  const answers = answersOf(topics, ids);
  return { errorCode: group.errorCode, partitions: partitions.map(answers) };
}
