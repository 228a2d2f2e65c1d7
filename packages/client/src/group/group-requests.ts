import {
  type ApiMessages,
  apis,
  type HeartbeatRequest,
  type JoinGroupRequest,
  type JoinGroupResponse,
  newJoinGroupRequest,
  newSyncGroupRequest,
  type SyncGroupRequest,
  type SyncGroupResponse,
} from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { Call } from "../cluster/call.ts";
import type { AssignorName } from "./assignors/all.ts";
import type { Assignments } from "./assignors/assignor.ts";
import { encodeAssignment, encodeSubscription, type Subscription } from "./consumer-protocol.ts";
import type { GroupConsumerConfig } from "./group-consumer-config.ts";

const CONSUMER_PROTOCOL_TYPE = "consumer";

/** A member in a generation of its group. A new generation is a new object: answers for an old one find nobody. */
export interface Generation {
  readonly memberId: string;
  readonly generationId: number;
  readonly protocolName: AssignorName;
}

/** Undefined: the group has another protocol than consumers', or assigns in a way that this member can't. Versions that don't tell the type have no other. */
export function generationOf(config: GroupConsumerConfig, response: JoinGroupResponse): Generation | undefined {
  const { memberId, generationId, protocolType, protocolName: told } = response;
  const protocolName = config.partitionAssignmentStrategy.find((name) => name === told);
  if (protocolName === undefined || (protocolType ?? CONSUMER_PROTOCOL_TYPE) !== CONSUMER_PROTOCOL_TYPE) return undefined;
  return { memberId, generationId, protocolName };
}

/** What an assignment is told to be of (KIP-559), if it is. */
export const isOfProtocol = ({ protocolType, protocolName }: SyncGroupResponse, generation: Generation): boolean =>
  (protocolType ?? CONSUMER_PROTOCOL_TYPE) === CONSUMER_PROTOCOL_TYPE && (protocolName ?? generation.protocolName) === generation.protocolName;

/** A static member says its instance, which older versions can't. */
export const MIN_VERSION_OF_STATIC = { JoinGroup: 5, SyncGroup: 3, Heartbeat: 3, OffsetCommit: 7, LeaveGroup: 3 } as const;

export const minVersion = (config: GroupConsumerConfig, api: keyof typeof MIN_VERSION_OF_STATIC): number =>
  config.groupInstanceId === null ? 0 : MIN_VERSION_OF_STATIC[api];

/** Who waits for an answer of the coordinator. */
export interface Answered<N extends "JoinGroup" | "SyncGroup"> {
  answered(response: ApiMessages[N]["response"], now: Now): void;
  failed(error: string, now: Now): void;
}

/** The coordinator answers when all have joined, or their time is over. */
export function joinCall(config: GroupConsumerConfig, memberId: string, subscription: Subscription, then: Answered<"JoinGroup">): Call<"JoinGroup"> {
  return {
    api: apis.JoinGroup,
    minVersion: minVersion(config, "JoinGroup"),
    request: () => joinRequest(config, memberId, subscription),
    brokerWaitMs: config.maxPollIntervalMs,
    answered: (response, now) => then.answered(response, now),
    failed: ({ error }, now) => then.failed(error, now),
  };
}

function joinRequest(config: GroupConsumerConfig, memberId: string, subscription: Subscription): JoinGroupRequest {
  const metadata = encodeSubscription(subscription);
  return newJoinGroupRequest({
    groupId: config.groupId,
    sessionTimeoutMs: config.sessionTimeoutMs,
    rebalanceTimeoutMs: config.maxPollIntervalMs,
    memberId,
    groupInstanceId: config.groupInstanceId,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocols: config.partitionAssignmentStrategy.map((name) => ({ name, metadata })),
  });
}

/** With the assignments from the leader, and without any from the others. The coordinator waits for the leader as long as for who joins. */
export function syncCall(config: GroupConsumerConfig, generation: Generation, assignments: Assignments, then: Answered<"SyncGroup">): Call<"SyncGroup"> {
  return {
    api: apis.SyncGroup,
    minVersion: minVersion(config, "SyncGroup"),
    request: () => syncRequest(config, generation, assignments),
    brokerWaitMs: config.maxPollIntervalMs,
    answered: (response, now) => then.answered(response, now),
    failed: ({ error }, now) => then.failed(error, now),
  };
}

function syncRequest(config: GroupConsumerConfig, { memberId, generationId, protocolName }: Generation, assignments: Assignments): SyncGroupRequest {
  return newSyncGroupRequest({
    groupId: config.groupId,
    generationId,
    memberId,
    groupInstanceId: config.groupInstanceId,
    protocolType: CONSUMER_PROTOCOL_TYPE,
    protocolName,
    assignments: Array.from(assignments, ([member, partitions]) => ({ memberId: member, assignment: encodeAssignment(partitions) })),
  });
}

export function heartbeatRequest({ groupId, groupInstanceId }: GroupConsumerConfig, { memberId, generationId }: Generation): HeartbeatRequest {
  return { groupId, generationId, memberId, groupInstanceId };
}

const FIRST_VERSION_WITH_BATCHES = 3;

/** `ended`: whatever came of it. */
export function leaveCall(
  config: GroupConsumerConfig,
  { memberId, reason }: { readonly memberId: string; readonly reason: string },
  ended: (now: Now) => void,
): Call<"LeaveGroup"> {
  const { groupId, groupInstanceId } = config;
  return {
    api: apis.LeaveGroup,
    minVersion: minVersion(config, "LeaveGroup"),
    request: (version) =>
      version < FIRST_VERSION_WITH_BATCHES ? { groupId, memberId, members: [] } : { groupId, memberId: "", members: [{ memberId, groupInstanceId, reason }] },
    answered: (_response, now) => ended(now),
    failed: (_failure, now) => ended(now),
  };
}
