import { expect, test } from "vitest";
import {
  API_KEYS,
  apiOf,
  apis,
  DecodeError,
  decodeRequestHeader,
  PRODUCE_ADVERTISED_MIN_VERSION,
  requestHeaderVersion,
  responseHeaderVersion,
} from "../src/index.ts";

const header = (apiKey: number, apiVersion: number, ...rest: number[]): Uint8Array => Uint8Array.of(0, apiKey, 0, apiVersion, 0, 0, 0, 5, ...rest);

test("the header of an API that is not described is read nevertheless, so that the log can name it", () => {
  expect(decodeRequestHeader(header(77, 1, 0, 1, 65))).toMatchObject({ apiKey: 77, apiVersion: 1, correlationId: 5, clientId: "A", api: undefined });
});

test("an ApiVersions request of a version that nobody knows yet has a readable header", () => {
  const decoded = decodeRequestHeader(header(18, 99, 0xff, 0xff, 0));
  expect(decoded).toMatchObject({ apiKey: 18, apiVersion: 99, correlationId: 5, clientId: null });
  expect(decoded.bodyReader.remaining).toBe(0);
});

test("a header that is cut off is a DecodeError", () => {
  const whole = header(3, 12, 0, 1, 65, 0);
  for (let length = 0; length < whole.length; length++) expect(() => decodeRequestHeader(whole.subarray(0, length))).toThrow(DecodeError);
});

test("header versions follow the flexible versions of the API", () => {
  expect([requestHeaderVersion(apis.Fetch, 11), requestHeaderVersion(apis.Fetch, 12)]).toEqual([1, 2]);
  expect([responseHeaderVersion(apis.Fetch, 11), responseHeaderVersion(apis.Fetch, 12)]).toEqual([0, 1]);
  expect([requestHeaderVersion(apis.ApiVersions, 3), responseHeaderVersion(apis.ApiVersions, 3)]).toEqual([2, 0]);
  expect([requestHeaderVersion(apis.SaslHandshake, 1), responseHeaderVersion(apis.SaslHandshake, 1)]).toEqual([1, 0]);
});

test("the table has every described API under its key, with Kafka's versions", () => {
  const ranges = Object.fromEntries(Object.values(apis).map((api) => [api.name, [api.key, api.minVersion, api.maxVersion, api.flexibleFrom]]));
  expect(ranges).toEqual({
    Produce: [0, 3, 13, 9],
    Fetch: [1, 4, 18, 12],
    ListOffsets: [2, 1, 11, 6],
    Metadata: [3, 0, 13, 9],
    OffsetCommit: [8, 2, 10, 8],
    OffsetFetch: [9, 1, 10, 6],
    FindCoordinator: [10, 0, 6, 3],
    JoinGroup: [11, 0, 9, 6],
    Heartbeat: [12, 0, 4, 4],
    LeaveGroup: [13, 0, 5, 4],
    SyncGroup: [14, 0, 5, 4],
    DescribeGroups: [15, 0, 6, 5],
    ListGroups: [16, 0, 5, 3],
    SaslHandshake: [17, 0, 1, Number.POSITIVE_INFINITY],
    ApiVersions: [18, 0, 4, 3],
    CreateTopics: [19, 2, 7, 5],
    DeleteTopics: [20, 1, 6, 4],
    DeleteRecords: [21, 0, 2, 2],
    InitProducerId: [22, 0, 5, 2],
    OffsetForLeaderEpoch: [23, 2, 4, 4],
    DescribeConfigs: [32, 1, 4, 4],
    AlterConfigs: [33, 0, 2, 2],
    DescribeLogDirs: [35, 1, 5, 2],
    SaslAuthenticate: [36, 0, 2, 2],
    CreatePartitions: [37, 0, 3, 2],
    DeleteGroups: [42, 0, 2, 2],
    ElectLeaders: [43, 0, 2, 2],
    IncrementalAlterConfigs: [44, 0, 1, 1],
    OffsetDelete: [47, 0, 0, Number.POSITIVE_INFINITY],
    DescribeQuorum: [55, 0, 2, 0],
    UpdateFeatures: [57, 0, 2, 0],
    DescribeCluster: [60, 0, 2, 0],
    ConsumerGroupHeartbeat: [68, 0, 1, 0],
    ConsumerGroupDescribe: [69, 0, 1, 0],
    ListConfigResources: [74, 0, 1, 0],
    DescribeTopicPartitions: [75, 0, 0, 0],
  });
  for (const key of Object.values(API_KEYS)) expect(apiOf(key)?.key).toBe(key);
  expect(PRODUCE_ADVERTISED_MIN_VERSION).toBe(0);
});
