import { ErrorCode, type ErrorName, type LeaveGroupRequest, type LeaveGroupResponse } from "@samsa/protocol";
import type { BrokerServices } from "../broker-services.ts";
import type { ApiHandler } from "../request-context.ts";

const FIRST_VERSION_WITH_BATCHES = 3;

/** LeaveGroup 0–5: those who remain share what the leaving members had; answered when that is committed. */
export function leaveGroupHandler({ groups }: BrokerServices): ApiHandler<"LeaveGroup"> {
  return {
    api: "LeaveGroup",
    handle(request, context, now) {
      const { apiVersion } = context;
      const members = membersOf(request, apiVersion);
      const coordinator = groups.of(request.groupId);
      if (request.groupId === "") return context.respond(failed("INVALID_GROUP_ID"));
      if (typeof coordinator === "string") return context.respond(failed(coordinator));
      coordinator.leaveGroup(request.groupId, members, (outcome) => context.respond(responseOf(members, outcome, apiVersion)), now);
    },
  };
}

function responseOf(members: LeaveGroupRequest["members"], outcome: ErrorName | readonly ErrorName[], apiVersion: number): LeaveGroupResponse {
  if (typeof outcome === "string") return failed(outcome);
  if (apiVersion < FIRST_VERSION_WITH_BATCHES) return failed(outcome[0] ?? "UNKNOWN_MEMBER_ID");
  const answered = members.map(({ memberId, groupInstanceId }, at) => ({
    memberId,
    groupInstanceId,
    errorCode: ErrorCode[outcome[at] ?? "UNKNOWN_MEMBER_ID"],
  }));
  return { ...failed("NONE"), members: answered };
}

function membersOf({ memberId, members }: LeaveGroupRequest, apiVersion: number): LeaveGroupRequest["members"] {
  return apiVersion >= FIRST_VERSION_WITH_BATCHES ? members : [{ memberId, groupInstanceId: null, reason: null }];
}

const failed = (error: ErrorName): LeaveGroupResponse => ({ throttleTimeMs: 0, errorCode: ErrorCode[error], members: [] });
