import { ErrorCode } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { metadataRequest } from "../support/requests.ts";
import { brokerRecords, TestBroker, TOPIC, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const byId = (topicId: string, name: string | null = null) => ({ ...metadataRequest(12, []), topics: [{ topicId: uuid(topicId), name }] });

describe("Metadata", () => {
  it("takes an empty list for all topics in version 0 and for none from version 1 on", () => {
    const client = TestBroker.serving().client();
    expect(client.call("Metadata", 0, metadataRequest(0, [])).topics).toHaveLength(1);
    expect(client.call("Metadata", 1, metadataRequest(1, [])).topics).toHaveLength(0);
    expect(client.call("Metadata", 1, metadataRequest(1, null)).topics).toHaveLength(1);
  });

  it("finds a topic by its id from version 12 on", () => {
    const client = TestBroker.serving().client();
    expect(client.call("Metadata", 12, byId(TOPIC_ID)).topics).toMatchObject([{ errorCode: 0, name: TOPIC, topicId: TOPIC_ID }]);
    const unknown = "AAAAAAAAAAAAAAAAAAAACQ";
    expect(client.call("Metadata", 12, byId(unknown)).topics).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId: unknown }]);
  });

  it("goes by the id where a name stands beside it, as the empty one that Kafka's clients send", () => {
    const client = TestBroker.serving().client();
    for (const name of ["", "another"]) {
      expect(client.call("Metadata", 13, byId(TOPIC_ID, name)).topics).toMatchObject([{ errorCode: 0, name: TOPIC, topicId: TOPIC_ID }]);
      const unknown = "AAAAAAAAAAAAAAAAAAAACQ";
      expect(client.call("Metadata", 13, byId(unknown, name)).topics).toMatchObject([{ errorCode: ErrorCode.UNKNOWN_TOPIC_ID, name: null, topicId: unknown }]);
    }
  });

  it.each([10, 11])("refuses ids and missing names in version %i, which has them on the wire only", (version) => {
    const client = TestBroker.serving().client();
    expect(client.call("Metadata", version, byId(TOPIC_ID)).topics).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST, name: "" }]);
    expect(client.call("Metadata", version, byId(TOPIC_ID, TOPIC)).topics).toMatchObject([{ errorCode: ErrorCode.INVALID_REQUEST, name: TOPIC }]);
  });

  it("describes a topic once, however often it is asked for", () => {
    const client = TestBroker.serving().client();
    expect(client.call("Metadata", 9, metadataRequest(9, [TOPIC, TOPIC, TOPIC])).topics).toHaveLength(1);
  });

  it("says that a topic is unknown while it creates it, and asks the controller once", () => {
    const host = TestBroker.serving();
    const client = host.client();
    for (let i = 0; i < 3; i++)
      expect(client.call("Metadata", 9, metadataRequest(9, ["new"], true)).topics).toMatchObject([
        { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, name: "new" },
      ]);
    expect(host.asked.map(({ request }) => request)).toMatchObject([
      { type: "create-topics", topics: [{ name: "new", partitionCount: 2, replicationFactor: 1 }] },
    ]);
    host.asked[0]?.answer(undefined);
    client.call("Metadata", 9, metadataRequest(9, ["new"], true));
    expect(host.asked).toHaveLength(2);
  });

  it("creates nothing where the client or auto.create.topics.enable forbids it, nor under a name that is none", () => {
    const host = TestBroker.serving();
    const client = host.client();
    client.call("Metadata", 9, metadataRequest(9, ["new"], false));
    for (const name of ["", ".", "..", "a/b", "ä", "x".repeat(250)])
      expect(client.call("Metadata", 9, metadataRequest(9, [name], true)).topics).toMatchObject([{ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION, name }]);
    expect(host.asked).toEqual([]);
    const strict = TestBroker.serving({ config: { isAutoCreateTopicsEnabled: false } });
    strict.client().call("Metadata", 9, metadataRequest(9, ["new"], true));
    expect(strict.asked).toEqual([]);
  });

  it("leaves fenced brokers out and names the partitions they lead without a leader", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    host.commit([
      { type: "fence-broker", brokerId: nodeId(2), brokerEpoch: 1 as never },
      {
        type: "partition-change",
        topicId: TOPIC_ID,
        partition: 0,
        leader: nodeId(-1),
        leaderEpoch: leaderEpoch(1),
        partitionEpoch: partitionEpoch(1),
        isr: [],
        elr: [nodeId(2)],
        lastKnownLeader: nodeId(2),
      },
    ]);
    const client = host.client();
    const answer = client.call("Metadata", 9, metadataRequest(9, [TOPIC]));
    expect(answer.brokers.map((broker) => broker.nodeId)).toEqual([1]);
    expect(answer.topics[0]?.partitions).toMatchObject([
      { errorCode: ErrorCode.LEADER_NOT_AVAILABLE, leaderId: -1, leaderEpoch: 1, replicaNodes: [2, 1], isrNodes: [], offlineReplicas: [2] },
    ]);
  });

  it("shows version 0 only replicas that can be reached, with an error where that are not all", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    host.commit([
      { type: "fence-broker", brokerId: nodeId(2), brokerEpoch: 1 as never },
      {
        type: "partition-change",
        topicId: TOPIC_ID,
        partition: 0,
        leader: nodeId(1),
        leaderEpoch: leaderEpoch(0),
        partitionEpoch: partitionEpoch(1),
        isr: [nodeId(1)],
        elr: [],
        lastKnownLeader: nodeId(-1),
      },
    ]);
    const client = host.client();
    expect(client.call("Metadata", 0, metadataRequest(0, [TOPIC])).topics[0]?.partitions).toMatchObject([
      { errorCode: ErrorCode.REPLICA_NOT_AVAILABLE, leaderId: 1, replicaNodes: [1], isrNodes: [1] },
    ]);
    expect(client.call("Metadata", 1, metadataRequest(1, [TOPIC])).topics[0]?.partitions).toMatchObject([
      { errorCode: 0, leaderId: 1, replicaNodes: [1, 2], isrNodes: [1] },
    ]);
  });

  it.each([
    [5, ErrorCode.LEADER_NOT_AVAILABLE],
    [6, ErrorCode.LISTENER_NOT_FOUND],
  ])("tells version %i of a leader that has no listener of the client's name", (version, errorCode) => {
    const host = new TestBroker();
    host.open([1]);
    host.commit([...brokerRecords(2, ["OTHER"]), ...topicRecords({ partitions: [[2]] })]);
    expect(host.client().call("Metadata", version, metadataRequest(version, [TOPIC])).topics[0]?.partitions).toMatchObject([{ errorCode, leaderId: -1 }]);
  });

  it("tells what everyone may do with topics and cluster to whoever asks, in the versions that can (KIP-430)", () => {
    const client = TestBroker.serving().client();
    const asked = (version: number, isAsked: boolean) => {
      const answer = client.call("Metadata", version, {
        ...metadataRequest(version, [TOPIC, "other"]),
        includeTopicAuthorizedOperations: isAsked,
        includeClusterAuthorizedOperations: isAsked && version <= 10,
      });
      return [answer.clusterAuthorizedOperations, ...answer.topics.map((topic) => topic.topicAuthorizedOperations)];
    };
    const notAsked = -2_147_483_648;
    // As recorded from Apache Kafka 4.3.
    for (const version of [8, 10]) expect(asked(version, true)).toEqual([8096, 3576, 3576]);
    for (const version of [11, 13]) expect(asked(version, true)).toEqual([notAsked, 3576, 3576]);
    for (const version of [8, 13]) expect(asked(version, false)).toEqual([notAsked, notAsked, notAsked]);
  });

  it("marks the topics in which the cluster keeps its own state", () => {
    const topics = [topicRecords({ name: "__consumer_offsets", id: "AAAAAAAAAAAAAAAAAAAABA" }), topicRecords({ name: "__mine", id: "AAAAAAAAAAAAAAAAAAAACA" })];
    const answer = TestBroker.serving({ topics: topics.flat() }).client().call("Metadata", 9, metadataRequest(9, null));
    expect(new Map(answer.topics.map(({ name, isInternal }) => [name, isInternal]))).toEqual(
      new Map([
        ["__consumer_offsets", true],
        ["__mine", false],
      ]),
    );
  });

  it("answers nobody before its own registration is applied, and then whoever waited", () => {
    const host = new TestBroker();
    const client = host.client();
    client.ask("Metadata", 9, metadataRequest(9, null));
    expect(client.answers).toEqual([]);
    host.open([1], topicRecords());
    expect(client.answers).toMatchObject([{ topics: [{ name: TOPIC }] }]);
    expect(client.isReading).toBe(true);
  });
});
