import { ErrorCode, type ConsumerGroupHeartbeatRequest, newConsumerGroupHeartbeatRequest, newOffsetFetchRequest } from "@samsa/protocol";
import { leaderEpoch, nodeId, partitionEpoch, uuid, ZERO_UUID } from "@samsa/stdx";
import { expect, it } from "vitest";
import { describeConsumerGroups } from "../../src/api/consumer-group-describe.ts";
import { commitRequest, coordinatorClient, GROUP, OFFSETS_TOPIC_ID } from "../support/groups.ts";
import { type TestClient, TOPIC, TOPIC_ID, topicRecords } from "../support/test-broker.ts";

const AUDIT_ID = "AAAAAAAAAAAAAAAAAAAACA";
const audit = topicRecords({ name: "audit", id: AUDIT_ID, partitions: [[1], [1]] });

const beat = (client: TestClient, changes: Partial<ConsumerGroupHeartbeatRequest>) =>
  client.call("ConsumerGroupHeartbeat", 1, newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId: "one", memberEpoch: 0, ...changes }));
const join = (client: TestClient, changes: Partial<ConsumerGroupHeartbeatRequest> = {}) =>
  beat(client, { rebalanceTimeoutMs: 1_000, subscribedTopicNames: ["audit", TOPIC], topicPartitions: [], ...changes });
const epochOf = (client: TestClient): number | undefined =>
  client.call("ConsumerGroupDescribe", 1, { groupIds: [GROUP], includeAuthorizedOperations: false }).groups[0]?.groupEpoch;

/** A change of the leader of a topic's first partition; −1: nobody leads. */
const led = (topicId: string, epoch: number, leader = 1) => ({
  type: "partition-change" as const,
  topicId: uuid(topicId),
  partition: 0,
  leader: nodeId(leader),
  leaderEpoch: leaderEpoch(epoch),
  partitionEpoch: partitionEpoch(epoch),
  isr: [nodeId(1)],
  elr: [],
  lastKnownLeader: nodeId(-1),
});

it("gives members the partitions of a topic that is made, and takes those of one that is deleted", () => {
  const { host, client } = coordinatorClient();
  expect(join(client).assignment?.topicPartitions).toEqual([{ topicId: TOPIC_ID, partitions: [0] }]);
  expect(beat(client, { memberEpoch: 2 }).memberEpoch).toBe(2);
  host.commit(audit);
  host.pass(1_000);
  const answer = beat(client, { memberEpoch: 2 });
  expect([answer.memberEpoch, answer.assignment?.topicPartitions]).toEqual([
    3,
    [
      { topicId: TOPIC_ID, partitions: [0] },
      { topicId: AUDIT_ID, partitions: [0, 1] },
    ],
  ]);
  host.commit([{ type: "remove-topic", topicId: uuid(TOPIC_ID) }]);
  host.pass(1_000);
  expect(beat(client, { memberEpoch: 3 }).assignment?.topicPartitions).toEqual([{ topicId: AUDIT_ID, partitions: [0, 1] }]);
});

it("begins no epoch for leaders that change, nor for topics that nobody wants", () => {
  const { host, client } = coordinatorClient();
  join(client, { subscribedTopicNames: [TOPIC] });
  host.commit([led(TOPIC_ID, 1, -1)]);
  host.commit(audit);
  host.pass(1_000);
  expect([beat(client, { memberEpoch: 2 }).memberEpoch, epochOf(client)]).toEqual([2, 2]);
});

it("finds the topics of a regular expression again when one is made", () => {
  const { host, client } = coordinatorClient();
  join(client, { subscribedTopicNames: null, subscribedTopicRegex: "(orders|audit).*" });
  host.pass(1_000);
  const { memberEpoch, assignment } = beat(client, { memberEpoch: 1 });
  expect([memberEpoch, assignment?.topicPartitions.length]).toEqual([2, 1]);
  host.commit(audit);
  host.pass(10_000);
  expect(beat(client, { memberEpoch: 2 }).assignment?.topicPartitions.length).toBe(2);
});

it("tells a member nothing of offsets that it knows the wrong epoch of", () => {
  const { client } = coordinatorClient();
  join(client, { subscribedTopicNames: [TOPIC] });
  client.call("OffsetCommit", 9, { ...commitRequest(9, 5), memberId: "one", generationIdOrMemberEpoch: 2 });
  for (const version of [9, 10] as const) {
    const topics = [{ name: version >= 10 ? "" : TOPIC, topicId: version >= 10 ? uuid(TOPIC_ID) : ZERO_UUID, partitionIndexes: [0] }];
    const fetched = (memberId: string, memberEpoch: number) =>
      client.call("OffsetFetch", version, newOffsetFetchRequest({ groups: [{ groupId: GROUP, memberId, memberEpoch, topics }] })).groups[0];
    expect(fetched("one", 2)).toMatchObject({ errorCode: 0, topics: [{ partitions: [{ committedOffset: 5 }] }] });
    expect(fetched("one", 1)).toMatchObject({ errorCode: ErrorCode.STALE_MEMBER_EPOCH, topics: [] });
    expect(fetched("two", 2)).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, topics: [] });
  }
});

it("goes on with a group in another epoch of its partition, and elsewhere says who does not", () => {
  const { host, client } = coordinatorClient();
  join(client, { subscribedTopicNames: [TOPIC] });
  host.commit([led(OFFSETS_TOPIC_ID, 1, -1)]);
  expect(beat(client, { memberEpoch: 2 }).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
  host.commit([led(OFFSETS_TOPIC_ID, 2)]);
  expect(beat(client, { memberEpoch: 2 })).toMatchObject({ errorCode: 0, memberEpoch: 2 });
});

it("describes as many groups as one answer has room for, and tells of the others that they are to be asked for by themselves", () => {
  const { host, client } = coordinatorClient();
  const groupIds = ["one", "two", "three", "four"];
  for (const groupId of groupIds) for (let at = 0; at < (groupId === "two" ? 20 : 2); at++) join(client, { groupId, memberId: `${at}` });
  const coordinator = host.broker.groups.of("one");
  const size = typeof coordinator === "string" ? 0 : coordinator.consumerGroupDescriptionSize("one");
  const described = describeConsumerGroups(host.broker.groups, groupIds, 2.5 * size);
  expect(described.map(({ errorCode, members }) => [errorCode, members.length])).toEqual([
    [ErrorCode.NONE, 2],
    [ErrorCode.INVALID_REQUEST, 0],
    [ErrorCode.NONE, 2],
    [ErrorCode.INVALID_REQUEST, 0],
  ]);
});
