import { ErrorCode, newOffsetFetchRequest, type OffsetCommitResponse } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid } from "@samsa/stdx";
import { expect, it } from "vitest";
import { coordinatorPartition, javaHashCode } from "../../src/coordinators/java-hash.ts";
import { commitRequest, coordinatorClient, GROUP, OFFSETS_TOPIC_ID, stableGroup } from "../support/groups.ts";
import { produceRequest } from "../support/requests.ts";
import { TestBroker, type TestClient, TOPIC, topicRecords } from "../support/test-broker.ts";

const OFFSETS = "__consumer_offsets";
const offsets = (partitions: readonly (readonly number[])[]) => topicRecords({ name: OFFSETS, id: OFFSETS_TOPIC_ID, partitions });

/** A change of the leader, or of the ISR; −1: nobody leads. */
const led = (epoch: number, isr: readonly number[], leader = 1) => ({
  type: "partition-change" as const,
  topicId: uuid(OFFSETS_TOPIC_ID),
  partition: 0,
  leader: nodeId(leader),
  leaderEpoch: leaderEpoch(epoch),
  partitionEpoch: partitionEpoch(epoch),
  isr: isr.map(nodeId),
  elr: [],
  lastKnownLeader: nodeId(-1),
});

const fetched = (client: TestClient): number | undefined => {
  const answer = client.call("OffsetFetch", 5, newOffsetFetchRequest({ groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0] }] }));
  return answer.errorCode === 0 ? answer.topics[0]?.partitions[0]?.committedOffset : -1000 - answer.errorCode;
};
const failedWith = (error: keyof typeof ErrorCode): number => -1000 - ErrorCode[error];
const commitCode = (answer: unknown): number | undefined => (answer as OffsetCommitResponse).topics[0]?.partitions[0]?.errorCode;

it("puts groups on partitions as Java's hash does", () => {
  expect(["", "a", "group", "my-consumer-group"].map(javaHashCode)).toEqual([0, 97, 98629247, 1513705513]);
  expect([coordinatorPartition("group", 50), coordinatorPartition("polygenelubricants", 50)]).toEqual([47, 0]);
});

it("tells nothing of a new epoch's groups before all that lay below its start is committed (G08)", () => {
  const host = TestBroker.serving({ brokers: [1, 2], topics: [...topicRecords(), ...offsets([[1, 2]])] });
  const client = host.client();
  const waiting = host.client();
  waiting.ask("OffsetCommit", 8, commitRequest(8, 5));
  expect([waiting.answers, fetched(client)]).toEqual([[], -1]);
  host.commit([led(1, [1, 2], -1)]);
  host.commit([led(2, [1, 2])]);
  expect(waiting.answers.map(commitCode)).toEqual([ErrorCode.NOT_COORDINATOR]);
  expect(fetched(client)).toBe(failedWith("COORDINATOR_LOAD_IN_PROGRESS"));
  expect(client.call("Heartbeat", 3, { groupId: GROUP, generationId: 1, memberId: "m", groupInstanceId: null }).errorCode).toBe(ErrorCode.NONE);
  expect(client.call("ListGroups", 2, { statesFilter: [], typesFilter: [] }).errorCode).toBe(ErrorCode.COORDINATOR_LOAD_IN_PROGRESS);
  host.commit([{ ...led(3, [1]), leaderEpoch: leaderEpoch(2) }]);
  expect(fetched(client)).toBe(5);
});

it("goes on with the groups of another epoch, and gives them up where another broker leads", () => {
  const { host, client } = coordinatorClient();
  const memberId = stableGroup(host, client);
  client.call("OffsetCommit", 8, { ...commitRequest(8, 7), generationIdOrMemberEpoch: 1, memberId });
  host.commit([led(1, [1], -1)]);
  host.commit([led(2, [1])]);
  expect(fetched(client)).toBe(7);
  expect(client.call("Heartbeat", 3, { groupId: GROUP, generationId: 1, memberId, groupInstanceId: null }).errorCode).toBe(ErrorCode.NONE);
  host.commit([led(3, [1], -1)]);
  expect(fetched(client)).toBe(failedWith("NOT_COORDINATOR"));
  expect(host.traces.flatMap((event) => (event.kind === "group-coordinator" ? [`${event.leaderEpoch} ${event.isActive}`] : []))).toEqual([
    "0 true",
    "0 false",
    "2 true",
    "2 false",
  ]);
});

it("loads what another process wrote from the files of the partition", () => {
  const { host, client } = coordinatorClient();
  for (let offset = 0; offset < 50; offset++) client.call("OffsetCommit", 8, commitRequest(8, offset));
  const topics = [...topicRecords(), ...offsets([[1]])].map((record) => (record.type === "partition" ? { ...record, leaderEpoch: leaderEpoch(1) } : record));
  const again = TestBroker.serving({ topics, disk: host.disk });
  expect(fetched(again.client())).toBe(49);
});

it("forgets the offsets of a topic that is deleted", () => {
  const { host, client } = coordinatorClient();
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  const topicId = host.broker.image.topicByName(TOPIC)?.topicId;
  if (topicId === undefined) throw new Error("the topic is there");
  host.commit([{ type: "remove-topic", topicId }]);
  expect(fetched(client)).toBe(-1);
});

it("lets nobody but coordinators and Kafka's own tools write where groups are kept", () => {
  const { client } = coordinatorClient();
  const request = produceRequest(9);
  const answer = client.call("Produce", 9, { ...request, topicData: request.topicData.map((topic) => ({ ...topic, name: OFFSETS })) });
  expect(answer.responses[0]?.partitionResponses[0]?.errorCode).toBe(ErrorCode.INVALID_TOPIC_EXCEPTION);
});

it("says once why the topic that groups are kept in can't be created", () => {
  const host = TestBroker.serving();
  const client = host.client();
  for (let times = 0; times < 2; times++) {
    client.call("FindCoordinator", 2, { key: GROUP, keyType: 0, coordinatorKeys: [] });
    const refused = { name: OFFSETS, topicId: uuid(OFFSETS_TOPIC_ID), error: "INVALID_REPLICATION_FACTOR", message: "there is 1 broker" } as const;
    host.asked.at(-1)?.answer({ type: "create-topics", error: "NONE", topics: [refused as never] });
  }
  expect(host.asked.length).toBe(2);
  expect(host.traces.filter(({ kind }) => kind === "topic-not-created")).toEqual([
    { kind: "topic-not-created", topic: OFFSETS, because: "INVALID_REPLICATION_FACTOR: there is 1 broker" },
  ]);
});

it("refuses a name that grows when it is said again, and lives on", () => {
  const { client } = coordinatorClient();
  const groupId = "\uFFFD".repeat(10_922);
  const bytes = client.frame("OffsetCommit", 7, commitRequest(7, 5, groupId));
  // Each replacement character, three bytes, becomes three bytes that are no UTF-8: three times as many when it is said again.
  for (let at = 0; at < bytes.length - 2; at++) if (bytes[at] === 0xef && bytes[at + 1] === 0xbf && bytes[at + 2] === 0xbd) bytes.fill(0xff, at, at + 3);
  client.send(bytes);
  expect(fetched(client)).toBe(-1);
});
