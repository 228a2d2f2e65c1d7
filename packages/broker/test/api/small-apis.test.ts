import { type ApiMessages, ErrorCode } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, ZERO_UUID } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { batchOf, listOffsetsRequest, produceRequest } from "../support/requests.ts";
import { TestBroker, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

/** Leads a record that its follower does not have yet, in a new epoch. */
function behindItsEpoch(): TestBroker {
  const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
  host.client().call("Produce", 9, produceRequest(9, { acks: 1 }));
  const change = { type: "partition-change", topicId: TOPIC_ID, partition: 0, isr: [nodeId(1), nodeId(2)], elr: [] } as const;
  for (const [epoch, leader, lastKnownLeader] of [
    [1, -1, 1],
    [2, 1, -1],
  ] as const) {
    const epochs = { leaderEpoch: leaderEpoch(epoch), partitionEpoch: partitionEpoch(epoch) };
    host.commit([{ ...change, ...epochs, leader: nodeId(leader), lastKnownLeader: nodeId(lastKnownLeader) }]);
  }
  return host;
}

const anonymous = { transactionalId: null, transactionTimeoutMs: 60_000, producerId: -1, producerEpoch: -1 };

describe("ListOffsets", () => {
  const partitionOf = (host: TestBroker, version: number, timestamp: number, changes = {}) =>
    host.client().call("ListOffsets", version, listOffsetsRequest(version, timestamp, changes)).topics[0]?.partitions[0];

  it.each([
    [-3, 7],
    [-4, 8],
    [-5, 9],
    [-6, 11],
  ])("takes the special timestamp %i from version %i on", (timestamp, version) => {
    const host = TestBroker.serving();
    expect(partitionOf(host, version, timestamp)).toMatchObject({ errorCode: 0 });
    expect(partitionOf(host, version - 1, timestamp)).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION, offset: -1 });
  });

  it("has no record in remote storage, and none that waits to be uploaded", () => {
    const host = TestBroker.serving();
    host.client().call("Produce", 9, produceRequest(9));
    for (const timestamp of [-5, -6]) expect(partitionOf(host, 11, timestamp)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
    expect(partitionOf(host, 11, -4)).toMatchObject({ errorCode: 0, offset: 0 });
  });

  it.each([-5, -6])("asks the leader about remote storage too, at %i", (timestamp) => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1], [2, 1]] }) });
    expect(partitionOf(host, 11, timestamp, { partitions: [1] })).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    expect(partitionOf(host, 11, timestamp, { currentLeaderEpoch: 3 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
  });

  it.each([
    [4, ErrorCode.LEADER_NOT_AVAILABLE],
    [5, ErrorCode.OFFSET_NOT_AVAILABLE],
  ])("tells version %i to try again while a new leader's high watermark is behind its epoch (KIP-207)", (version, errorCode) => {
    const host = behindItsEpoch();
    expect(partitionOf(host, version, -1)).toMatchObject({ errorCode, offset: -1 });
    expect(partitionOf(host, version, -2)).toMatchObject({ errorCode: 0, offset: 0 });
    // Who calls itself a replica, or debugs, is not shown what others have committed.
    for (const replicaId of [2, -2]) expect(partitionOf(host, version, -1, { replicaId })).toMatchObject({ errorCode: 0, offset: 1 });
  });

  it("answers whoever debugs from a follower too, and nobody else", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    expect(partitionOf(host, 11, -1, { replicaId: -2 })).toMatchObject({ errorCode: 0, offset: 0 });
    for (const replicaId of [-1, 2]) expect(partitionOf(host, 11, -1, { replicaId })).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
  });

  it.each([0, 1])("shows the high watermark at isolation level %i, as long as there are no transactions", (isolationLevel) => {
    const host = TestBroker.serving();
    host.client().call("Produce", 9, produceRequest(9));
    expect(partitionOf(host, 11, -1, { isolationLevel })).toMatchObject({ errorCode: 0, offset: 1 });
  });

  it("finds the first record at or after a time, and the one with the latest", () => {
    const host = TestBroker.serving();
    host.client().call("Produce", 9, produceRequest(9, { records: batchOf("a", "b") }));
    expect(partitionOf(host, 11, 1_600_000_000_000)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_700_000_000_000 });
    expect(partitionOf(host, 11, 1_800_000_000_000)).toMatchObject({ errorCode: 0, offset: -1, timestamp: -1 });
    expect(partitionOf(host, 11, -3)).toMatchObject({ errorCode: 0, offset: 0, timestamp: 1_700_000_000_000 });
  });

  it("refuses other negative times, unknown partitions, partitions asked for twice, those of others, and wrong epochs", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1], [2]] }) });
    expect(partitionOf(host, 11, -7)).toMatchObject({ errorCode: ErrorCode.UNSUPPORTED_VERSION });
    expect(partitionOf(host, 11, -1, { partitions: [5] })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    expect(partitionOf(host, 11, -1, { topic: "other" })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION });
    expect(partitionOf(host, 11, -1, { partitions: [0, 0] })).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
    expect(partitionOf(host, 11, -1, { partitions: [1] })).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    expect(partitionOf(host, 11, -1, { currentLeaderEpoch: 3 })).toMatchObject({ errorCode: ErrorCode.UNKNOWN_LEADER_EPOCH });
  });
});

