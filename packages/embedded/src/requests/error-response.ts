import {
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  newAlterConfigsResponse,
  newApiVersionsResponse,
  newConsumerGroupDescribeResponse,
  newConsumerGroupHeartbeatResponse,
  newCreatePartitionsResponse,
  newCreateTopicsResponse,
  newDeleteGroupsResponse,
  newDeleteRecordsResponse,
  newDeleteTopicsResponse,
  newDescribeClusterResponse,
  newDescribeConfigsResponse,
  newDescribeGroupsResponse,
  newDescribeLogDirsResponse,
  newDescribeQuorumResponse,
  newDescribeTopicPartitionsResponse,
  newElectLeadersResponse,
  newFetchResponse,
  newFindCoordinatorResponse,
  newHeartbeatResponse,
  newIncrementalAlterConfigsResponse,
  newInitProducerIdResponse,
  newJoinGroupResponse,
  newLeaveGroupResponse,
  newListConfigResourcesResponse,
  newListGroupsResponse,
  newListOffsetsResponse,
  newMetadataResponse,
  newOffsetCommitResponse,
  newOffsetDeleteResponse,
  newOffsetFetchResponse,
  newOffsetForLeaderEpochResponse,
  newProduceResponse,
  newSaslAuthenticateResponse,
  newSaslHandshakeResponse,
  newSyncGroupResponse,
  newUpdateFeaturesResponse,
} from "@samsa/protocol";
import * as parts from "./error-parts.ts";

const FIRST_FIND_COORDINATOR_WITH_BATCHES = 4;
const FIRST_DESCRIBE_LOG_DIRS_WITH_ERROR = 3;

type Responder<N extends ApiName> = (request: ApiMessages[N]["request"], errorCode: number, apiVersion: number) => ApiInputs[N]["response"];

/**
 * What a broker says that fails with one error, to all that a request asks for: per topic and partition where the API has errors there, else once.
 * In the shape that every version of the API encodes what it knows from; as `getErrorResponse` of Kafka's requests.
 */
