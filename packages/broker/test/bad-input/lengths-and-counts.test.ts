import { apis } from "@samsa/protocol";
import { concatBytes } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { metadataRequest } from "../support/requests.ts";
import { TestBroker } from "../support/test-broker.ts";

const INT32_MAX = [0x7f, 0xff, 0xff, 0xff];
/** As an unsigned varint: of 2³¹−1, and of 2³²−1. */
const UVARINT_INT32_MAX = [0xff, 0xff, 0xff, 0xff, 0x07];
const UVARINT_MAX = [0xff, 0xff, 0xff, 0xff, 0x0f];
const NO_TAGS = 0;

/** A frame of whatever bytes; its own size is right. */
function framed(bytes: readonly number[]): Uint8Array {
  const { length } = bytes;
  return Uint8Array.from([length >>> 24, (length >>> 16) & 0xff, (length >>> 8) & 0xff, length & 0xff, ...bytes]);
}
const header = (key: number, version: number): number[] => [key >> 8, key & 0xff, version >> 8, version & 0xff, 0, 0, 0, 9];
/** Without a client id. `flexible` versions have tagged fields. */
const request = (key: number, version: number, body: readonly number[]): Uint8Array => framed([...header(key, version), 0xff, 0xff, ...body]);
const flexible = (key: number, version: number, body: readonly number[]): Uint8Array => request(key, version, [NO_TAGS, ...body]);

const { Metadata, Produce, Fetch, CreateTopics, ListOffsets } = apis;
/** Behind the topics of Metadata 9: may create, and twice whether operations are asked for. */
const FLAGS = [0, 0, 0];
const FETCH_4 = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0xff, 0xff, 0];
/** With no session, no topics and no rack; then its tagged fields. */
const FETCH_12 = [...FETCH_4, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1];
const PRODUCE_3 = [0xff, 0xff, 0xff, 0xff, 0, 0, 0, 100];
const repeated = (byte: number, count: number): number[] => Array.from({ length: count }, () => byte);
const tags = (...fields: readonly (readonly [tag: number, ...data: number[]])[]): number[] => [
  fields.length,
  ...fields.flatMap(([tag, ...data]) => [tag, data.length, ...data]),
];
const manyTags = (count: number): number[] => {
  const fields = Array.from({ length: count }, (_, tag) => (tag < 128 ? [tag, 0] : [(tag & 127) | 128, tag >> 7, 0]));
  return [(count & 127) | 128, count >> 7, ...fields.flat()];
};

/** Apache Kafka 4.3 closes the connection too, by the same bytes. */
const AS_KAFKA: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["2³¹−1 topics of Metadata", request(Metadata.key, 1, INT32_MAX)],
  ["2³¹−1 topics of a Metadata with compact arrays", flexible(Metadata.key, 9, [...UVARINT_INT32_MAX, ...FLAGS, NO_TAGS])],
  ["one topic more than there are", request(Metadata.key, 1, [0, 0, 0, 2, 0, 1, 65])],
  ["2³¹−1 topics of Produce", request(Produce.key, 3, [...PRODUCE_3, ...INT32_MAX])],
  ["−1 topics of Produce, which may not be null", request(Produce.key, 3, [...PRODUCE_3, 0xff, 0xff, 0xff, 0xff])],
  ["2³¹−1 partitions of a topic of Produce", request(Produce.key, 3, [...PRODUCE_3, 0, 0, 0, 1, 0, 1, 65, ...INT32_MAX])],
  ["2³¹−1 bytes of records", request(Produce.key, 3, [...PRODUCE_3, 0, 0, 0, 1, 0, 1, 65, 0, 0, 0, 1, 0, 0, 0, 0, ...INT32_MAX, 1, 2, 3])],
  ["2³¹−1 topics of Fetch", request(Fetch.key, 4, [...FETCH_4, ...INT32_MAX])],
  ["2³¹−1 topics of CreateTopics", request(CreateTopics.key, 2, INT32_MAX)],
  ["2³¹−1 topics of ListOffsets", request(ListOffsets.key, 1, [0xff, 0xff, 0xff, 0xff, ...INT32_MAX])],
  ["a name of length −2", request(Metadata.key, 1, [0, 0, 0, 1, 0xff, 0xfe])],
  ["a name that is null and may not be", request(Metadata.key, 1, [0, 0, 0, 1, 0xff, 0xff])],
  ["a name longer than the request", request(Metadata.key, 1, [0, 0, 0, 1, 0x7f, 0xff, 65])],
  ["a compact name of 40,000 bytes", flexible(Metadata.key, 9, [2, 0xc1, 0xb8, 0x02, ...repeated(65, 40_000), NO_TAGS, ...FLAGS, NO_TAGS])],
  ["a varint of six bytes", flexible(Metadata.key, 9, [0xff, 0xff, 0xff, 0xff, 0xff, 0x01, ...FLAGS])],
  ["a client id longer than the request", framed([...header(Metadata.key, 1), 0x7f, 0xff, 0, 0, 0, 0])],
  ["a tagged field longer than the request", flexible(Metadata.key, 9, [1, ...FLAGS, 1, 99, 100, 7])],
  ["nothing at all", framed([])],
  ["half a header", framed([0, 3, 0])],
  ["a request that ends before its last field", flexible(Metadata.key, 9, [1, 0])],
];

