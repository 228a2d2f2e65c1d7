import type { ConsumerGroupHeartbeatRequest } from "@samsa/protocol";
import type { ClientIdentity } from "../client-identity.ts";
import { canBeSaid } from "../said-again.ts";
import { JOIN_EPOCH, LEAVE_EPOCH, STATIC_LEAVE_EPOCH } from "./member-assignment.ts";
import { Refusal } from "./refusal.ts";

/** From here on members give themselves their id (KIP-1082). */
const FIRST_VERSION_WITH_OWN_IDS = 1;

const invalid = (message: string): Refusal => new Refusal("INVALID_REQUEST", message);

/** Whether the member says all that one who joins has to: it may have lost what it was told, and is told it again. */
export const isFullRequest = ({ rebalanceTimeoutMs, subscribedTopicNames, subscribedTopicRegex, topicPartitions }: ConsumerGroupHeartbeatRequest): boolean =>
  rebalanceTimeoutMs !== -1 && (subscribedTopicNames !== null || subscribedTopicRegex !== null) && topicPartitions !== null;

/** What is wrong with a heartbeat whatever its group is; undefined: nothing. */
export function heartbeatFault(request: ConsumerGroupHeartbeatRequest, client: ClientIdentity, assignors: readonly string[]): Refusal | undefined {
  const { memberId, memberEpoch, serverAssignor, rebalanceTimeoutMs } = request;
  const needsId = client.apiVersion >= FIRST_VERSION_WITH_OWN_IDS || memberEpoch !== JOIN_EPOCH;
  if (needsId && memberId.trim() === "") return invalid("MemberId can't be empty.");
  const empty = emptyField(request);
  if (empty !== undefined) return invalid(`${empty} can't be empty.`);
  // In Kafka these are taken, and whoever has to give up a partition is out at once. Who leaves may say 0, as @platformatic/kafka does.
  if (!isLeaving(request) && rebalanceTimeoutMs !== -1 && rebalanceTimeoutMs < 1) return invalid("RebalanceTimeoutMs must be positive.");
  if (memberEpoch < STATIC_LEAVE_EPOCH) return invalid("MemberEpoch is invalid.");
  if (memberEpoch === STATIC_LEAVE_EPOCH && request.instanceId === null) return invalid("InstanceId can't be null.");
  const joinFault = memberEpoch === JOIN_EPOCH ? joinFaultOf(request) : undefined;
  if (joinFault !== undefined) return joinFault;
  if (serverAssignor !== null && !assignors.includes(serverAssignor))
    return new Refusal("UNSUPPORTED_ASSIGNOR", `ServerAssignor ${serverAssignor} is not supported. Supported assignors: ${assignors.join(", ")}.`);
  if (!isSayable(request, client)) return invalid("A name is too long to be told to others.");
  return undefined;
}

export const isLeaving = ({ memberEpoch }: ConsumerGroupHeartbeatRequest): boolean => memberEpoch === LEAVE_EPOCH || memberEpoch === STATIC_LEAVE_EPOCH;

function emptyField({ groupId, instanceId, rackId }: ConsumerGroupHeartbeatRequest): string | undefined {
  if (groupId.trim() === "") return "GroupId";
  if (instanceId?.trim() === "") return "InstanceId";
  return rackId?.trim() === "" ? "RackId" : undefined;
}

function joinFaultOf({ rebalanceTimeoutMs, topicPartitions, subscribedTopicNames, subscribedTopicRegex }: ConsumerGroupHeartbeatRequest): Refusal | undefined {
  if (rebalanceTimeoutMs === -1) return invalid("RebalanceTimeoutMs must be provided in first request.");
  if (topicPartitions === null || topicPartitions.length > 0) return invalid("TopicPartitions must be empty when (re-)joining.");
  if (subscribedTopicNames === null && subscribedTopicRegex === null)
    return invalid("Either SubscribedTopicNames or SubscribedTopicRegex must be non-null when (re-)joining.");
  return undefined;
}

/** ConsumerGroupDescribe tells all of it. */
const isSayable = (request: ConsumerGroupHeartbeatRequest, { clientId }: ClientIdentity): boolean =>
  [request.groupId, request.memberId, request.instanceId, request.rackId, clientId, request.subscribedTopicRegex].every(canBeSaid) &&
  (request.subscribedTopicNames ?? []).every(canBeSaid);
