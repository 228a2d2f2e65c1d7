import { ErrorCode, type FetchResponse } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { batchOf, fetchRequest, metadataRequest, produceRequest } from "../support/requests.ts";
import { proveAs } from "../support/prove.ts";
import { epochOf, SELF, TestBroker, testProof, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const partitionsOf = (response: unknown) => (response as FetchResponse).responses[0]?.partitions ?? [];
const sizesOf = (response: unknown) => partitionsOf(response).map(({ records }) => records?.length ?? 0);
const SMALL = batchOf("a").length;

function withRecords(partitions: number, sizes: readonly number[]): TestBroker {
  const host = TestBroker.serving({ topics: topicRecords({ partitions: Array.from({ length: partitions }, () => [1]) }) });
  const client = host.client();
  for (const [partition, size] of sizes.entries()) client.call("Produce", 9, produceRequest(9, { partition, records: batchOf("x".repeat(size)) }));
  return host;
}

describe("Fetch", () => {
  it("waits for its minimum of bytes, and answers in the turn in which it is there", () => {
    const host = TestBroker.serving();
    const [reader, writer] = [host.client(), host.client()];
    reader.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500, minBytes: 2 * SMALL }));
    writer.call("Produce", 9, produceRequest(9));
    expect(reader.answers).toEqual([]);
    writer.call("Produce", 9, produceRequest(9));
    expect(reader.answers.map(sizesOf)).toEqual([[2 * SMALL]]);
    expect(host.broker.fetchPurgatory.size).toBe(0);
  });

  it("gives what there is when its time is up", () => {
    const host = TestBroker.serving();
    const [reader, writer] = [host.client(), host.client()];
    reader.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500, minBytes: 10_000 }));
    writer.call("Produce", 9, produceRequest(9));
    host.pass(499);
    expect(reader.answers).toEqual([]);
    host.pass(1);
    expect(reader.answers.map(sizesOf)).toEqual([[SMALL]]);
  });

  it("does not wait for more than its maximum", () => {
    const host = withRecords(1, [10]);
    const reader = host.client();
    reader.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500, minBytes: 10_000, maxBytes: 20 }));
    expect(reader.answers).toHaveLength(1);
  });

  it("does not wait for a minimum that whole batches within its maximum never come to", () => {
    const host = withRecords(2, [10, 10]);
    for (let i = 0; i < 4; i++) host.client().call("Produce", 9, produceRequest(9, { records: batchOf("x".repeat(10)) }));
    const size = batchOf("x".repeat(10)).length;
    const bound = 2 * size + 20;
    const asks = [
      { minBytes: bound, maxBytes: bound },
      { minBytes: bound, partitionMaxBytes: bound },
      {
        minBytes: bound + size,
        partitionMaxBytes: bound,
        offsets: [
          [0, 0],
          [1, 0],
        ] as const,
      },
    ];
    for (const changes of asks) {
      const reader = host.client();
      reader.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500, ...changes }));
      expect(reader.answers.map((answer) => sizesOf(answer)[0])).toEqual([2 * size]);
    }
    const patient = host.client();
    patient.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500, minBytes: bound, partitionMaxBytes: bound, offsets: [[0, 3]] }));
    expect(patient.answers).toEqual([]);
  });

  it("gives the first batch whole, however large, and nothing behind it that does not fit (KIP-74)", () => {
    const client = withRecords(3, [5_000, 10, 10]).client();
    const all: [number, number][] = [
      [0, 0],
      [1, 0],
      [2, 0],
    ];
    expect(sizesOf(client.call("Fetch", 12, fetchRequest(12, { maxBytes: 100, offsets: all })))).toEqual([expect.any(Number), 0, 0]);
    expect(sizesOf(client.call("Fetch", 12, fetchRequest(12, { maxBytes: 100, offsets: all })))[0]).toBeGreaterThan(5_000);
    const small = withRecords(2, [10, 5_000]).client();
    const [first = 0, second] = sizesOf(small.call("Fetch", 12, fetchRequest(12, { maxBytes: 1_000, offsets: all.slice(0, 2) })));
    expect([first > 0, second]).toEqual([true, 0]);
  });

  it("answers errors at once, and the rest beside them", () => {
    const client = withRecords(1, [10]).client();
    const answer = client.call(
      "Fetch",
      12,
      fetchRequest(12, {
        maxWaitMs: 500,
        minBytes: 10_000,
        offsets: [
          [0, 0],
          [7, 0],
        ],
      }),
    );
    expect(partitionsOf(answer)).toMatchObject([
      { errorCode: 0, highWatermark: 1 },
      { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, highWatermark: -1 },
    ]);
    expect(partitionsOf(client.call("Fetch", 12, fetchRequest(12, { offsets: [[0, 2]] })))).toMatchObject([{ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }]);
    expect(partitionsOf(client.call("Fetch", 12, fetchRequest(12, { offsets: [[0, -1]] })))).toMatchObject([{ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE }]);
    expect(partitionsOf(client.call("Fetch", 13, fetchRequest(13, { topicId: uuid("AAAAAAAAAAAAAAAAAAAACQ") })))).toMatchObject([
      { errorCode: ErrorCode.UNKNOWN_TOPIC_ID },
    ]);
  });

  it("knows its leader epoch (KIP-320)", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    const client = host.client();
    expect(partitionsOf(client.call("Fetch", 12, fetchRequest(12, { currentLeaderEpoch: 1 })))).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH }]);
    host.commit([
      {
        type: "partition-change",
        topicId: TOPIC_ID,
        partition: 0,
        leader: nodeId(2),
        leaderEpoch: leaderEpoch(1),
        partitionEpoch: partitionEpoch(1),
        isr: [SELF, nodeId(2)],
        elr: [],
        lastKnownLeader: nodeId(-1),
      },
    ]);
    expect(partitionsOf(client.call("Fetch", 12, fetchRequest(12, { currentLeaderEpoch: 0 })))).toMatchObject([
      { errorCode: ErrorCode.FENCED_LEADER_EPOCH, currentLeader: { leaderId: 2, leaderEpoch: 1 } },
    ]);
  });

  it.each([
    [11, -1, 0],
    [16, 2, 1],
  ])("version %i tells who leads, if it has room for it (KIP-951)", (version, leaderId, endpointCount) => {
    const client = TestBroker.serving({ brokers: [1, 2, 3], topics: topicRecords({ partitions: [[2, 3]] }) }).client();
    const answer = client.call("Fetch", version, fetchRequest(version));
    expect(partitionsOf(answer)).toMatchObject([{ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER, currentLeader: { leaderId } }]);
    expect(answer.nodeEndpoints).toHaveLength(endpointCount);
  });

  it("is answered with what there is where no more can wait", () => {
    const host = TestBroker.serving({ maxParked: 1 });
    const [first, second] = [host.client(), host.client()];
    first.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500 }));
    second.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500 }));
    expect([first.answers.length, second.answers.length]).toEqual([0, 1]);
    expect(host.broker.fetchPurgatory.watchedPartitions).toBe(1);
  });

  it("parks followers' fetches however many clients' are parked, lest followers ask without a pause", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }), maxParked: 1 });
    host.client().ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500 }));
    const follower = proveAs(host.client(), 2, SELF, testProof);
    const before = follower.answers.length;
    follower.ask("Fetch", 18, fetchRequest(18, { replicaId: 2, replicaEpoch: epochOf(2), currentLeaderEpoch: 0, maxWaitMs: 500 }));
    expect([follower.answers.length, host.broker.fetchPurgatory.size]).toEqual([before, 2]);
    host.pass(500);
    expect([follower.answers.length, host.broker.fetchPurgatory.size]).toEqual([before + 1, 0]);
  });

  it("forgets the fetch of a client that has gone", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 2 ** 31 - 1 }));
    expect(host.broker.fetchPurgatory.size).toBe(1);
    client.close();
    expect([host.broker.fetchPurgatory.size, host.broker.fetchPurgatory.nextDeadlineUs]).toEqual([0, undefined]);
  });

  describe("of a follower", () => {
    const replicated = () => TestBroker.serving({ brokers: [1, 2, 3], topics: topicRecords({ partitions: [[1, 2, 3]] }) });
    const followerFetch = (changes = {}) => fetchRequest(18, { replicaId: 2, replicaEpoch: epochOf(2), currentLeaderEpoch: 0, ...changes });

    it("is given records that are not committed yet; a consumer is not", () => {
      const host = replicated();
      const follower = proveAs(host.client(), 2, SELF, testProof);
      host.client().ask("Produce", 9, produceRequest(9));
      expect(sizesOf(follower.call("Fetch", 18, followerFetch()))).toEqual([SMALL]);
      expect(sizesOf(host.client().call("Fetch", 18, fetchRequest(18)))).toEqual([0]);
    });

    it.each([4, 14, 15, 18])("is refused in version %i to whoever did not prove to be that broker, and moves nothing (CVE-2018-1288)", (version) => {
      const host = replicated();
      const thief = proveAs(host.client(), 3, SELF, testProof);
      for (const client of [host.client(), thief]) {
        const answer = client.call("Fetch", version, fetchRequest(version, { replicaId: 2, replicaEpoch: epochOf(2), offsets: [[0, 0]] }));
        expect(partitionsOf(answer)).toMatchObject([{ errorCode: ErrorCode.TOPIC_AUTHORIZATION_FAILED }]);
      }
    });

    it("is refused to an earlier incarnation of the broker (KIP-903)", () => {
      const follower = proveAs(replicated().client(), 2, SELF, testProof);
      expect(partitionsOf(follower.call("Fetch", 18, followerFetch({ replicaEpoch: 0 })))).toMatchObject([{ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER }]);
    });

    it("is answered at once when another stands behind it, so that that one need not wait", () => {
      const host = replicated();
      const follower = proveAs(host.client(), 2, SELF, testProof);
      follower.ask("Fetch", 18, followerFetch({ maxWaitMs: 500 }));
      expect(follower.answers).toHaveLength(0);
      follower.ask("Fetch", 18, followerFetch({ maxWaitMs: 0 }));
      expect(follower.answers).toHaveLength(2);
    });
  });

  it("of a consumer keeps what stands behind it waiting, for answers leave in order", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500 }));
    client.ask("Metadata", 9, metadataRequest(9, null));
    expect(client.answers).toEqual([]);
    host.pass(500);
    expect(client.answers).toMatchObject([{ responses: [{}] }, { topics: [{}] }]);
  });
});
