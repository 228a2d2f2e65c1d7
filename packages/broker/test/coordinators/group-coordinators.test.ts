import { encodeGroupRecord, type GroupRecord, type KeyAndValue } from "@samsa/coordinators";
import { ErrorCode, newOffsetFetchRequest, type OffsetCommitResponse } from "@samsa/protocol";
import { batches, crc32c, encodeBatch, nextOffsetOf, writeInt32 } from "@samsa/protocol/records";
import { concatBytes, leaderEpoch, nodeId, partitionEpoch, uuid, ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { coordinatorPartition, javaHashCode } from "../../src/coordinators/java-hash.ts";
import { commitRequest, coordinatorClient, GROUP, joinRequest, OFFSETS_TOPIC_ID, stableGroup } from "../support/groups.ts";
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

/** Each replacement character, three bytes, becomes three bytes that are no UTF-8: three times as many when it is said again. */
function growing(frame: Uint8Array): Uint8Array {
  for (let at = 0; at < frame.length - 2; at++) if (frame[at] === 0xef && frame[at + 1] === 0xbf && frame[at + 2] === 0xbd) frame.fill(0xff, at, at + 3);
  return frame;
}

/** The broker's next process: another epoch of the partition of groups, with what it left on its disk. */
const nextProcess = (disk: TestBroker["disk"], others: ReturnType<typeof topicRecords> = topicRecords(), epoch = 1): TestBroker => {
  const topics = [...others, ...offsets([[1]]).map((record) => (record.type === "partition" ? { ...record, leaderEpoch: leaderEpoch(epoch) } : record))];
  return TestBroker.serving({ topics, disk });
};

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
  expect(fetched(nextProcess(host.disk).client())).toBe(49);
});

it("leaves out what it can't read of the log, and says so", () => {
  const { host, client } = coordinatorClient();
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  const [path, bytes] = [...host.disk.files].find(([name]) => name.includes(OFFSETS) && name.endsWith(".log")) ?? [];
  if (path === undefined || bytes === undefined) throw new Error("the partition has a segment");
  const at = [...batches(bytes)].map((position) => nextOffsetOf(bytes, position)).at(-1) ?? 0;
  const record = (...key: number[]) => ({ key: Uint8Array.of(...key), value: Uint8Array.of(0, 0), timestamp: 0 });
  // An offset whose group's name is longer than its key; a type of record that nobody knows is none of ours, and told by nobody.
  const damaged = encodeBatch({ baseOffset: at, partitionLeaderEpoch: 0, records: [record(0, 1, 0, 99), record(0, 77)] });
  const unreadable = encodeBatch({ baseOffset: at + 2, partitionLeaderEpoch: 0, records: [record(0, 1)] });
  // It says that it is compressed with zstd, and isn't.
  unreadable[22] = 4;
  writeInt32(unreadable, 17, crc32c(unreadable.subarray(21)));
  host.disk.files.set(path, concatBytes([bytes, damaged, unreadable]));
  const again = nextProcess(host.disk);
  expect(fetched(again.client())).toBe(5);
  const skipped = again.traces.flatMap((event) => (event.kind === "group-record-skipped" ? [event.offset] : []));
  expect(skipped).toEqual([at, at + 2]);
});

/** The next process, with these records behind all that the broker has written to the partition of groups. */
function nextProcessWith(host: TestBroker, records: readonly KeyAndValue[]): { readonly again: TestBroker; readonly at: number } {
  const [path, bytes] = [...host.disk.files].find(([name]) => name.includes(OFFSETS) && name.endsWith(".log")) ?? [];
  if (path === undefined || bytes === undefined) throw new Error("the partition has a segment");
  const at = [...batches(bytes)].map((position) => nextOffsetOf(bytes, position)).at(-1) ?? 0;
  const batch = encodeBatch({ baseOffset: at, partitionLeaderEpoch: 0, records: records.map((record) => ({ ...record, timestamp: 0 })) });
  host.disk.files.set(path, concatBytes([bytes, batch]));
  return { again: nextProcess(host.disk), at };
}

it("lives with an offset in its log whose topic's name it can't say again, and says that it has skipped it", () => {
  const { host, client } = coordinatorClient();
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  const value = { offset: 1, leaderEpoch: -1, metadata: "", commitTimestamp: 1, expireTimestamp: -1, topicId: ZERO_UUID };
  const written = encodeGroupRecord({ name: "OffsetCommit", key: { group: GROUP, topic: "x".repeat(20_000), partition: 0 }, value });
  const key = written.key?.map((byte) => (byte === "x".charCodeAt(0) ? 0xff : byte)) ?? null;
  const { again, at } = nextProcessWith(host, [{ key, value: written.value }]);
  expect(fetched(again.client())).toBe(5);
  expect(again.traces.flatMap((event) => (event.kind === "group-record-skipped" ? [event.offset] : []))).toEqual([at]);
});

