import { uuid } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import {
  apis,
  EncodeError,
  encodeFetchRequest,
  encodeFetchResponse,
  encodeMetadataRequest,
  encodeProduceResponse,
  encodeRequestFrame,
  encodeResponseFrame,
  FrameDecoder,
  decodeRequestHeader,
  decodeFetchResponse,
  newApiVersionsResponse,
  newFetchableTopicResponse,
  newFetchPartitionData,
  newFetchRequest,
  newFetchResponse,
  newListOffsetsRequest,
  newMetadataRequest,
  newPartitionProduceResponse,
  newProduceResponse,
  newTopicProduceResponse,
  partsLength,
  Reader,
  type RecordsInput,
  Writer,
} from "../../src/index.ts";

const responseWith = (records: RecordsInput) =>
  newFetchResponse<RecordsInput>({
    responses: [newFetchableTopicResponse<RecordsInput>({ topic: "t", partitions: [newFetchPartitionData<RecordsInput>({ records })] })],
  });

describe("records", () => {
  test("large ones are parts of the message, not copies", () => {
    const records = new Uint8Array(5000).fill(9);
    const writer = new Writer();
    encodeFetchResponse(writer, responseWith(records), 12);
    expect(writer.finish().includes(records)).toBe(true);
  });

  test("a slice of a file stands for its bytes", () => {
    const slice = { path: "t-0/0.log", position: 100, length: 3000, generation: 1 };
    const writer = new Writer();
    encodeFetchResponse(writer, responseWith([Uint8Array.of(1, 2, 3), slice]), 12);
    const parts = writer.finish();
    expect(parts.filter((part) => part === slice)).toHaveLength(1);
    expect(writer.length).toBe(partsLength(parts));
    const bytes = parts.flatMap((part) => (part instanceof Uint8Array ? [...part] : Array.from({ length: part.length }, () => 5)));
    const decoded = decodeFetchResponse(new Reader(Uint8Array.from(bytes)), 12);
    expect(decoded.responses[0]?.partitions[0]?.records).toEqual(Uint8Array.from([1, 2, 3, ...new Uint8Array(3000).fill(5)]));
    expect(() => writer.finishBytes()).toThrow(EncodeError);
  });
});

describe("what a version cannot say", () => {
  test("is dropped when the field is ignorable", () => {
    const writer = new Writer();
    encodeFetchRequest(writer, newFetchRequest({ rackId: "a" }), 4);
    expect(writer.finishBytes().length).toBe(4 + 4 + 4 + 4 + 1 + 4);
  });

  test("is an error when the field is not ignorable", () => {
    const request = newFetchRequest({ replicaState: { replicaId: 2, replicaEpoch: 5 } });
    expect(() => encodeFetchRequest(new Writer(), request, 14)).toThrow("FetchRequest version 14 has no field replicaState");
    expect(() => encodeFetchRequest(new Writer(), request, 15)).not.toThrow();
    const response = newProduceResponse({
      responses: [newTopicProduceResponse({ partitionResponses: [newPartitionProduceResponse({ currentLeader: { leaderId: 1, leaderEpoch: 2 } })] })],
    });
    expect(() => encodeProduceResponse(new Writer(), response, 9)).toThrow(EncodeError);
    expect(() => encodeProduceResponse(new Writer(), response, 10)).not.toThrow();
  });

  test("is an error when it is null where the version has no null", () => {
    expect(() => encodeMetadataRequest(new Writer(), newMetadataRequest({ topics: null }), 0)).toThrow("must not be null in version 0");
    expect(() => encodeMetadataRequest(new Writer(), newMetadataRequest({ topics: null }), 1)).not.toThrow();
  });

  test("a version outside of the range is an error", () => {
    expect(() => encodeFetchRequest(new Writer(), newFetchRequest(), 3)).toThrow("FetchRequest has no version 3");
    expect(() => encodeFetchRequest(new Writer(), newFetchRequest(), 19)).toThrow("FetchRequest has no version 19");
  });
});

describe("values out of range are errors", () => {
  test.each<[string, (writer: Writer) => void]>([
    ["int8", (writer) => writer.int8(128)],
    ["int16", (writer) => writer.int16(-32_769)],
    ["uint16", (writer) => writer.uint16(65_536)],
    ["int32", (writer) => writer.int32(2 ** 31)],
    ["int32 that is no integer", (writer) => writer.int32(0.5)],
    ["int64", (writer) => writer.int64(2 ** 53)],
    ["unsigned varint", (writer) => writer.uvarint(-1)],
    ["string", (writer) => writer.string("a".repeat(0x8000))],
    ["UUID", (writer) => writer.uuid(uuid("short"))],
    ["UUID of other letters", (writer) => writer.uuid(uuid("!!!!!!!!!!!!!!!!!!!!!!"))],
  ])("%s", (_, write) => {
    expect(() => write(new Writer())).toThrow(EncodeError);
  });
});

describe("frames", () => {
  test("a request frame decodes to its header and body", () => {
    const request = newListOffsetsRequest({
      replicaId: -1,
      topics: [{ name: "t", partitions: [{ partitionIndex: 0, currentLeaderEpoch: 3, timestamp: -2 }] }],
    });
    const parts = encodeRequestFrame(apis.ListOffsets, { apiVersion: 7, correlationId: 99, clientId: "me" }, request);
    const [frame] = new FrameDecoder().push(parts[0] as Uint8Array).frames;
    const header = decodeRequestHeader(frame ?? new Uint8Array(0));
    expect(header).toMatchObject({ apiKey: 2, apiVersion: 7, correlationId: 99, clientId: "me" });
    expect(apis.ListOffsets.decodeRequest(header.bodyReader, 7)).toEqual(request);
  });

  test("the size counts parts that are not in memory", () => {
    const parts = encodeResponseFrame(apis.Fetch, { apiVersion: 12, correlationId: 1 }, responseWith([{ length: 70_000 }]));
    const first = parts[0] as Uint8Array;
    expect(new Reader(first).int32()).toBe(partsLength(parts) - 4);
  });

  test("an ApiVersions response has no tagged fields in its header, at no version", () => {
    const encode = (apiVersion: number) =>
      encodeResponseFrame(apis.ApiVersions, { apiVersion, correlationId: 7 }, newApiVersionsResponse({ errorCode: 35 }))[0] as Uint8Array;
    expect([...encode(4).subarray(4, 10)]).toEqual([0, 0, 0, 7, 0, 35]);
    expect([...encode(0).subarray(4, 10)]).toEqual([0, 0, 0, 7, 0, 35]);
  });

  test("a tagged field of more than 127 bytes has a size of two bytes", () => {
    const supportedFeatures = Array.from({ length: 20 }, (_, index) => ({ name: `feature-${index}`, minVersion: 0, maxVersion: index }));
    const response = newApiVersionsResponse({ supportedFeatures, finalizedFeaturesEpoch: 12 });
    const writer = new Writer();
    apis.ApiVersions.encodeResponse(writer, response, 3);
    expect(apis.ApiVersions.decodeResponse(new Reader(writer.finishBytes()), 3)).toEqual(response);
  });
});
