import { type DescribeTopicPartitionsRequest, ErrorCode, newDescribeTopicPartitionsRequest } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { brokerRecords, epochOf, TestBroker, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const idOf = (index: number) => `AAAAAAAAAAAAAAAAAAAA${String.fromCharCode(65 + index)}A`;

/** Topics of these names with so many partitions each. */
function withTopics(sizes: Readonly<Record<string, number>>, config = {}): TestBroker {
  const topics = Object.entries(sizes).flatMap(([name, size], index) => topicRecords({ name, id: idOf(index), partitions: Array(size).fill([1]) }));
  return TestBroker.serving({ config, topics });
}

const ask = (host: TestBroker, fields: Partial<DescribeTopicPartitionsRequest>) =>
  host.client().call("DescribeTopicPartitions", 0, newDescribeTopicPartitionsRequest(fields));
const named = (...names: readonly string[]) => ({ topics: names.map((name) => ({ name })) });
const partitionsOf = ({ topics }: ReturnType<typeof ask>) =>
  topics.map(({ name, partitions }) => [name, partitions.map(({ partitionIndex }) => partitionIndex)]);

/** Page after page, as a client goes on. */
function pages(host: TestBroker, fields: Partial<DescribeTopicPartitionsRequest>): unknown[] {
  const seen: unknown[] = [];
  let cursor: DescribeTopicPartitionsRequest["cursor"] = null;
  for (let page = 0; page < 100; page++) {
    const answer = ask(host, { ...fields, cursor });
    seen.push(partitionsOf(answer));
    cursor = answer.nextCursor;
    if (cursor === null) return seen;
  }
  throw new Error("does not end");
}

describe("DescribeTopicPartitions", () => {
  it("describes all topics in the order of their names where none is named, and named ones in that order too, each once", () => {
    const host = withTopics({ b: 1, a: 2, C: 1 });
    const names = ({ topics }: ReturnType<typeof ask>) => topics.map(({ name }) => name);
    expect(names(ask(host, {}))).toEqual(["C", "a", "b"]);
    expect(names(ask(host, named("b", "a", "b")))).toEqual(["a", "b"]);
  });

  it("goes on from page to page until nothing is left", () => {
    const host = withTopics({ a: 3, b: 2, c: 1 });
    expect(pages(host, { responsePartitionLimit: 2 })).toEqual([
      [["a", [0, 1]]],
      [
        ["a", [2]],
        ["b", [0]],
      ],
      [
        ["b", [1]],
        ["c", [0]],
      ],
    ]);
  });

  it("begins a page with the next topic where the last one ended with a topic", () => {
    const host = withTopics({ a: 2, b: 1 });
    const answer = ask(host, { ...named("a", "b"), responsePartitionLimit: 2 });
    expect([partitionsOf(answer), answer.nextCursor]).toEqual([[["a", [0, 1]]], { topicName: "b", partitionIndex: 0 }]);
  });

  it("gives at least one partition and at most max.request.partition.size.limit, whatever is asked for", () => {
    const host = withTopics({ a: 5 }, { maxRequestPartitionSizeLimit: 3 });
    expect(partitionsOf(ask(host, { responsePartitionLimit: 1_000_000 }))).toEqual([["a", [0, 1, 2]]]);
    for (const responsePartitionLimit of [0, -1]) expect(partitionsOf(ask(host, { responsePartitionLimit }))).toEqual([["a", [0]]]);
  });

  it("refuses a cursor before the first partition, and one at a topic that is not asked for", () => {
    const host = withTopics({ a: 1, b: 1 });
    const refused = { nextCursor: null, topics: [{ errorCode: ErrorCode.INVALID_REQUEST, name: "a", partitions: [] }] };
    expect(ask(host, { ...named("a"), cursor: { topicName: "a", partitionIndex: -1 } })).toMatchObject(refused);
    expect(ask(host, { ...named("a"), cursor: { topicName: "b", partitionIndex: 0 } })).toMatchObject(refused);
    expect(partitionsOf(ask(host, { cursor: { topicName: "aa", partitionIndex: 7 } }))).toEqual([["b", [0]]]);
    expect(partitionsOf(ask(host, { cursor: { topicName: "b", partitionIndex: 2 ** 31 - 1 } }))).toEqual([["b", []]]);
  });

  it("tells topics that are not there from names that none can have, and of both what everyone may do", () => {
    const host = withTopics({ a: 1 });
    expect(ask(host, named("a", "b", "b/c", "__consumer_offsets")).topics.map((topic) => [topic.name, topic.errorCode, topic.isInternal])).toEqual([
      ["__consumer_offsets", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, true],
      ["a", 0, false],
      ["b", ErrorCode.UNKNOWN_TOPIC_OR_PARTITION, false],
      ["b/c", ErrorCode.INVALID_TOPIC_EXCEPTION, false],
    ]);
    // As recorded from Apache Kafka 4.3.
    expect(new Set(ask(host, named("a", "b")).topics.map((topic) => topic.topicAuthorizedOperations))).toEqual(new Set([3576]));
  });

  it("shows the eligible leader replicas, and who led last where nobody can", () => {
    const host = TestBroker.serving({ brokers: [1, 2], topics: topicRecords({ name: "a", partitions: [[2, 1]] }) });
    const change = { type: "partition-change", topicId: TOPIC_ID, partition: 0, leaderEpoch: leaderEpoch(1) } as const;
    host.commit([
      { type: "fence-broker", brokerId: nodeId(2), brokerEpoch: epochOf(2) },
      { ...change, leader: nodeId(-1), partitionEpoch: partitionEpoch(1), isr: [], elr: [nodeId(2)], lastKnownLeader: nodeId(2) },
    ]);
    const partitionOf = () => ask(host, named("a")).topics[0]?.partitions[0];
    expect(partitionOf()).toMatchObject({ leaderId: -1, leaderEpoch: 1, isrNodes: [], eligibleLeaderReplicas: [2], lastKnownElr: [], offlineReplicas: [2] });
    host.commit([{ ...change, leader: nodeId(-1), partitionEpoch: partitionEpoch(2), isr: [], elr: [], lastKnownLeader: nodeId(2) }]);
    expect(partitionOf()).toMatchObject({ errorCode: 0, eligibleLeaderReplicas: [], lastKnownElr: [2], replicaNodes: [2, 1] });
  });

  it("shows a replica in a failed log directory as offline (KIP-858)", () => {
    const [first, second] = [uuid("AAAAAAAAAAAAAAAAAAAAEA"), uuid("AAAAAAAAAAAAAAAAAAAAFA")];
    const host = TestBroker.serving({ topics: [] });
    host.commit([
      ...brokerRecords(2).map((record) => (record.type === "register-broker" ? { ...record, directoryId: first, logDirs: [first, second] } : record)),
      ...topicRecords({ name: "a", partitions: [[1, 2]] }),
      { type: "replica-directory", topicId: TOPIC_ID, partition: 0, brokerId: nodeId(2), directoryId: second },
    ]);
    const offline = () => ask(host, named("a")).topics[0]?.partitions[0]?.offlineReplicas;
    expect(offline()).toEqual([]);
    host.commit([{ type: "broker-directories", brokerId: nodeId(2), brokerEpoch: epochOf(2), logDirs: [first] }]);
    expect(offline()).toEqual([2]);
  });
});