describe("InitProducerId", () => {
  it("asks the controller once for all who wait, and tells them to come again if it can't be reached", () => {
    const host = TestBroker.serving();
    const clients = [host.client(), host.client(), host.client()];
    for (const client of clients) client.ask("InitProducerId", 4, anonymous);
    expect(host.asked).toHaveLength(1);
    host.asked[0]?.answer(undefined);
    for (const { answers } of clients) expect(answers).toMatchObject([{ errorCode: ErrorCode.COORDINATOR_LOAD_IN_PROGRESS, producerId: -1 }]);
  });

  it("asks for another block when one is not enough for all who wait", () => {
    const host = TestBroker.serving();
    const clients = [host.client(), host.client(), host.client()];
    for (const client of clients) client.ask("InitProducerId", 4, anonymous);
    host.asked[0]?.answer({ type: "allocate-producer-ids", error: "NONE", firstProducerId: 10, count: 2 });
    host.asked[1]?.answer({ type: "allocate-producer-ids", error: "NONE", firstProducerId: 50, count: 2 });
    expect(clients.map(({ answers }) => answers[0])).toMatchObject([10, 11, 50].map((producerId) => ({ errorCode: 0, producerId })));
  });

  it("gives a producer that names its id another one: without transactions it raises its epoch by itself (KIP-360)", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("InitProducerId", 4, { ...anonymous, producerId: 5, producerEpoch: 3 });
    host.asked[0]?.answer({ type: "allocate-producer-ids", error: "NONE", firstProducerId: 10, count: 2 });
    expect(client.answers).toMatchObject([{ errorCode: 0, producerId: 10, producerEpoch: 0 }]);
  });

  it.each([
    [{ ...anonymous, transactionalId: "t" }, ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED],
    [{ ...anonymous, transactionalId: "" }, ErrorCode.INVALID_REQUEST],
    [{ ...anonymous, producerId: 5 }, ErrorCode.INVALID_REQUEST],
    [{ ...anonymous, producerEpoch: 0 }, ErrorCode.INVALID_REQUEST],
  ])("refuses %o", (request, errorCode) => {
    expect(TestBroker.serving().client().call("InitProducerId", 4, request)).toMatchObject({ errorCode, producerId: -1 });
  });
});

describe("CreateTopics", () => {
  const topic = (name: string, changes = {}) => ({ name, numPartitions: -1, replicationFactor: -1, assignments: [], configs: [], ...changes });
  const request = (topics: ReturnType<typeof topic>[]) => ({ topics, timeoutMs: 1_000, validateOnly: false });

  it("fills in this broker's defaults", () => {
    const host = TestBroker.serving({ config: { numPartitions: 5, defaultReplicationFactor: 2 } });
    host.client().ask("CreateTopics", 7, request([topic("new")]));
    expect(host.asked[0]?.request).toMatchObject({ topics: [{ partitionCount: 5, replicationFactor: 2 }] });
  });

  it("tells every topic of an error that is of the whole request", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.ask("CreateTopics", 7, request([topic("a"), topic("b")]));
    host.asked[0]?.answer({ type: "create-topics", error: "REQUEST_TIMED_OUT", topics: [] });
    const errorCode = ErrorCode.REQUEST_TIMED_OUT;
    expect(client.answers).toMatchObject([
      {
        topics: [
          { name: "a", errorCode },
          { name: "b", errorCode },
        ],
      },
    ]);
  });

  it("says what the new topic goes by, and where that comes from", () => {
    const host = TestBroker.serving({ config: { properties: new Map([["log.segment.bytes", "2000000"]]) } });
    const client = host.client();
    client.ask("CreateTopics", 5, request([topic("new", { configs: [{ name: "flush.ms", value: "7" }] })]));
    const created = { name: "new", error: "NONE", message: null, topicId: ZERO_UUID, partitionCount: 2, replicationFactor: 1 } as const;
    host.asked[0]?.answer({ type: "create-topics", error: "NONE", topics: [created] });
    const [answer] = client.answers as ApiMessages["CreateTopics"]["response"][];
    const configs = answer?.topics[0]?.configs ?? [];
    expect(configs).toHaveLength(33);
    expect(configs.filter(({ configSource }) => configSource !== 5)).toMatchObject([
      { name: "flush.ms", value: "7", configSource: 1 },
      { name: "segment.bytes", value: "2000000", configSource: 4 },
    ]);
  });

  it("answers a name that is asked for twice once, and never makes the metadata's own", () => {
    const host = TestBroker.serving();
    const client = host.client();
    const twice = client.call("CreateTopics", 7, request([topic("a"), topic("a"), topic("__cluster_metadata")]));
    expect(twice.topics.map(({ name, errorCode, errorMessage }) => [name, errorCode, errorMessage])).toEqual([
      ["a", ErrorCode.INVALID_REQUEST, "Duplicate topic name."],
      ["__cluster_metadata", ErrorCode.INVALID_REQUEST, "Creation of internal topic __cluster_metadata is prohibited."],
    ]);
    expect(host.asked).toEqual([]);
  });

  it("refuses itself what would be too large for one message to the controller", () => {
    const host = TestBroker.serving();
    const client = host.client();
    const many = Array.from({ length: 10_001 }, (_, index) => topic(`t${index}`));
    const wide = [topic("t", { assignments: [{ partitionIndex: 0, brokerIds: Array.from({ length: 10_001 }, (_, id) => id) }] })];
    const long = Array.from({ length: 20 }, (_, index) => topic(`t${index}`, { configs: [{ name: "x", value: "y".repeat(30_000) }] }));
    for (const topics of [many, wide, long])
      expect(client.call("CreateTopics", 7, request(topics)).topics[0]).toMatchObject({ errorCode: ErrorCode.INVALID_REQUEST });
    expect(host.asked).toEqual([]);
  });
});

describe("ApiVersions", () => {
  it.each(["", "-a", "a-", "a b", "ä"])("refuses the software name %j from version 3 on", (name) => {
    const client = TestBroker.serving().client();
    expect(client.call("ApiVersions", 3, { clientSoftwareName: name, clientSoftwareVersion: "1" })).toMatchObject({
      errorCode: ErrorCode.INVALID_REQUEST,
      apiKeys: [],
    });
  });
});