const RESPONDERS: { readonly [N in ApiName]: Responder<N> } = {
  Produce: ({ topicData }, errorCode) => newProduceResponse({ responses: topicData.map((topic) => parts.produce(topic, errorCode)) }),
  // A session goes on: only the partitions that it names have failed. One that names none fails as a whole.
  Fetch: ({ topics, sessionId }, errorCode) =>
    topics.length === 0 ? newFetchResponse({ errorCode }) : newFetchResponse({ sessionId, responses: topics.map((topic) => parts.fetch(topic, errorCode)) }),
  ListOffsets: ({ topics }, errorCode) => newListOffsetsResponse({ topics: topics.map((topic) => parts.listOffsets(topic, errorCode)) }),
  Metadata: ({ topics }, errorCode) => newMetadataResponse({ errorCode, topics: (topics ?? []).map((topic) => parts.metadata(topic, errorCode)) }),
  OffsetCommit: ({ topics }, errorCode) => newOffsetCommitResponse({ topics: topics.map((topic) => parts.offsetCommit(topic, errorCode)) }),
  OffsetFetch: ({ topics, groups }, errorCode) =>
    newOffsetFetchResponse({
      errorCode,
      topics: (topics ?? []).map((topic) => parts.offsetFetch(topic, errorCode)),
      groups: groups.map(({ groupId }) => parts.offsetFetchGroup(groupId, errorCode)),
    }),
  FindCoordinator: ({ coordinatorKeys }, errorCode, apiVersion) =>
    apiVersion >= FIRST_FIND_COORDINATOR_WITH_BATCHES
      ? newFindCoordinatorResponse({ coordinators: coordinatorKeys.map((key) => parts.coordinator(key, errorCode)) })
      : newFindCoordinatorResponse({ errorCode, errorMessage: apiVersion === 0 ? null : parts.messageOf(errorCode), nodeId: -1, port: -1 }),
  JoinGroup: ({ memberId }, errorCode) => newJoinGroupResponse({ errorCode, generationId: -1, protocolName: "", memberId }),
  Heartbeat: (_request, errorCode) => newHeartbeatResponse({ errorCode }),
  LeaveGroup: (_request, errorCode) => newLeaveGroupResponse({ errorCode }),
  SyncGroup: (_request, errorCode) => newSyncGroupResponse({ errorCode }),
  DescribeGroups: ({ groups }, errorCode) => newDescribeGroupsResponse({ groups: groups.map((groupId) => parts.describedGroup(groupId, errorCode)) }),
  ListGroups: (_request, errorCode) => newListGroupsResponse({ errorCode }),
  SaslHandshake: (_request, errorCode) => newSaslHandshakeResponse({ errorCode }),
  ApiVersions: (_request, errorCode) => newApiVersionsResponse({ errorCode }),
  CreateTopics: ({ topics }, errorCode) => newCreateTopicsResponse({ topics: topics.map(({ name }) => parts.createdTopic(name, errorCode)) }),
  DeleteTopics: ({ topics, topicNames }, errorCode) => newDeleteTopicsResponse({ responses: parts.deletedTopics(topics, topicNames, errorCode) }),
  DeleteRecords: ({ topics }, errorCode) => newDeleteRecordsResponse({ topics: topics.map((topic) => parts.deletedRecords(topic, errorCode)) }),
  InitProducerId: (_request, errorCode) => newInitProducerIdResponse({ errorCode, producerId: -1, producerEpoch: -1 }),
  OffsetForLeaderEpoch: ({ topics }, errorCode) => newOffsetForLeaderEpochResponse({ topics: topics.map((topic) => parts.leaderEpochEnd(topic, errorCode)) }),
  DescribeConfigs: ({ resources }, errorCode) => newDescribeConfigsResponse({ results: resources.map((one) => parts.describedConfigs(one, errorCode)) }),
  AlterConfigs: ({ resources }, errorCode) => newAlterConfigsResponse({ responses: resources.map((one) => parts.alteredConfigs(one, errorCode)) }),
  IncrementalAlterConfigs: ({ resources }, errorCode) =>
    newIncrementalAlterConfigsResponse({ responses: resources.map((one) => parts.alteredConfigs(one, errorCode)) }),
  DescribeLogDirs: (_request, errorCode, apiVersion) =>
    apiVersion >= FIRST_DESCRIBE_LOG_DIRS_WITH_ERROR
      ? newDescribeLogDirsResponse({ errorCode })
      : newDescribeLogDirsResponse({ results: [parts.logDir(errorCode)] }),
  SaslAuthenticate: (_request, errorCode) => newSaslAuthenticateResponse({ errorCode, errorMessage: parts.messageOf(errorCode) }),
  CreatePartitions: ({ topics }, errorCode) => newCreatePartitionsResponse({ results: topics.map(({ name }) => parts.createdPartitions(name, errorCode)) }),
  DeleteGroups: ({ groupsNames }, errorCode) => newDeleteGroupsResponse({ results: groupsNames.map((groupId) => parts.deletedGroup(groupId, errorCode)) }),
  ElectLeaders: ({ topicPartitions }, errorCode, apiVersion) =>
    newElectLeadersResponse({
      errorCode: apiVersion === 0 ? 0 : errorCode,
      replicaElectionResults: (topicPartitions ?? []).map((topic) => parts.election(topic, errorCode)),
    }),
  OffsetDelete: (_request, errorCode) => newOffsetDeleteResponse({ errorCode }),
  DescribeQuorum: (_request, errorCode) => newDescribeQuorumResponse({ errorCode, errorMessage: parts.messageOf(errorCode) }),
  UpdateFeatures: (_request, errorCode) => newUpdateFeaturesResponse({ errorCode, errorMessage: parts.messageOf(errorCode) }),
  DescribeCluster: (_request, errorCode) => newDescribeClusterResponse({ errorCode, errorMessage: parts.messageOf(errorCode) }),
  ConsumerGroupHeartbeat: (_request, errorCode) => newConsumerGroupHeartbeatResponse({ errorCode, errorMessage: parts.messageOf(errorCode) }),
  ConsumerGroupDescribe: ({ groupIds }, errorCode) =>
    newConsumerGroupDescribeResponse({ groups: groupIds.map((groupId) => parts.describedConsumerGroup(groupId, errorCode)) }),
  ListConfigResources: (_request, errorCode) => newListConfigResourcesResponse({ errorCode }),
  DescribeTopicPartitions: ({ topics }, errorCode) =>
    newDescribeTopicPartitionsResponse({ topics: topics.map(({ name }) => parts.describedTopic(name, errorCode)) }),
};

/** Well formed in whatever version the request came in. */
export function errorResponse<N extends ApiName>(
  api: N,
  { request, apiVersion }: { readonly request: ApiMessages[N]["request"]; readonly apiVersion: number },
  errorCode: number,
): ApiInputs[N]["response"] {
  return RESPONDERS[api](request, errorCode, apiVersion);
}
