import { ErrorCode, type ErrorName, type JoinGroupResponse, newJoinGroupResponse, newSyncGroupResponse, type SyncGroupResponse } from "@samsa/protocol";
import type { ClassicGroup } from "./classic-group.ts";
import { type ClassicMember, metadataOf } from "./classic-member.ts";

export function joinFailed(error: ErrorName, memberId = ""): JoinGroupResponse {
  return newJoinGroupResponse({ errorCode: ErrorCode[error], memberId });
}

export function syncFailed(error: ErrorName): SyncGroupResponse {
  return newSyncGroupResponse({ errorCode: ErrorCode[error] });
}

/** Of the group's generation; `withMembers` for its leader, which assigns. */
export function joined(group: ClassicGroup, member: ClassicMember, withMembers = group.isLeader(member.memberId)): JoinGroupResponse {
  return newJoinGroupResponse({
    generationId: group.generation,
    protocolType: group.protocolType ?? null,
    protocolName: group.protocolName,
    leader: group.leaderId ?? "",
    memberId: member.memberId,
    members: withMembers ? membersOf(group) : [],
  });
}

export function synced(group: ClassicGroup, member: ClassicMember): SyncGroupResponse {
  return newSyncGroupResponse({ protocolType: group.protocolType ?? null, protocolName: group.protocolName, assignment: member.assignment });
}

const membersOf = (group: ClassicGroup): JoinGroupResponse["members"] =>
  Array.from(group.members, (member) => ({
    memberId: member.memberId,
    groupInstanceId: member.instanceId,
    metadata: metadataOf(member, group.protocolName),
  }));
