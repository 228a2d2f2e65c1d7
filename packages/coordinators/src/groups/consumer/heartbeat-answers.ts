import { type ConsumerGroupHeartbeatResponse, ErrorCode, newConsumerGroupHeartbeatResponse } from "@samsa/protocol";
import type { ConsumerMember } from "./consumer-group-state.ts";
import { type OwnedPartitions, topicPartitionsOf } from "./partitions.ts";
import type { Refusal } from "./refusal.ts";

export const heartbeatFailed = ({ error, message }: Pick<Refusal, "error" | "message">): ConsumerGroupHeartbeatResponse =>
  newConsumerGroupHeartbeatResponse({ errorCode: ErrorCode[error], errorMessage: message });

export const memberLeft = (memberId: string, memberEpoch: number): ConsumerGroupHeartbeatResponse =>
  newConsumerGroupHeartbeatResponse({ memberId, memberEpoch });

/** `assigned`: told only where the member needs it, since it changed or because the member asks. */
export const heartbeatAnswer = (
  { memberId, assignment }: ConsumerMember,
  heartbeatIntervalMs: number,
  assigned: OwnedPartitions | undefined,
): ConsumerGroupHeartbeatResponse =>
  newConsumerGroupHeartbeatResponse({
    memberId,
    memberEpoch: assignment.memberEpoch,
    heartbeatIntervalMs,
    assignment: assigned === undefined ? null : { topicPartitions: topicPartitionsOf(assigned) },
  });
