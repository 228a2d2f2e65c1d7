import * as protocol from "@samsa/protocol";
import {
  type AnyApi,
  type ApiCodec,
  type ApiName,
  apis,
  decodeResponseHeader,
  EncodeError,
  encodeResponseFrame,
  ErrorCode,
  Reader,
  Writer,
} from "@samsa/protocol";
import { expect, test } from "vitest";
import { errorResponse } from "../src/requests/error-response.ts";

const CODE = ErrorCode.KAFKA_STORAGE_ERROR;
const topicId = "AAAAAAAAAAAAAAAAAAAAAQ" as protocol.TopicProduceData["topicId"];

/** Requests that ask for something: an answer to nothing would have no place for the error. */
const REQUESTS: { readonly [N in ApiName]?: protocol.ApiInputs[N]["request"] } = {
  Produce: protocol.newProduceRequest({
    acks: -1,
    topicData: [protocol.newTopicProduceData({ name: "orders", topicId, partitionData: [protocol.newPartitionProduceData({ index: 3, records: null })] })],
  }),
  Fetch: protocol.newFetchRequest({
    topics: [protocol.newFetchTopic({ topic: "orders", topicId, partitions: [protocol.newFetchPartition({ partition: 3 })] })],
  }),
  ListOffsets: protocol.newListOffsetsRequest({
    topics: [protocol.newListOffsetsTopic({ name: "orders", partitions: [protocol.newListOffsetsPartition({ partitionIndex: 3 })] })],
  }),
  Metadata: protocol.newMetadataRequest({ topics: [protocol.newMetadataRequestTopic({ name: "orders" })] }),
  OffsetCommit: protocol.newOffsetCommitRequest({
    topics: [protocol.newOffsetCommitRequestTopic({ name: "orders", topicId, partitions: [protocol.newOffsetCommitRequestPartition({ partitionIndex: 3 })] })],
  }),
  OffsetFetch: protocol.newOffsetFetchRequest({
    topics: [protocol.newOffsetFetchRequestTopic({ name: "orders", partitionIndexes: [3] })],
    groups: [protocol.newOffsetFetchRequestGroup({ groupId: "readers" })],
  }),
  FindCoordinator: protocol.newFindCoordinatorRequest({ coordinatorKeys: ["readers"] }),
  DescribeGroups: protocol.newDescribeGroupsRequest({ groups: ["readers"] }),
  CreateTopics: protocol.newCreateTopicsRequest({ topics: [protocol.newCreatableTopic({ name: "orders" })] }),
  DeleteTopics: protocol.newDeleteTopicsRequest({ topics: [protocol.newDeleteTopicState({ name: "orders" })], topicNames: ["orders"] }),
  DeleteRecords: protocol.newDeleteRecordsRequest({
    topics: [protocol.newDeleteRecordsTopic({ name: "orders", partitions: [protocol.newDeleteRecordsPartition({ partitionIndex: 3 })] })],
  }),
  OffsetForLeaderEpoch: protocol.newOffsetForLeaderEpochRequest({
    topics: [protocol.newOffsetForLeaderTopic({ topic: "orders", partitions: [protocol.newOffsetForLeaderPartition({ partition: 3 })] })],
  }),
  DescribeConfigs: protocol.newDescribeConfigsRequest({ resources: [protocol.newDescribeConfigsResource({ resourceType: 2, resourceName: "orders" })] }),
  AlterConfigs: protocol.newAlterConfigsRequest({ resources: [protocol.newAlterConfigsResource({ resourceType: 2, resourceName: "orders" })] }),
  IncrementalAlterConfigs: protocol.newIncrementalAlterConfigsRequest({
    resources: [protocol.newIncrementalAlterConfigsResource({ resourceType: 2, resourceName: "orders" })],
  }),
  CreatePartitions: protocol.newCreatePartitionsRequest({ topics: [protocol.newCreatePartitionsTopic({ name: "orders" })] }),
  DeleteGroups: protocol.newDeleteGroupsRequest({ groupsNames: ["readers"] }),
  ElectLeaders: protocol.newElectLeadersRequest({ topicPartitions: [protocol.newElectLeadersTopicPartitions({ topic: "orders", partitions: [3] })] }),
  ConsumerGroupDescribe: protocol.newConsumerGroupDescribeRequest({ groupIds: ["readers"] }),
  DescribeTopicPartitions: protocol.newDescribeTopicPartitionsRequest({ topics: [protocol.newTopicRequest({ name: "orders" })] }),
};

/** The first field of the list is enough where a version has not both: topics are named, or have ids. */
const EMPTY: Readonly<Record<string, unknown>> = protocol;

function requestOf(api: AnyApi, version: number): protocol.ApiMessages[ApiName]["request"] {
  const make = EMPTY[`new${api.name}Request`];
  const request = REQUESTS[api.name] ?? (typeof make === "function" ? (make() as protocol.ApiInputs[ApiName]["request"]) : undefined);
  const codec = api as unknown as ApiCodec<ApiName>;
  // What a version can't say is what a client of that version does not ask for.
  for (const left of [[], ["groups"], ["topics"], ["coordinatorKeys"], ["topicNames"]]) {
    const asked = Object.fromEntries(Object.entries(request ?? {}).map(([field, value]) => [field, left.includes(field) ? [] : value]));
    const writer = new Writer();
    try {
      codec.encodeRequest(writer, asked as unknown as protocol.ApiInputs[ApiName]["request"], version);
    } catch (error) {
      if (error instanceof EncodeError) continue;
      throw error;
    }
    return codec.decodeRequest(new Reader(bytesOf(writer.finish())), version);
  }
  throw new Error(`no request of ${api.name} in version ${version}`);
}

const bytesOf = (parts: readonly unknown[] | Uint8Array): Uint8Array => Buffer.concat((parts instanceof Uint8Array ? [parts] : parts) as Uint8Array[]);

for (const api of Object.values(apis) as readonly AnyApi[]) {
  test(`${api.name} can fail in every version, ${api.minVersion} to ${api.maxVersion}`, () => {
    for (let version = api.minVersion; version <= api.maxVersion; version++) {
      const codec = api as unknown as ApiCodec<ApiName>;
      const response = errorResponse(codec.name, { request: requestOf(api, version), apiVersion: version }, CODE);
      const frame = bytesOf(encodeResponseFrame(codec, { apiVersion: version, correlationId: 7 }, response) as unknown as readonly Uint8Array[]);
      const reader = new Reader(frame.subarray(4));
      expect(decodeResponseHeader(reader, api, version)).toBe(7);
      const decoded = codec.decodeResponse(reader, version);
      expect(JSON.stringify(decoded), `version ${version}`).toContain(`"errorCode":${CODE}`);
      expect(reader.remaining, `version ${version}`).toBe(0);
    }
  });
}
