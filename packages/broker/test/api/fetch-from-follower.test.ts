import { ErrorCode, type FetchResponse } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { encodeUtf8, nodeId, partitionEpoch, leaderEpoch } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { proveAs } from "../support/prove.ts";
import { type FetchChanges, fetchRequest, produceRequest } from "../support/requests.ts";
import { brokerRecords, epochOf, LISTENER, SELF, TestBroker, type TestClient, testProof, TOPIC_ID, topicRecords } from "../support/test-broker.ts";
import { TestLeader } from "../support/test-leader.ts";

const RACK_AWARE = "org.apache.kafka.common.replica.RackAwareReplicaSelector";
const partitionOf = (response: unknown) => (response as FetchResponse).responses[0]?.partitions[0];
const batchAt = (baseOffset: number) => encodeBatch({ records: [{ key: null, value: encodeUtf8("a"), timestamp: 1 }], baseOffset, partitionLeaderEpoch: 0 });

describe("A consumer's fetch at a follower (KIP-392)", () => {
  /** Follows broker 2; has `records` records, of which the leader has said that they are committed below `highWatermark`. */
  function following(records: number, highWatermark: number) {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    host.pass(0);
    const leader = new TestLeader(host, nodeId(2)).prove();
    for (let at = 0; at < records; at++) leader.answer(() => ({ records: [batchAt(at)], highWatermark: 0 }));
    leader.answer(() => ({ highWatermark }));
    return { host, leader };
  }
  const fetchAt = (client: TestClient, offset: number, changes: FetchChanges = {}, version = 12) =>
    partitionOf(client.call("Fetch", version, fetchRequest(version, { offsets: [[0, offset]], ...changes })));

  it("is given what is committed, and nothing that may not be", () => {
    const { host } = following(3, 2);
    const client = host.client();
    expect(fetchAt(client, 0)).toMatchObject({ errorCode: 0, highWatermark: 2, lastStableOffset: 2, currentLeader: { leaderId: -1 } });
    expect(fetchAt(client, 0)?.records).toHaveLength(2 * batchAt(0).length);
    expect(fetchAt(client, 2)?.records).toHaveLength(0);
    expect(fetchAt(client, 3)).toMatchObject({ errorCode: 0, highWatermark: 2 });
  });

  it("shows a reader of committed records what is decided, and tells it which transactions were aborted, of what it copied from its leader", () => {
    const { host, leader } = following(1, 0);
    const client = host.client();
    const ofTransaction = (baseOffset: number, producerId: number, key?: readonly number[]) =>
      encodeBatch({
        records: [{ key: key === undefined ? null : Uint8Array.from(key), value: Uint8Array.of(0, 0, 0, 0, 0, 1), timestamp: 1 }],
        baseOffset,
        partitionLeaderEpoch: 0,
        producerId,
        producerEpoch: 0,
        baseSequence: key === undefined ? 0 : -1,
        isTransactional: true,
        isControl: key !== undefined,
      });
    const [abort, commit] = [
      [0, 0, 0, 0],
      [0, 0, 0, 1],
    ];
    const copied = [ofTransaction(1, 7), ofTransaction(2, 8), ofTransaction(3, 7, abort), ofTransaction(4, 8, commit)];
    for (const batch of copied) leader.read().answer(() => ({ records: [batch] }));
    const seen = [3, 4, 5].map((highWatermark) => {
      leader.read().answer(() => ({ highWatermark }));
      const { lastStableOffset, abortedTransactions, records } = fetchAt(client, 0, { isolationLevel: 1 }) ?? {};
      return [lastStableOffset, abortedTransactions, records?.length];
    });
    const sizes = [batchAt(0), ...copied].map(({ length }) => length);
    const sizeOf = (batches: number) => sizes.slice(0, batches).reduce((sum, size) => sum + size, 0);
    // The first is decided when its marker is committed, the records of the second begin behind it.
    expect(seen).toEqual([
      [1, [], sizeOf(1)],
      [2, [{ producerId: 7, firstOffset: 1 }], sizeOf(2)],
      [5, [{ producerId: 7, firstOffset: 1 }], sizeOf(5)],
    ]);
    expect(fetchAt(client, 4, { isolationLevel: 1 })).toMatchObject({ abortedTransactions: [] });
    expect(fetchAt(client, 0)).toMatchObject({ lastStableOffset: 5, abortedTransactions: null });
  });

  it("is refused to clients that know no replicas but the leader", () => {
    const { host } = following(1, 1);
    expect(fetchAt(host.client(), 0, {}, 10)).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    expect(fetchAt(host.client(), 0, {}, 11)).toMatchObject({ errorCode: 0 });
  });

  it("waits where the follower has not got the record yet, and tells a committed offset from one that is nowhere", () => {
    const { host } = following(1, 5);
    const client = host.client();
    expect(fetchAt(client, 4)).toMatchObject({ errorCode: ErrorCode.OFFSET_NOT_AVAILABLE });
    expect(fetchAt(client, 6)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  it("is fenced by the leader epoch, as at the leader", () => {
    const { host } = following(1, 1);
    expect(fetchAt(host.client(), 0, { currentLeaderEpoch: 1 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
    expect(fetchAt(host.client(), 0, { currentLeaderEpoch: 0 })).toMatchObject({ errorCode: 0 });
  });

  it("is woken by the high watermark that the leader tells", () => {
    const { host, leader } = following(1, 0);
    const client = host.client();
    client.ask("Fetch", 12, fetchRequest(12, { maxWaitMs: 500 }));
    expect(client.answers).toEqual([]);
    leader.read().answer(() => ({ highWatermark: 1 }));
    expect(partitionOf(client.answers[0])?.records).toHaveLength(batchAt(0).length);
  });
});

describe("A leader's answer to a consumer that names its rack", () => {
  const inRacks = (racks: readonly (string | null)[], config: { replicaSelectorClass: string | undefined } = { replicaSelectorClass: RACK_AWARE }) => {
    const host = new TestBroker({ ...config, rack: racks[0] ?? null });
    const records = racks.flatMap((rack, index) => brokerRecords(index + 1, [LISTENER], rack));
    const replicas = racks.map((_, index) => index + 1);
    host.open([], []);
    host.commit([...records, ...topicRecords({ partitions: [replicas] })]);
    return host;
  };
  const follow = (host: TestBroker, id: number, offset: number, changes: FetchChanges = {}): TestClient => {
    const client = proveAs(host.client(), id, SELF, testProof);
    client.ask("Fetch", 18, fetchRequest(18, { replicaId: id, replicaEpoch: epochOf(id), currentLeaderEpoch: 0, offsets: [[0, offset]], ...changes }));
    return client;
  };
  const preferredOf = (host: TestBroker, rackId: string, offset = 0) =>
    partitionOf(host.client().call("Fetch", 12, fetchRequest(12, { rackId, offsets: [[0, offset]], maxWaitMs: 0 })))?.preferredReadReplica;

  it("sends it to the replica there, at once and without records", () => {
    const host = inRacks(["a", "b"]);
    follow(host, 2, 0);
    host.client().ask("Produce", 9, produceRequest(9));
    follow(host, 2, 1);
    const client = host.client();
    const answer = client.call("Fetch", 12, fetchRequest(12, { rackId: "b", maxWaitMs: 500, minBytes: 1_000 }));
    expect(partitionOf(answer)).toMatchObject({ errorCode: 0, preferredReadReplica: 2, highWatermark: 1, records: new Uint8Array(0) });
    expect([preferredOf(host, "a"), preferredOf(host, "c"), preferredOf(host, "")]).toEqual([-1, -1, -1]);
  });

  it.each([undefined, "org.apache.kafka.common.replica.LeaderSelector"])("names nobody with the selector %s", (replicaSelectorClass) => {
    const host = inRacks(["a", "b"], { replicaSelectorClass });
    follow(host, 2, 0);
    expect(preferredOf(host, "b")).toBe(-1);
  });

  it("keeps it at the leader where that is in the rack too", () => {
    const host = inRacks(["b", "b"]);
    follow(host, 2, 0);
    expect(preferredOf(host, "b")).toBe(-1);
  });

  it("names only replicas that have proved in this epoch to hold the offset", () => {
    const host = inRacks(["a", "b", "b"]);
    expect(preferredOf(host, "b")).toBe(-1);
    host.client().ask("Produce", 9, produceRequest(9));
    host.client().ask("Produce", 9, produceRequest(9));
    follow(host, 2, 1);
    expect([preferredOf(host, "b", 1), preferredOf(host, "b", 2)]).toEqual([2, -1]);
    follow(host, 3, 2);
    expect([preferredOf(host, "b", 0), preferredOf(host, "b", 1)]).toEqual([3, 3]);
    follow(host, 2, 2);
    expect(preferredOf(host, "b", 2)).toBe(3);
  });

  it("names nobody who is fenced or out of the ISR (P26)", () => {
    const host = inRacks(["a", "b", "b"]);
    follow(host, 2, 0);
    follow(host, 3, 0);
    expect(preferredOf(host, "b")).toBe(3);
    host.commit([{ type: "fence-broker", brokerId: nodeId(3), brokerEpoch: epochOf(3) }]);
    expect(preferredOf(host, "b")).toBe(2);
    host.commit([
      {
        type: "partition-change",
        topicId: TOPIC_ID,
        partition: 0,
        leader: SELF,
        leaderEpoch: leaderEpoch(0),
        partitionEpoch: partitionEpoch(1),
        isr: [SELF],
        elr: [],
        lastKnownLeader: nodeId(-1),
      } as never,
    ]);
    expect(preferredOf(host, "b")).toBe(-1);
  });

  it("makes it tell followers at once what is committed, once each", () => {
    const host = inRacks(["a", "b", "c"]);
    follow(host, 2, 0);
    host.client().ask("Produce", 9, produceRequest(9));
    const waiting = follow(host, 2, 1, { maxWaitMs: 500, highWatermark: 0 });
    expect(waiting.answers).toHaveLength(0);
    follow(host, 3, 1);
    expect(partitionOf(waiting.answers.at(-1))).toMatchObject({ highWatermark: 1 });
    expect(waiting.answers).toHaveLength(1);
    const knowing = follow(host, 2, 1, { maxWaitMs: 500, highWatermark: 1 });
    expect(knowing.answers).toHaveLength(0);
  });
});
