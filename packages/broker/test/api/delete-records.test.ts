import { ErrorCode, type FetchResponse } from "@samsa/protocol";
import { encodeBatch } from "@samsa/protocol/records";
import { decodeUtf8, encodeUtf8, leaderEpoch, nodeId } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { proveAs } from "../support/prove.ts";
import { fetchRequest, produceRequest } from "../support/requests.ts";
import { brokerRecords, epochOf, SELF, TestBroker, type TestClient, testProof, TOPIC, TOPIC_ID, topicRecords } from "../support/test-broker.ts";
import { TestLeader } from "../support/test-leader.ts";

const VERSION = 2;
const FETCH_VERSION = 15;
const CHECKPOINT = "log-start-offset-checkpoint";
const asking = (offset: number, { name = TOPIC, timeoutMs = 1000 } = {}) => ({ topics: [{ name, partitions: [{ partitionIndex: 0, offset }] }], timeoutMs });
const partitionOf = (answer: unknown) => (answer as { topics: { partitions: unknown[] }[] }).topics[0]?.partitions[0];
const fetchAt = (client: TestClient, offset: number) =>
  (client.call("Fetch", FETCH_VERSION, fetchRequest(FETCH_VERSION, { offsets: [[0, offset]] })) as FetchResponse).responses[0]?.partitions[0];

function produced(host: TestBroker, count: number, acks = -1): TestClient {
  const client = host.client();
  for (let at = 0; at < count; at++) client.call("Produce", 9, produceRequest(9, { acks }));
  return client;
}

describe("DeleteRecords", () => {
  it("hides what it deletes from readers, and survives a stop", () => {
    const host = TestBroker.serving();
    const client = produced(host, 3);
    expect(partitionOf(client.call("DeleteRecords", VERSION, asking(2)))).toMatchObject({ lowWatermark: 2, errorCode: 0 });
    expect(fetchAt(client, 1)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    expect(fetchAt(client, 2)).toMatchObject({ errorCode: 0, logStartOffset: 2 });
    host.turn((now) => host.broker.stop(now, () => undefined));
    expect(decodeUtf8(host.disk.files.get(CHECKPOINT) ?? new Uint8Array(0))).toBe(`0\n1\n${TOPIC} 0 2\n`);
    const topics = topicRecords().map((record) => (record.type === "partition" ? { ...record, leaderEpoch: leaderEpoch(1) } : record));
    const again = TestBroker.serving({ disk: host.disk, topics });
    expect(fetchAt(again.client(), 2)).toMatchObject({ errorCode: 0, logStartOffset: 2, highWatermark: 3 });
    expect(fetchAt(again.client(), 1)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
  });

  it("is written to the checkpoint within log.flush.start.offset.checkpoint.interval.ms, and no later one hides records of a topic created anew", () => {
    const host = TestBroker.serving();
    produced(host, 3).call("DeleteRecords", VERSION, asking(2));
    host.pass(59_999);
    expect(host.disk.files.get(CHECKPOINT)).toBeUndefined();
    host.pass(1);
    expect(decodeUtf8(host.disk.files.get(CHECKPOINT) ?? new Uint8Array(0))).toContain(`${TOPIC} 0 2\n`);
    for (const path of host.disk.files.keys()) if (path.startsWith(`${TOPIC}-0/`)) host.disk.files.delete(path);
    const again = TestBroker.serving({ disk: host.disk });
    again.pass(0);
    expect(decodeUtf8(host.disk.files.get(CHECKPOINT) ?? new Uint8Array(0))).toBe("0\n0\n");
    expect(fetchAt(produced(again, 1), 0)).toMatchObject({ errorCode: 0, logStartOffset: 0 });
  });

  it("waits for followers on live brokers, and is answered when they say where their logs start", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]], configs: { "min.insync.replicas": "1" } }) });
    const client = host.client();
    client.ask("Produce", 9, produceRequest(9));
    const follower = proveAs(host.client(), 2, SELF, testProof);
    const fetch = (offset: number, logStartOffset: number) =>
      follower.call(
        "Fetch",
        FETCH_VERSION,
        fetchRequest(FETCH_VERSION, { replicaId: 2, replicaEpoch: epochOf(2), offsets: [[0, offset]], currentLeaderEpoch: 0, logStartOffset, maxWaitMs: 0 }),
      );
    fetch(1, 0);
    client.answers.length = 0;
    client.ask("DeleteRecords", VERSION, asking(1));
    expect(client.answers).toHaveLength(0);
    fetch(1, 0);
    expect(client.answers).toHaveLength(0);
    const told = (): unknown[] => host.traces.filter(({ kind }) => kind === "records-deleted");
    expect(told()).toEqual([]);
    fetch(1, 1);
    expect(partitionOf(client.answers[0])).toMatchObject({ lowWatermark: 1, errorCode: 0 });
    expect(told()).toEqual([{ kind: "records-deleted", topic: TOPIC, partition: 0, beforeOffset: 1, leaderEpoch: 0 }]);
  });

  it("takes the word of a follower's next process, also where it says what the one before said", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]], configs: { "min.insync.replicas": "1" } }) });
    const client = produced(host, 1, 1);
    const follower = proveAs(host.client(), 2, SELF, testProof);
    const fetch = (logStartOffset: number, replicaEpoch: number) =>
      follower.call(
        "Fetch",
        FETCH_VERSION,
        fetchRequest(FETCH_VERSION, { replicaId: 2, replicaEpoch, offsets: [[0, 1]], currentLeaderEpoch: 0, logStartOffset, maxWaitMs: 0 }),
      );
    fetch(0, epochOf(2));
    client.ask("DeleteRecords", VERSION, asking(1));
    fetch(1, epochOf(2));
    client.call("Produce", 9, produceRequest(9, { acks: 1 }));
    host.commit([{ type: "fence-broker", brokerId: nodeId(2), brokerEpoch: epochOf(2) }]);
    host.commit(brokerRecords(2).map((record) => ("brokerEpoch" in record ? { ...record, brokerEpoch: epochOf(3), incarnationId: TOPIC_ID } : record)));
    client.answers.length = 0;
    client.ask("DeleteRecords", VERSION, asking(1));
    expect(client.answers).toHaveLength(0);
    fetch(1, epochOf(3));
    expect(partitionOf(client.answers[0])).toMatchObject({ lowWatermark: 1, errorCode: 0 });
  });

  it("tells when the time is over how far the replicas have come; what the leader deleted stays so", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[1, 2]] }) });
    const client = host.client();
    client.ask("DeleteRecords", VERSION, asking(0, { timeoutMs: 500 }));
    host.pass(499);
    expect(client.answers).toHaveLength(0);
    host.pass(1);
    expect(partitionOf(client.answers[0])).toMatchObject({ lowWatermark: -1, errorCode: ErrorCode.REQUEST_TIMED_OUT });
  });

  it("is refused for internal topics, for those that are only compacted, at followers, and where no more can wait", () => {
    const internal = TestBroker.serving({ topics: topicRecords({ name: "__consumer_offsets" }) });
    const errorAt = (host: TestBroker, name?: string) =>
      partitionOf(host.client().call("DeleteRecords", VERSION, asking(-1, name === undefined ? {} : { name })));
    expect(errorAt(internal, "__consumer_offsets")).toMatchObject({ errorCode: ErrorCode.INVALID_TOPIC_EXCEPTION });
    const compacted = TestBroker.serving({ topics: topicRecords({ configs: { "cleanup.policy": "compact" } }) });
    expect(errorAt(compacted)).toMatchObject({ errorCode: ErrorCode.POLICY_VIOLATION });
    expect(errorAt(TestBroker.serving({ topics: topicRecords({ configs: { "cleanup.policy": "compact,delete" } }) }))).toMatchObject({ errorCode: 0 });
    const follower = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ partitions: [[2, 1]] }) });
    expect(errorAt(follower)).toMatchObject({ errorCode: ErrorCode.NOT_LEADER_OR_FOLLOWER });
    expect(errorAt(TestBroker.serving({ maxParked: 0 }))).toMatchObject({ errorCode: ErrorCode.REQUEST_TIMED_OUT });
  });
});

