import {
  errorOf,
  newAlterConfigsResourceResponse,
  newConsumerGroupDescribeResponseDescribedGroup,
  newCreatableTopicResult,
  newCreatePartitionsTopicResult,
  newDeletableTopicResult,
  newDeleteGroupsResponseDeletableGroupResult,
  newDeleteRecordsPartitionResult,
  newDeleteRecordsTopicResult,
  newDescribeConfigsResult,
  newDescribeGroupsResponseDescribedGroup,
  newDescribeLogDirsResult,
  newDescribeTopicPartitionsResponseTopic,
  newFetchableTopicResponse,
  newFetchPartitionData,
  newFindCoordinatorResponseCoordinator,
  newListOffsetsPartitionResponse,
  newListOffsetsTopicResponse,
  newMetadataResponseTopic,
  newOffsetCommitResponsePartition,
  newOffsetCommitResponseTopic,
  newOffsetFetchResponseGroup,
  newOffsetFetchResponsePartition,
  newOffsetFetchResponseTopic,
  newOffsetForLeaderPartitionResult,
  newOffsetForLeaderTopicResult,
  newPartitionProduceResponse,
  newReplicaElectionPartitionResult,
  newReplicaElectionResult,
  newTopicProduceResponse,
} from "@samsa/protocol";
import type { Uuid } from "@samsa/stdx";

/** Of a topic, by the name or the id that the request's version has; the other is empty. */
interface NameAndId {
  readonly name: string;
  readonly topicId: Uuid;
}
interface Partitioned<P> {
  readonly partitions: readonly P[];
}
interface Resource {
  readonly resourceType: number;
  readonly resourceName: string;
}

/** What Kafka says of an error. */
export const messageOf = (errorCode: number): string | null => errorOf(errorCode)?.message ?? null;

const NO_OFFSET = -1;

export const produce = ({ name, topicId, partitionData }: NameAndId & { readonly partitionData: readonly { readonly index: number }[] }, errorCode: number) =>
  newTopicProduceResponse({
    name,
    topicId,
    partitionResponses: partitionData.map(({ index }) =>
      newPartitionProduceResponse({ index, errorCode, baseOffset: NO_OFFSET, errorMessage: messageOf(errorCode) }),
    ),
  });

export const fetch = (
  { topic, topicId, partitions }: { readonly topic: string; readonly topicId: Uuid } & Partitioned<{ readonly partition: number }>,
  errorCode: number,
) =>
  newFetchableTopicResponse({
    topic,
    topicId,
    partitions: partitions.map(({ partition }) => newFetchPartitionData({ partitionIndex: partition, errorCode, highWatermark: NO_OFFSET, records: null })),
  });

export const listOffsets = ({ name, partitions }: { readonly name: string } & Partitioned<{ readonly partitionIndex: number }>, errorCode: number) =>
  newListOffsetsTopicResponse({
    name,
    partitions: partitions.map(({ partitionIndex }) => newListOffsetsPartitionResponse({ partitionIndex, errorCode })),
  });

export const metadata = ({ name, topicId }: { readonly name: string | null; readonly topicId: Uuid }, errorCode: number) =>
  newMetadataResponseTopic({ name: name ?? "", topicId, errorCode });

export const offsetCommit = ({ name, topicId, partitions }: NameAndId & Partitioned<{ readonly partitionIndex: number }>, errorCode: number) =>
  newOffsetCommitResponseTopic({
    name,
    topicId,
    partitions: partitions.map(({ partitionIndex }) => newOffsetCommitResponsePartition({ partitionIndex, errorCode })),
  });

export const offsetFetch = ({ name, partitionIndexes }: { readonly name: string; readonly partitionIndexes: readonly number[] }, errorCode: number) =>
  newOffsetFetchResponseTopic({
    name,
    partitions: partitionIndexes.map((partitionIndex) =>
      newOffsetFetchResponsePartition({ partitionIndex, errorCode, committedOffset: NO_OFFSET, metadata: "" }),
    ),
  });

export const offsetFetchGroup = (groupId: string, errorCode: number) => newOffsetFetchResponseGroup({ groupId, errorCode });

export const coordinator = (key: string, errorCode: number) =>
  newFindCoordinatorResponseCoordinator({ key, errorCode, nodeId: -1, port: -1, errorMessage: messageOf(errorCode) });

export const describedGroup = (groupId: string, errorCode: number) => newDescribeGroupsResponseDescribedGroup({ groupId, errorCode });

export const describedConsumerGroup = (groupId: string, errorCode: number) =>
  newConsumerGroupDescribeResponseDescribedGroup({ groupId, errorCode, errorMessage: messageOf(errorCode) });

export const createdTopic = (name: string, errorCode: number) =>
  newCreatableTopicResult({ name, errorCode, errorMessage: messageOf(errorCode), numPartitions: -1, replicationFactor: -1 });

/** By name up to version 5, by name or id from then on. */
export const deletedTopics = (topics: readonly { readonly name: string | null; readonly topicId: Uuid }[], names: readonly string[], errorCode: number) => [
  ...topics.map(({ name, topicId }) => newDeletableTopicResult({ name, topicId, errorCode, errorMessage: messageOf(errorCode) })),
  ...names.map((name) => newDeletableTopicResult({ name, errorCode, errorMessage: messageOf(errorCode) })),
];

export const deletedRecords = ({ name, partitions }: { readonly name: string } & Partitioned<{ readonly partitionIndex: number }>, errorCode: number) =>
  newDeleteRecordsTopicResult({
    name,
    partitions: partitions.map(({ partitionIndex }) => newDeleteRecordsPartitionResult({ partitionIndex, errorCode, lowWatermark: NO_OFFSET })),
  });

export const leaderEpochEnd = ({ topic, partitions }: { readonly topic: string } & Partitioned<{ readonly partition: number }>, errorCode: number) =>
  newOffsetForLeaderTopicResult({
    topic,
    partitions: partitions.map(({ partition }) => newOffsetForLeaderPartitionResult({ partition, errorCode })),
  });

export const describedConfigs = ({ resourceType, resourceName }: Resource, errorCode: number) =>
  newDescribeConfigsResult({ resourceType, resourceName, errorCode, errorMessage: messageOf(errorCode) });

export const alteredConfigs = ({ resourceType, resourceName }: Resource, errorCode: number) =>
  newAlterConfigsResourceResponse({ resourceType, resourceName, errorCode, errorMessage: messageOf(errorCode) });

export const logDir = (errorCode: number) => newDescribeLogDirsResult({ errorCode });

export const createdPartitions = (name: string, errorCode: number) => newCreatePartitionsTopicResult({ name, errorCode, errorMessage: messageOf(errorCode) });

export const deletedGroup = (groupId: string, errorCode: number) => newDeleteGroupsResponseDeletableGroupResult({ groupId, errorCode });

export const election = ({ topic, partitions }: { readonly topic: string } & Partitioned<number>, errorCode: number) =>
  newReplicaElectionResult({
    topic,
    partitionResult: partitions.map((partitionId) => newReplicaElectionPartitionResult({ partitionId, errorCode, errorMessage: messageOf(errorCode) })),
  });

export const describedTopic = (name: string, errorCode: number) => newDescribeTopicPartitionsResponseTopic({ name, errorCode });
