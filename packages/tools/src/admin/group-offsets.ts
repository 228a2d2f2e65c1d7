import {
  apis,
  ErrorCode,
  newDeleteGroupsRequest,
  newOffsetCommitRequest,
  newOffsetCommitRequestPartition,
  newOffsetCommitRequestTopic,
  newOffsetDeleteRequest,
  newOffsetDeleteRequestPartition,
  newOffsetDeleteRequestTopic,
  newOffsetFetchRequest,
  newOffsetFetchRequestGroup,
} from "@samsa/protocol";
import { brokerError, JavaException } from "../java-exception.ts";
import type { Session } from "../session/session.ts";
import { groupByTopic, keyOf, type TopicPartition } from "./ask-leaders.ts";

/** Topics have names in these versions, and groups are asked for by lists. */
const FIRST_FETCH_VERSION_WITH_GROUPS = 8;
const LAST_FETCH_VERSION_BY_NAME = 9;
const LAST_COMMIT_VERSION_BY_NAME = 9;
/** Who commits is no member. */
const NO_GENERATION = -1;
const UNKNOWN_EPOCH = -1;

export interface GroupOffset extends TopicPartition {
  readonly offset: number;
}

export interface CommittedOffset extends GroupOffset {
  /** None: it was committed without one. */
  readonly leaderEpoch: number | undefined;
}

/** All that a group has committed, by `topic-partition`; nothing for a group that is not there. */
export async function committedOffsets(session: Session, groupId: string): Promise<ReadonlyMap<string, CommittedOffset>> {
  const { groups } = await session.request({
    callName: "listConsumerGroupOffsets",
    api: apis.OffsetFetch,
    minVersion: FIRST_FETCH_VERSION_WITH_GROUPS,
    maxVersion: LAST_FETCH_VERSION_BY_NAME,
    request: () => newOffsetFetchRequest({ groups: [newOffsetFetchRequestGroup({ groupId, topics: null })] }),
    target: { type: "group", groupId },
    errorOf: (response) => response.groups[0]?.errorCode ?? ErrorCode.NONE,
  });
  const group = groups.find((each) => each.groupId === groupId);
  if (group === undefined) throw brokerError(ErrorCode.UNKNOWN_SERVER_ERROR);
  if (group.errorCode !== ErrorCode.NONE) throw brokerError(group.errorCode);
  const committed = group.topics.flatMap(({ name, partitions }) =>
    partitions.flatMap(({ partitionIndex, committedOffset, committedLeaderEpoch, errorCode }) =>
      errorCode === ErrorCode.NONE
        ? [{ topic: name, partition: partitionIndex, offset: committedOffset, leaderEpoch: committedLeaderEpoch < 0 ? undefined : committedLeaderEpoch }]
        : [],
    ),
  );
  return new Map(committed.map((each) => [keyOf(each), each]));
}

/** Commits for a group without members. Throws the first error. */
export async function alterGroupOffsets(session: Session, groupId: string, offsets: readonly GroupOffset[]): Promise<void> {
  if (offsets.length === 0) return;
  const topics = [...groupByTopic(offsets)].map(([name, group]) =>
    newOffsetCommitRequestTopic({
      name,
      partitions: group.map(({ partition, offset }) =>
        newOffsetCommitRequestPartition({
          partitionIndex: partition,
          committedOffset: offset,
          committedLeaderEpoch: UNKNOWN_EPOCH,
          committedMetadata: "",
        }),
      ),
    }),
  );
  const response = await session.request({
    callName: "alterConsumerGroupOffsets",
    api: apis.OffsetCommit,
    maxVersion: LAST_COMMIT_VERSION_BY_NAME,
    request: () => newOffsetCommitRequest({ groupId, generationIdOrMemberEpoch: NO_GENERATION, topics }),
    target: { type: "group", groupId },
    errorOf: (answer) => firstErrorOf(answer.topics),
  });
  const errorCode = firstErrorOf(response.topics);
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
}

export interface DeletedOffsets {
  /** What speaks for all of them. */
  readonly groupError: JavaException | undefined;
  /** By `topic-partition`. */
  readonly errors: ReadonlyMap<string, JavaException | undefined>;
}

export async function deleteGroupOffsets(session: Session, groupId: string, partitions: readonly TopicPartition[]): Promise<DeletedOffsets> {
  const everywhere = (error: JavaException): DeletedOffsets => ({ groupError: error, errors: new Map(partitions.map((each) => [keyOf(each), error])) });
  const topics = [...groupByTopic(partitions)].map(([name, group]) =>
    newOffsetDeleteRequestTopic({ name, partitions: group.map(({ partition }) => newOffsetDeleteRequestPartition({ partitionIndex: partition })) }),
  );
  try {
    const response = await session.request({
      callName: "offsetDelete",
      api: apis.OffsetDelete,
      request: () => newOffsetDeleteRequest({ groupId, topics }),
      target: { type: "group", groupId },
      errorOf: ({ errorCode }) => errorCode,
    });
    if (response.errorCode !== ErrorCode.NONE) return everywhere(brokerError(response.errorCode));
    const errors = response.topics.flatMap((topic) =>
      topic.partitions.map(({ partitionIndex, errorCode }) => {
        const error = errorCode === ErrorCode.NONE ? undefined : brokerError(errorCode);
        return [keyOf({ topic: topic.name, partition: partitionIndex }), error] as const;
      }),
    );
    return { groupError: undefined, errors: new Map(errors) };
  } catch (error) {
    if (error instanceof JavaException) return everywhere(error);
    throw error;
  }
}

/** With all that it has committed. Throws what the coordinator has against it. */
export async function deleteGroup(session: Session, groupId: string): Promise<void> {
  const { results } = await session.request({
    callName: "deleteConsumerGroups",
    api: apis.DeleteGroups,
    request: () => newDeleteGroupsRequest({ groupsNames: [groupId] }),
    target: { type: "group", groupId },
    errorOf: (response) => response.results[0]?.errorCode ?? ErrorCode.NONE,
  });
  const errorCode = results[0]?.errorCode ?? ErrorCode.UNKNOWN_SERVER_ERROR;
  if (errorCode !== ErrorCode.NONE) throw brokerError(errorCode);
}

const firstErrorOf = (topics: readonly { readonly partitions: readonly { readonly errorCode: number }[] }[]): number =>
  topics.flatMap(({ partitions }) => partitions).find(({ errorCode }) => errorCode !== ErrorCode.NONE)?.errorCode ?? ErrorCode.NONE;