describe("retention", () => {
  const CONFIG = { logSegmentBytes: 200, logRetentionCheckIntervalMs: 1000 };

  it("is looked at every log.retention.check.interval.ms, by the topic's settings of that time", () => {
    const host = TestBroker.serving({ config: CONFIG, topics: topicRecords({ configs: { "retention.bytes": "250" } }) });
    const client = produced(host, 6);
    expect(fetchAt(client, 0)).toMatchObject({ errorCode: 0 });
    host.pass(1000);
    expect(fetchAt(client, 0)).toMatchObject({ errorCode: ErrorCode.OFFSET_OUT_OF_RANGE });
    host.commit([{ type: "config", resourceType: "topic", resourceName: TOPIC, key: "retention.bytes", value: "0" }]);
    host.pass(1000);
    expect(fetchAt(client, 6)).toMatchObject({ errorCode: 0, logStartOffset: 6 });
  });

  it("deletes nothing of a topic without a policy", () => {
    const host = TestBroker.serving({ config: CONFIG, topics: topicRecords({ configs: { "retention.bytes": "0", "cleanup.policy": "" } }) });
    const client = produced(host, 6);
    host.pass(30_000);
    expect(fetchAt(client, 0)).toMatchObject({ errorCode: 0, logStartOffset: 0 });
  });

  it("of a follower goes by what it knows to be committed", () => {
    const topics = topicRecords({ partitions: [[2, 1]], configs: { "retention.bytes": "0" } });
    const host = TestBroker.serving({ config: CONFIG, brokers: [1, 2], topics });
    host.pass(0);
    const leader = new TestLeader(host, nodeId(2)).prove();
    const batchAt = (baseOffset: number) =>
      encodeBatch({ records: [{ key: null, value: encodeUtf8("a"), timestamp: 1_700_000_000_000 }], baseOffset, partitionLeaderEpoch: 0 });
    for (let at = 0; at < 6; at++) leader.answer(() => ({ records: [batchAt(at)], highWatermark: 2 }));
    leader.answer(() => ({ highWatermark: 3 }));
    host.pass(1000);
    const [hosted] = [...host.broker.replicas.all()];
    expect(hosted?.log.logStartOffset).toBe(2);
  });
});
