import { apis, encodeRequestFrame } from "@samsa/protocol";
import { concatBytes } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { batchOf, fetchRequest, metadataRequest, produceRequest } from "../support/requests.ts";
import { TestBroker, type TestClient, topicRecords } from "../support/test-broker.ts";

const anonymous = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };
const topics = (count: number) => ({
  topics: Array.from({ length: count }, (_, i) => ({ name: `t${i}`, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] })),
  timeoutMs: 1,
  validateOnly: false,
});
const failed = { type: "create-topics", error: "INVALID_REQUEST", topics: [] } as const;
const sizeOf = (size: number): Uint8Array => Uint8Array.of(size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff);

/** A frame that no client would make: whatever follows key and version. */
function rawFrame(apiKey: number, apiVersion: number, rest: readonly number[]): Uint8Array {
  const content = Uint8Array.of((apiKey >> 8) & 0xff, apiKey & 0xff, (apiVersion >> 8) & 0xff, apiVersion & 0xff, 0, 0, 0, 9, ...rest);
  return concatBytes([sizeOf(content.length), content]);
}

describe("A Kafka connection", () => {
  it("answers in the order of the requests, whatever order the answers are found in", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("CreateTopics", 7, topics(1));
    client.ask("Metadata", 9, metadataRequest(9, null));
    client.ask("CreateTopics", 7, topics(2));
    host.asked[1]?.answer(failed);
    expect(client.answers).toEqual([]);
    host.asked[0]?.answer(failed);
    expect(client.answers).toMatchObject([{ topics: [{ name: "t0" }] }, { brokers: [{}] }, { topics: [{ name: "t0" }, { name: "t1" }] }]);
  });

  it("handles at most 16 requests at a time, reads no further, and goes on as they are answered", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.send(concatBytes(Array.from({ length: 40 }, () => client.frame("CreateTopics", 7, topics(1)))));
    expect([host.asked.length, client.isReading]).toEqual([16, false]);
    host.asked[0]?.answer(failed);
    expect([host.asked.length, client.answers.length, client.isReading]).toEqual([17, 1, false]);
    for (let i = 1; i < 40; i++) host.asked[i]?.answer(failed);
    expect([host.asked.length, client.answers.length, client.isReading]).toEqual([40, 40, true]);
  });

  it("reads no further once 8 MiB are under way", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }), config: { messageMaxBytes: 16_000_000 } });
    const client = host.client();
    client.ask("Produce", 9, produceRequest(9, { records: batchOf("x".repeat(7 * 1024 * 1024)) }));
    expect(client.isReading).toBe(true);
    client.ask("Produce", 9, produceRequest(9, { records: batchOf("x".repeat(2 * 1024 * 1024)) }));
    expect([client.isReading, client.answers]).toEqual([false, []]);
    host.pass(1_000);
    expect([client.isReading, client.answers.length]).toEqual([true, 2]);
  });

  it("reads on before the broker serves, or it would not see clients go, but no more than 4 KiB of requests, and no large one", () => {
    const host = new TestBroker();
    const [modest, greedy, large] = [host.client(), host.client(), host.client()];
    modest.ask("Metadata", 9, metadataRequest(9, null));
    greedy.ask("Metadata", 9, metadataRequest(9, ["a".repeat(3_000)]));
    large.send(sizeOf(65_537));
    expect([modest, greedy, large].map(({ isReading }) => isReading)).toEqual([true, true, false]);
    greedy.ask("Metadata", 9, metadataRequest(9, ["b".repeat(3_000)]));
    expect(greedy.isReading).toBe(false);
    expect([modest, greedy].flatMap(({ answers }) => answers)).toEqual([]);
    modest.close();
    host.open();
    expect([modest, greedy].map(({ answers }) => answers.length)).toEqual([0, 2]);
    expect([greedy, large].map(({ isReading }) => isReading)).toEqual([true, true]);
  });

  it("handles nothing while its answers can't leave, and what came meanwhile afterwards", () => {
    const host = TestBroker.serving();
    const client = host.client();
    host.turn((now) => host.broker.input({ type: "blocked", connection: client.id }, now));
    expect(client.isReading).toBe(false);
    client.ask("Metadata", 9, metadataRequest(9, null));
    expect(client.answers).toEqual([]);
    host.turn((now) => host.broker.input({ type: "drained", connection: client.id }, now));
    expect([client.answers.length, client.isReading]).toEqual([1, true]);
  });

  it("gives the same answers however the bytes are cut", () => {
    const host = TestBroker.serving();
    const client = host.client();
    const bytes = concatBytes([
      client.frame("Metadata", 9, metadataRequest(9, null)),
      client.frame("Fetch", 12, fetchRequest(12)),
      client.frame("ApiVersions", 0, { clientSoftwareName: "", clientSoftwareVersion: "" }),
    ]);
    for (const byte of bytes) client.send(Uint8Array.of(byte));
    expect(client.answers).toMatchObject([{ brokers: [{}] }, { responses: [{}] }, { apiKeys: expect.any(Array) }]);
  });

  it.each([
    ["a negative size", Uint8Array.of(0xff, 0xff, 0xff, 0xff)],
    ["a size beyond socket.request.max.bytes", sizeOf(104_857_601)],
    ["TLS", Uint8Array.of(0x16, 3, 1, 2, 0, 1)],
    ["an empty frame", sizeOf(0)],
    ["an API that is not served", rawFrame(999, 0, [0xff, 0xff])],
    ["a version that is not served", rawFrame(apis.Produce.key, 2, [0xff, 0xff])],
    ["a negative version", rawFrame(apis.Metadata.key, -1, [0xff, 0xff])],
    ["a request that ends early", rawFrame(apis.Metadata.key, 1, [0xff, 0xff, 0, 0, 0, 5])],
    ["an array of more elements than bytes", rawFrame(apis.Metadata.key, 1, [0xff, 0xff, 0x7f, 0xff, 0xff, 0xff])],
  ])("is cut off for %s, with one line of trace, and no other connection is", (_, bytes) => {
    const host = TestBroker.serving();
    const [bad, good] = [host.client(), host.client()];
    bad.send(bytes);
    expect(bad.closedAs).toBe("end");
    expect(host.traces.filter(({ kind }) => kind === "connection-closed")).toHaveLength(1);
    bad.send(good.frame("Metadata", 9, metadataRequest(9, null), false));
    expect(bad.received).toEqual([]);
    good.call("Metadata", 9, metadataRequest(9, null));
  });

  it.each([-1, 5, 99, 32_767])("answers ApiVersions of version %i in version 0 with its own range (KIP-511)", (version) => {
    const client = TestBroker.serving().client();
    client.send(rawFrame(apis.ApiVersions.key, version, [0xff, 0xff, 0]));
    expect(client.received).toEqual([Uint8Array.of(0, 0, 0, 9, 0, 35, 0, 0, 0, 1, 0, 18, 0, 0, 0, 4)]);
    expect(client.closedAs).toBeUndefined();
  });

  it("is forgotten with all its requests when it closes, and late answers go nowhere", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("CreateTopics", 7, topics(1));
    client.ask("InitProducerId", 4, anonymous);
    client.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 1_000 }));
    client.close();
    const sent = host.sent.length;
    for (const { answer } of host.asked) answer(undefined);
    host.pass(2_000);
    expect(host.sent).toHaveLength(sent);
  });

  /** 0xff is no UTF-8: it is read as U+FFFD, which takes three bytes to say again. */
  const unspeakable = (client: TestClient): Uint8Array[] => {
    const name = "x".repeat(20_000);
    const frames = [
      client.frame("Metadata", 1, metadataRequest(1, [name]), false),
      client.frame("Produce", 3, produceRequest(3, { topic: name }), false),
      client.frame("Fetch", 4, fetchRequest(4, { topic: name }), false),
      client.frame("CreateTopics", 2, { ...topics(0), topics: [{ name, numPartitions: 1, replicationFactor: 1, assignments: [], configs: [] }] }, false),
    ];
    return frames.map((frame) => frame.map((byte) => (byte === 0x78 ? 0xff : byte)));
  };

  it("is cut off, and nothing worse, where the answer would have to repeat what can't be said", () => {
    const host = TestBroker.serving();
    for (const frame of unspeakable(host.client())) {
      const client = host.client();
      client.send(frame);
      host.asked.at(-1)?.answer(failed);
      expect(client.closedAs).toBe("end");
    }
  });

  it("is cut off where the controller's message is too long to be said", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("CreateTopics", 7, topics(1));
    host.asked[0]?.answer({
      type: "create-topics",
      error: "NONE",
      topics: [
        {
          name: "t0",
          error: "INVALID_TOPIC_EXCEPTION",
          message: "x".repeat(40_000),
          topicId: "AAAAAAAAAAAAAAAAAAAAAA" as never,
          partitionCount: -1,
          replicationFactor: -1,
        },
      ],
    });
    expect([client.closedAs, client.answers]).toEqual(["end", []]);
  });
});

it("encodeRequestFrame and the raw frames above agree about the header", () => {
  const [bytes] = encodeRequestFrame(apis.Metadata, { apiVersion: 1, correlationId: 9, clientId: null }, metadataRequest(1, null));
  expect(bytes).toEqual(rawFrame(apis.Metadata.key, 1, [0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
});
