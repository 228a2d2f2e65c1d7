import { encodeAssignment } from "@samsa/client";
import {
  apis,
  newConsumerGroupHeartbeatRequest,
  newJoinGroupRequest,
  newJoinGroupRequestProtocol,
  newOffsetCommitRequest,
  newOffsetCommitRequestPartition,
  newOffsetCommitRequestTopic,
  newSyncGroupRequest,
  newSyncGroupRequestAssignment,
} from "@samsa/protocol";
import { expect } from "vitest";
import { clientSettings } from "../src/session/client-settings.ts";
import { Session } from "../src/session/session.ts";

/** Longer than any test. */
const MEMBER_STAYS_MS = 300_000;
const CLASSIC_JOIN_VERSION = 3;
const COMMIT_BY_NAME_VERSION = 8;
const STATIC_JOIN_VERSION = 5;
const STATIC_SYNC_VERSION = 3;

/** Groups of every kind that there is: `simple` has offsets and never had members, `old` a member of the classic protocol, `new` one of the consumer protocol. */
export async function makeGroups(bootstrap: string, topic: string): Promise<void> {
  await using session = new Session(clientSettings(bootstrap, new Map()));
  const committed = await session.request({
    callName: "commit",
    api: apis.OffsetCommit,
    maxVersion: COMMIT_BY_NAME_VERSION,
    request: () =>
      newOffsetCommitRequest({
        groupId: "simple",
        topics: [newOffsetCommitRequestTopic({ name: topic, partitions: [newOffsetCommitRequestPartition({ partitionIndex: 0, committedOffset: 0 })] })],
      }),
    target: { type: "group", groupId: "simple" },
    errorOf: (response) => response.topics[0]?.partitions[0]?.errorCode ?? 0,
  });
  expect(committed.topics[0]?.partitions[0]?.errorCode).toBe(0);
  const joined = await session.request({
    callName: "join",
    api: apis.JoinGroup,
    maxVersion: CLASSIC_JOIN_VERSION,
    request: () =>
      newJoinGroupRequest({
        groupId: "old",
        sessionTimeoutMs: MEMBER_STAYS_MS,
        rebalanceTimeoutMs: MEMBER_STAYS_MS,
        protocolType: "consumer",
        protocols: [newJoinGroupRequestProtocol({ name: "range" })],
      }),
    target: { type: "group", groupId: "old" },
    errorOf: ({ errorCode }) => errorCode,
  });
  expect(joined.errorCode).toBe(0);
  const beaten = await session.request({
    callName: "heartbeat",
    api: apis.ConsumerGroupHeartbeat,
    request: () =>
      newConsumerGroupHeartbeatRequest({
        groupId: "new",
        memberId: "a member",
        memberEpoch: 0,
        rebalanceTimeoutMs: MEMBER_STAYS_MS,
        subscribedTopicNames: [topic],
        topicPartitions: [],
      }),
    target: { type: "group", groupId: "new" },
    errorOf: ({ errorCode }) => errorCode,
  });
  expect(beaten.errorCode).toBe(0);
}

/** `pinned`: a stable classic group with one static member, `i1`, that reads partitions 0 and 1 of a topic. */
export async function makeStaticMember(bootstrap: string, topic: string): Promise<void> {
  await using session = new Session(clientSettings(bootstrap, new Map()));
  const [groupId, groupInstanceId, name] = ["pinned", "i1", "range"];
  const joined = await session.request({
    callName: "join",
    api: apis.JoinGroup,
    minVersion: STATIC_JOIN_VERSION,
    maxVersion: STATIC_JOIN_VERSION,
    request: () =>
      newJoinGroupRequest({
        groupId,
        groupInstanceId,
        sessionTimeoutMs: MEMBER_STAYS_MS,
        rebalanceTimeoutMs: MEMBER_STAYS_MS,
        protocolType: "consumer",
        protocols: [newJoinGroupRequestProtocol({ name })],
      }),
    target: { type: "group", groupId },
    errorOf: ({ errorCode }) => errorCode,
  });
  const { memberId, generationId } = joined;
  const assignment = encodeAssignment([0, 1].map((partition) => ({ topic, partition })));
  const synced = await session.request({
    callName: "sync",
    api: apis.SyncGroup,
    minVersion: STATIC_SYNC_VERSION,
    maxVersion: STATIC_SYNC_VERSION,
    request: () =>
      newSyncGroupRequest({ groupId, generationId, memberId, groupInstanceId, assignments: [newSyncGroupRequestAssignment({ memberId, assignment })] }),
    target: { type: "group", groupId },
    errorOf: ({ errorCode }) => errorCode,
  });
  expect([joined.errorCode, synced.errorCode]).toEqual([0, 0]);
}