it("says which group it can't go on with, and keeps its offsets", () => {
  const { host, client } = coordinatorClient();
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  const epochs: readonly GroupRecord[] = [
    { name: "ConsumerGroupMetadata", key: { groupId: GROUP }, value: { epoch: 1, metadataHash: 0n } },
    { name: "ConsumerGroupTargetAssignmentMetadata", key: { groupId: GROUP }, value: { assignmentEpoch: 5, assignmentTimestamp: 1 } },
  ];
  const { again } = nextProcessWith(host, epochs.map(encodeGroupRecord));
  expect(fetched(again.client())).toBe(5);
  expect(again.traces.flatMap((event) => (event.kind === "group-put-aside" ? [event.group] : []))).toEqual([GROUP]);
});

it("forgets the offsets of a topic that was deleted while nobody coordinated", () => {
  const { host, client } = coordinatorClient();
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  expect(fetched(nextProcess(host.disk).client())).toBe(5);
  expect(fetched(nextProcess(host.disk, [], 2).client())).toBe(-1);
});

it("forgets the offsets of a topic that was made anew under its name, whoever coordinated meanwhile", () => {
  const { host, client } = coordinatorClient();
  const again = topicRecords({ id: "AAAAAAAAAAAAAAAAAAAAAg" });
  client.call("OffsetCommit", 8, commitRequest(8, 5));
  expect(fetched(nextProcess(host.disk, again).client())).toBe(-1);
  const topicId = host.broker.image.topicByName(TOPIC)?.topicId;
  if (topicId === undefined) throw new Error("the topic is there");
  host.commit([{ type: "remove-topic", topicId }, ...again]);
  expect(fetched(client)).toBe(-1);
});

it("answers for each partition in the order of the request, whoever refuses it", () => {
  const client = TestBroker.serving({ topics: [...topicRecords({ partitions: [[1], [1]] }), ...offsets([[1]])] }).client();
  const { topics } = commitRequest(8, 5);
  const [topic] = topics ?? [];
  if (topic === undefined) throw new Error("a topic is committed for");
  const partition = (partitionIndex: number, committedMetadata = "note") => ({
    partitionIndex,
    committedOffset: partitionIndex,
    committedLeaderEpoch: -1,
    committedMetadata,
  });
  const request = {
    ...commitRequest(8, 5),
    topics: [
      { ...topic, name: "nobody's", partitions: [partition(0)] },
      { ...topic, partitions: [partition(99), partition(0, "x".repeat(5_000)), partition(1)] },
      { ...topic, partitions: [partition(1), partition(98)] },
    ],
  };
  const answer = client.call("OffsetCommit", 8, request);
  const { NONE, UNKNOWN_TOPIC_OR_PARTITION: unknown, OFFSET_METADATA_TOO_LARGE: tooLarge } = ErrorCode;
  expect(answer.topics.map(({ name, partitions }) => [name, ...partitions.map(({ partitionIndex, errorCode }) => [partitionIndex, errorCode])])).toEqual([
    ["nobody's", [0, unknown]],
    [TOPIC, [99, unknown], [0, tooLarge], [1, NONE]],
    [TOPIC, [1, NONE], [98, unknown]],
  ]);
});

it("answers once for a group that is named again", () => {
  const { client } = coordinatorClient();
  const groups = [GROUP, "other", GROUP];
  const described = client.call("DescribeGroups", 5, { groups, includeAuthorizedOperations: false });
  expect(described.groups.map(({ groupId }) => groupId)).toEqual([GROUP, "other"]);
  const asked = groups.map((groupId) => ({ groupId, memberId: null, memberEpoch: -1, topics: null }));
  const fetchedGroups = client.call("OffsetFetch", 8, newOffsetFetchRequest({ groups: asked })).groups;
  expect(fetchedGroups.map(({ groupId }) => groupId)).toEqual([GROUP, "other"]);
});

it("refuses a member whose name others could not be told", () => {
  const { client } = coordinatorClient();
  const codeOf = (changes: Partial<ReturnType<typeof joinRequest>>, change = (frame: Uint8Array): Uint8Array => frame): unknown => {
    client.send(change(client.frame("JoinGroup", 5, { ...joinRequest(5), ...changes })));
    return (client.answers.at(-1) as { readonly errorCode: number }).errorCode;
  };
  const { INVALID_REQUEST, MEMBER_ID_REQUIRED } = ErrorCode;
  expect(codeOf({ protocolType: "p".repeat(32_767) })).toBe(MEMBER_ID_REQUIRED);
  // With the id that is made of it there is more of it.
  expect(codeOf({ groupInstanceId: "i".repeat(32_767) })).toBe(INVALID_REQUEST);
  const protocols = [{ name: "\uFFFD".repeat(10_922), metadata: new Uint8Array() }];
  expect([codeOf({ protocols }), codeOf({ protocols }, growing)]).toEqual([MEMBER_ID_REQUIRED, INVALID_REQUEST]);
  expect(codeOf({ groupId: "\uFFFD".repeat(10_922) }, growing)).toBe(ErrorCode.INVALID_GROUP_ID);
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
  client.send(growing(client.frame("OffsetCommit", 7, commitRequest(7, 5, groupId))));
  expect(fetched(client)).toBe(-1);
});
