import {
  ErrorCode,
  newConsumerGroupHeartbeatRequest,
  newFindCoordinatorRequest,
  newHeartbeatRequest,
  newLeaveGroupRequest,
  newOffsetDeleteRequest,
  newOffsetFetchRequest,
  newSyncGroupRequest,
} from "@samsa/protocol";
import { uuid, ZERO_UUID } from "@samsa/stdx";
import { expect } from "vitest";
import { commitRequest, coordinatorClient, GROUP, joinRequest, stableGroup } from "../../support/groups.ts";
import { TestBroker, TOPIC, TOPIC_ID } from "../../support/test-broker.ts";
import type { VersionCase } from "./version-case.ts";

const STRANGER = "stranger";
/** Groups where there is no coordinator. */
const elsewhere = () => TestBroker.serving().client();

const findRequest = (version: number, keyType: number, key = GROUP) =>
  newFindCoordinatorRequest(version >= 4 ? { keyType, coordinatorKeys: [key] } : { key, ...(version >= 1 ? { keyType } : {}) });

export const findCoordinator: VersionCase = {
  api: "FindCoordinator",
  serves: [
    "where a group is coordinated, and has the topic made where it is not there",
    (version) => {
      const { client } = coordinatorClient();
      const answer = client.call("FindCoordinator", version, findRequest(version, 0));
      expect(version >= 4 ? answer.coordinators[0] : answer).toMatchObject({ errorCode: 0, nodeId: 1, host: "host1", port: 9092 });
      const host = TestBroker.serving();
      const missing = host.client().call("FindCoordinator", version, findRequest(version, 0));
      expect((version >= 4 ? missing.coordinators[0] : missing)?.errorCode).toBe(ErrorCode.COORDINATOR_NOT_AVAILABLE);
      expect(host.asked.map(({ request }) => request)).toMatchObject([
        { type: "create-topics", topics: [{ name: "__consumer_offsets", partitionCount: 50, replicationFactor: 3 }] },
      ]);
    },
  ],
  refuses: [
    "transactions for good, and a group without a name",
    (version) => {
      const { client } = coordinatorClient();
      const errorOf = (keyType: number, key?: string) => {
        const answer = client.call("FindCoordinator", version, findRequest(version, keyType, key));
        return (version >= 4 ? answer.coordinators[0] : answer)?.errorCode;
      };
      if (version >= 1) expect(errorOf(1)).toBe(ErrorCode.TRANSACTIONAL_ID_AUTHORIZATION_FAILED);
      if (version >= 1) expect(errorOf(9)).toBe(ErrorCode.INVALID_REQUEST);
      expect(errorOf(0, "")).toBe(ErrorCode.INVALID_GROUP_ID);
    },
  ],
};