/** Kafka 4.3 takes a length below −1 for null, keeps the last of tagged fields that come twice, and counts none of them. */
const STRICTER: readonly (readonly [what: string, bytes: Uint8Array])[] = [
  ["−2 topics where null would be all of them", request(Metadata.key, 1, [0xff, 0xff, 0xff, 0xfe])],
  ["2³²−1 topics", flexible(Metadata.key, 9, [...UVARINT_MAX, ...FLAGS, NO_TAGS])],
  ["a client id of length −2", framed([...header(Metadata.key, 1), 0xff, 0xfe, 0, 0, 0, 0])],
  ["a tagged field that comes twice", flexible(Metadata.key, 9, [1, ...FLAGS, ...tags([99, 7], [99, 7])])],
  ["tagged fields in falling order (KIP-482)", flexible(Metadata.key, 9, [1, ...FLAGS, ...tags([99, 7], [98, 7])])],
  ["a tagged field of the header that comes twice", request(Metadata.key, 9, [...tags([50], [50]), 1, ...FLAGS, NO_TAGS])],
  ["2³²−1 tagged fields", flexible(Metadata.key, 9, [1, ...FLAGS, ...UVARINT_MAX])],
  ["300 tagged fields that nobody knows", flexible(Metadata.key, 9, [1, ...FLAGS, ...manyTags(300)])],
  ["a known tagged field that comes twice", flexible(Fetch.key, 12, [...FETCH_12, ...tags([0, 0], [0, 0])])],
  ["two million names in one request", request(Metadata.key, 1, [0, 0x1e, 0x84, 0x80, ...repeated(0, 4_000_000)])],
];

describe.each([...AS_KAFKA, ...STRICTER])("A request with %s", (_, bytes) => {
  it("closes its connection with one line that says why, and no other", () => {
    const host = TestBroker.serving();
    const [bad, good] = [host.client(), host.client()];
    bad.send(bytes);
    expect([bad.closedAs, bad.received]).toEqual(["end", []]);
    const closings = host.traces.flatMap((event) => (event.kind === "connection-closed" ? [event] : []));
    expect(closings).toMatchObject([{ connection: bad.id, because: expect.stringMatching(/can't be read/) }]);
    // A line is short, whatever was sent.
    expect(closings[0]?.because.length).toBeLessThan(200);
    good.call("Metadata", 9, metadataRequest(9, null));
  });

  it("is seen through only when all of it is there, however it comes", () => {
    const host = TestBroker.serving();
    const bad = host.client();
    const step = Math.max(1, bytes.length >> 4);
    for (let at = 0; at < bytes.length - 1; at += step) bad.send(bytes.slice(at, Math.min(at + step, bytes.length - 1)));
    expect(bad.closedAs).toBeUndefined();
    bad.send(bytes.slice(-1));
    expect(bad.closedAs).toBe("end");
  });
});

describe("A request", () => {
  it.each([
    ["a tagged field that nobody knows", flexible(Metadata.key, 9, [1, ...FLAGS, ...tags([99, 7])])],
    ["bytes behind its last field, as librdkafka sends them", request(Metadata.key, 1, [0, 0, 0, 0, 1, 2, 3])],
    ["a tagged field that is known", flexible(Fetch.key, 12, [...FETCH_12, ...tags([0, 0])])],
    ["as many unknown tagged fields as are read", flexible(Metadata.key, 9, [1, ...FLAGS, ...manyTags(256)])],
  ])("may have %s", (_, bytes) => {
    const client = TestBroker.serving().client();
    client.send(bytes);
    expect([client.received.length, client.closedAs]).toEqual([1, undefined]);
  });

  it("is answered before the one behind it closes the connection", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.send(concatBytes([client.frame("Metadata", 9, metadataRequest(9, null)), request(Metadata.key, 1, INT32_MAX)]));
    expect([client.answers.length, client.closedAs]).toEqual([1, "end"]);
  });
});