export const joinGroup: VersionCase = {
  api: "JoinGroup",
  serves: [
    "its generation to a member that joins",
    (version) => {
      const { host, client } = coordinatorClient();
      let memberId = "";
      if (version >= 4) {
        const first = client.call("JoinGroup", version, joinRequest(version));
        expect(first.errorCode).toBe(ErrorCode.MEMBER_ID_REQUIRED);
        ({ memberId } = first);
      }
      client.ask("JoinGroup", version, joinRequest(version, memberId));
      host.pass(3_000);
      const answer = client.answers.at(-1) as Record<string, unknown>;
      expect(answer).toMatchObject({
        errorCode: 0,
        generationId: 1,
        protocolName: "range",
        leader: answer["memberId"],
        members: [{ memberId: answer["memberId"] }],
      });
      if (version >= 7) expect(answer["protocolType"]).toBe("consumer");
    },
  ],
  refuses: [
    "an unknown member, and groups that are coordinated elsewhere",
    (version) => {
      const { client } = coordinatorClient();
      expect(client.call("JoinGroup", version, joinRequest(version, STRANGER))).toMatchObject({ errorCode: ErrorCode.UNKNOWN_MEMBER_ID, memberId: STRANGER });
      expect(elsewhere().call("JoinGroup", version, joinRequest(version)).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const syncGroup: VersionCase = {
  api: "SyncGroup",
  serves: [
    "a member's assignment",
    (version) => {
      const { host, client } = coordinatorClient();
      const memberId = stableGroup(host, client);
      const answer = client.call("SyncGroup", version, newSyncGroupRequest({ groupId: GROUP, generationId: 1, memberId }));
      expect(answer).toMatchObject({ errorCode: 0, assignment: Uint8Array.of(7) });
    },
  ],
  refuses: [
    "another generation, and groups that are coordinated elsewhere",
    (version) => {
      const { host, client } = coordinatorClient();
      const request = newSyncGroupRequest({ groupId: GROUP, generationId: 5, memberId: stableGroup(host, client) });
      expect(client.call("SyncGroup", version, request).errorCode).toBe(ErrorCode.ILLEGAL_GENERATION);
      expect(elsewhere().call("SyncGroup", version, request).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const heartbeat: VersionCase = {
  api: "Heartbeat",
  serves: [
    "that all is well",
    (version) => {
      const { host, client } = coordinatorClient();
      const memberId = stableGroup(host, client);
      expect(client.call("Heartbeat", version, newHeartbeatRequest({ groupId: GROUP, generationId: 1, memberId })).errorCode).toBe(0);
    },
  ],
  refuses: [
    "an unknown member, and groups that are coordinated elsewhere",
    (version) => {
      const { host, client } = coordinatorClient();
      stableGroup(host, client);
      const request = newHeartbeatRequest({ groupId: GROUP, generationId: 1, memberId: STRANGER });
      expect(client.call("Heartbeat", version, request).errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(elsewhere().call("Heartbeat", version, request).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

const leaveRequest = (version: number, memberId: string) =>
  newLeaveGroupRequest({ groupId: GROUP, ...(version >= 3 ? { members: [{ memberId, groupInstanceId: null, reason: null }] } : { memberId }) });

export const leaveGroup: VersionCase = {
  api: "LeaveGroup",
  serves: [
    "that a member has gone",
    (version) => {
      const { host, client } = coordinatorClient();
      const memberId = stableGroup(host, client);
      const answer = client.call("LeaveGroup", version, leaveRequest(version, memberId));
      expect(answer).toMatchObject({ errorCode: 0, members: version >= 3 ? [{ memberId, errorCode: 0 }] : [] });
      expect(client.call("DescribeGroups", 0, { groups: [GROUP], includeAuthorizedOperations: false }).groups).toMatchObject([{ groupState: "Empty" }]);
    },
  ],
  refuses: [
    "an unknown member, and groups that are coordinated elsewhere",
    (version) => {
      const { host, client } = coordinatorClient();
      stableGroup(host, client);
      const answer = client.call("LeaveGroup", version, leaveRequest(version, STRANGER));
      expect(version >= 3 ? answer.members[0]?.errorCode : answer.errorCode).toBe(ErrorCode.UNKNOWN_MEMBER_ID);
      expect(elsewhere().call("LeaveGroup", version, leaveRequest(version, STRANGER)).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const offsetCommit: VersionCase = {
  api: "OffsetCommit",
  serves: [
    "that an offset is committed",
    (version) => {
      const { client } = coordinatorClient();
      const answer = client.call("OffsetCommit", version, commitRequest(version, 5));
      expect(answer.topics).toMatchObject([{ name: version >= 10 ? "" : TOPIC, partitions: [{ partitionIndex: 0, errorCode: 0 }] }]);
      if (version >= 10) expect(answer.topics[0]?.topicId).toBe(TOPIC_ID);
    },
  ],
  refuses: [
    "what is not there, and groups that are coordinated elsewhere",
    (version) => {
      const { client } = coordinatorClient();
      const request = commitRequest(version, 5, GROUP, "unknown");
      const unknown = version >= 10 ? { ...request, topics: request.topics.map((topic) => ({ ...topic, topicId: uuid("AAAAAAAAAAAAAAAAAAAAZA") })) } : request;
      const error = version >= 10 ? ErrorCode.UNKNOWN_TOPIC_ID : ErrorCode.UNKNOWN_TOPIC_OR_PARTITION;
      expect(client.call("OffsetCommit", version, unknown).topics[0]?.partitions[0]?.errorCode).toBe(error);
      const away = elsewhere().call("OffsetCommit", version, commitRequest(version, 5));
      expect(away.topics[0]?.partitions[0]?.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

const offsetFetchRequest = (version: number) => {
  const topicId = version >= 10 ? uuid(TOPIC_ID) : ZERO_UUID;
  const topic = { name: version >= 10 ? "" : TOPIC, topicId, partitionIndexes: [0, 1] };
  if (version >= 8) return newOffsetFetchRequest({ groups: [{ groupId: GROUP, memberId: null, memberEpoch: -1, topics: [topic] }] });
  return newOffsetFetchRequest({ groupId: GROUP, topics: [{ name: TOPIC, partitionIndexes: [0, 1] }] });
};

export const offsetFetch: VersionCase = {
  api: "OffsetFetch",
  serves: [
    "what was committed, and that nothing was",
    (version) => {
      const { client } = coordinatorClient();
      client.call("OffsetCommit", 8, commitRequest(8, 5));
      const answer = client.call("OffsetFetch", version, offsetFetchRequest(version));
      const topics = version >= 8 ? answer.groups[0]?.topics : answer.topics;
      expect(topics).toMatchObject([
        {
          partitions: [
            { partitionIndex: 0, committedOffset: 5, metadata: "note", errorCode: 0 },
            { partitionIndex: 1, committedOffset: -1, metadata: "", errorCode: 0 },
          ],
        },
      ]);
    },
  ],
  refuses: [
    "groups that are coordinated elsewhere",
    (version) => {
      const answer = elsewhere().call("OffsetFetch", version, offsetFetchRequest(version));
      const code = version >= 8 ? answer.groups[0]?.errorCode : version >= 2 ? answer.errorCode : answer.topics[0]?.partitions[1]?.errorCode;
      expect(code).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const offsetDelete: VersionCase = {
  api: "OffsetDelete",
  serves: [
    "that offsets are gone",
    (version) => {
      const { client } = coordinatorClient();
      client.call("OffsetCommit", 8, commitRequest(8, 5));
      const request = newOffsetDeleteRequest({ groupId: GROUP, topics: [{ name: TOPIC, partitions: [{ partitionIndex: 0 }, { partitionIndex: 9 }] }] });
      expect(client.call("OffsetDelete", version, request).topics).toMatchObject([
        { name: TOPIC, partitions: [{ errorCode: 0 }, { errorCode: ErrorCode.UNKNOWN_TOPIC_OR_PARTITION }] },
      ]);
      expect(client.call("OffsetFetch", 5, offsetFetchRequest(5)).topics[0]?.partitions[0]?.committedOffset).toBe(-1);
    },
  ],
  refuses: [
    "a group that is not there, and those that are coordinated elsewhere",
    (version) => {
      const request = newOffsetDeleteRequest({ groupId: GROUP });
      expect(coordinatorClient().client.call("OffsetDelete", version, request).errorCode).toBe(ErrorCode.GROUP_ID_NOT_FOUND);
      expect(elsewhere().call("OffsetDelete", version, request).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const describeGroups: VersionCase = {
  api: "DescribeGroups",
  serves: [
    "state and members",
    (version) => {
      const { host, client } = coordinatorClient();
      const memberId = stableGroup(host, client);
      const answer = client.call("DescribeGroups", version, { groups: [GROUP], includeAuthorizedOperations: version >= 3 });
      expect(answer.groups).toMatchObject([
        {
          errorCode: 0,
          groupId: GROUP,
          groupState: "Stable",
          protocolType: "consumer",
          protocolData: "range",
          members: [{ memberId, clientId: "test", clientHost: "/client", memberAssignment: Uint8Array.of(7) }],
        },
      ]);
      if (version >= 3) expect(answer.groups[0]?.authorizedOperations).toBeGreaterThan(0);
    },
  ],
  refuses: [
    "a group that is not there, and those that are coordinated elsewhere",
    (version) => {
      const asking = { groups: [GROUP], includeAuthorizedOperations: false };
      const missing = { groupState: "Dead", errorCode: version >= 6 ? ErrorCode.GROUP_ID_NOT_FOUND : 0 };
      expect(coordinatorClient().client.call("DescribeGroups", version, asking).groups).toMatchObject([missing]);
      expect(elsewhere().call("DescribeGroups", version, asking).groups).toMatchObject([{ errorCode: ErrorCode.NOT_COORDINATOR }]);
    },
  ],
};

export const listGroups: VersionCase = {
  api: "ListGroups",
  serves: [
    "the groups that are here, of the states asked for",
    (version) => {
      const { host, client } = coordinatorClient();
      stableGroup(host, client);
      const asking = (state: string) => ({ statesFilter: version >= 4 ? [state] : [], typesFilter: version >= 5 ? ["Classic"] : [] });
      expect(client.call("ListGroups", version, asking("stable"))).toMatchObject({ errorCode: 0, groups: [{ groupId: GROUP, protocolType: "consumer" }] });
      if (version >= 4) expect(client.call("ListGroups", version, asking("Empty")).groups).toEqual([]);
    },
  ],
  refuses: [
    "nothing: a broker without groups has none",
    (version) => {
      expect(elsewhere().call("ListGroups", version, { statesFilter: [], typesFilter: [] })).toMatchObject({ errorCode: 0, groups: [] });
    },
  ],
};

export const deleteGroups: VersionCase = {
  api: "DeleteGroups",
  serves: [
    "that a group is gone",
    (version) => {
      const { client } = coordinatorClient();
      client.call("OffsetCommit", 8, commitRequest(8, 5));
      expect(client.call("DeleteGroups", version, { groupsNames: [GROUP, GROUP] }).results).toMatchObject([{ groupId: GROUP, errorCode: 0 }]);
      expect(client.call("ListGroups", 0, { statesFilter: [], typesFilter: [] }).groups).toEqual([]);
    },
  ],
  refuses: [
    "a group that has members, one that is not there, and those that are coordinated elsewhere",
    (version) => {
      const { host, client } = coordinatorClient();
      stableGroup(host, client);
      expect(client.call("DeleteGroups", version, { groupsNames: [GROUP, "missing"] }).results).toMatchObject([
        { errorCode: ErrorCode.NON_EMPTY_GROUP },
        { errorCode: ErrorCode.GROUP_ID_NOT_FOUND },
      ]);
      expect(elsewhere().call("DeleteGroups", version, { groupsNames: [GROUP] }).results).toMatchObject([{ errorCode: ErrorCode.NOT_COORDINATOR }]);
    },
  ],
};

const joinConsumers = (memberId: string) =>
  newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId, memberEpoch: 0, rebalanceTimeoutMs: 1_000, subscribedTopicNames: [TOPIC], topicPartitions: [] });

export const consumerGroupHeartbeat: VersionCase = {
  api: "ConsumerGroupHeartbeat",
  serves: [
    "a member's assignment as it joins, and what it lives by",
    (version) => {
      const { host, client } = coordinatorClient();
      const answer = client.call("ConsumerGroupHeartbeat", version, joinConsumers("one"));
      expect(answer).toMatchObject({ errorCode: 0, memberId: "one", memberEpoch: 2, heartbeatIntervalMs: 5_000 });
      expect(answer.assignment).toEqual({ topicPartitions: [{ topicId: TOPIC_ID, partitions: [0] }] });
      const leave = newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId: "one", memberEpoch: -1 });
      expect(client.call("ConsumerGroupHeartbeat", version, leave)).toMatchObject({ errorCode: 0, memberEpoch: -1 });
      if (version >= 1) {
        client.call("ConsumerGroupHeartbeat", version, { ...joinConsumers("two"), subscribedTopicNames: null, subscribedTopicRegex: "or.*" });
        host.pass(1_000);
        const beat = newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId: "two", memberEpoch: 3, topicPartitions: [] });
        expect(client.call("ConsumerGroupHeartbeat", version, beat).assignment?.topicPartitions).toMatchObject([{ topicId: TOPIC_ID }]);
      } else expect(client.call("ConsumerGroupHeartbeat", version, joinConsumers("")).memberId).toHaveLength(22);
    },
  ],
  refuses: [
    "an unknown member, no group, and groups that are coordinated elsewhere",
    (version) => {
      const { client } = coordinatorClient();
      client.call("ConsumerGroupHeartbeat", version, joinConsumers("one"));
      const stranger = newConsumerGroupHeartbeatRequest({ groupId: GROUP, memberId: STRANGER, memberEpoch: 5 });
      expect(client.call("ConsumerGroupHeartbeat", version, stranger)).toMatchObject({
        errorCode: ErrorCode.UNKNOWN_MEMBER_ID,
        errorMessage: `Member ${STRANGER} is not a member of group ${GROUP}.`,
      });
      expect(client.call("ConsumerGroupHeartbeat", version, { ...stranger, groupId: "" }).errorCode).toBe(ErrorCode.INVALID_REQUEST);
      expect(elsewhere().call("ConsumerGroupHeartbeat", version, joinConsumers("one")).errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};

export const consumerGroupDescribe: VersionCase = {
  api: "ConsumerGroupDescribe",
  serves: [
    "a group with its members, each group once",
    (version) => {
      const { client } = coordinatorClient();
      client.call("ConsumerGroupHeartbeat", 1, joinConsumers("one"));
      const { groups } = client.call("ConsumerGroupDescribe", version, { groupIds: [GROUP, GROUP], includeAuthorizedOperations: true });
      const topicPartitions = [{ topicId: TOPIC_ID, topicName: TOPIC, partitions: [0] }];
      expect(groups).toMatchObject([
        {
          errorCode: 0,
          groupId: GROUP,
          groupState: "Stable",
          groupEpoch: 2,
          assignmentEpoch: 2,
          assignorName: "uniform",
          authorizedOperations: 0xd48,
          members: [{ memberId: "one", memberEpoch: 2, subscribedTopicNames: [TOPIC], assignment: { topicPartitions }, targetAssignment: { topicPartitions } }],
        },
      ]);
      expect(groups[0]?.members[0]?.memberType).toBe(version >= 1 ? 1 : -1);
      expect(client.call("DescribeGroups", 6, { groups: [GROUP], includeAuthorizedOperations: false }).groups).toMatchObject([
        { errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${GROUP} is not a classic group.`, groupState: "Dead" },
      ]);
      const listed = client.call("ListGroups", 5, { statesFilter: ["stable"], typesFilter: ["consumer"] }).groups;
      expect(listed).toEqual([{ groupId: GROUP, protocolType: "consumer", groupState: "Stable", groupType: "consumer" }]);
    },
  ],
  refuses: [
    "groups that are not there, or of another kind, or coordinated elsewhere",
    (version) => {
      const { host, client } = coordinatorClient();
      stableGroup(host, client);
      const ask = (from: typeof client, groupId: string) =>
        from.call("ConsumerGroupDescribe", version, { groupIds: [groupId], includeAuthorizedOperations: false }).groups[0];
      expect(ask(client, "missing")).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: "Group missing not found.", groupState: "" });
      expect(ask(client, GROUP)).toMatchObject({ errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: `Group ${GROUP} is not a consumer group.` });
      expect(ask(client, "")?.errorCode).toBe(ErrorCode.INVALID_GROUP_ID);
      expect(ask(elsewhere(), GROUP)?.errorCode).toBe(ErrorCode.NOT_COORDINATOR);
    },
  ],
};
