import type { GroupMetadataValue } from "@samsa/protocol/group-records";
import type { GroupRecord } from "../records/group-record.ts";
import type { ClassicGroup } from "./classic-group.ts";
import { type ClassicMember, metadataOf } from "./classic-member.ts";

/** The group as it is, with these assignments: what the next coordinator begins with. */
export function groupMetadata(group: ClassicGroup, assignmentOf: (member: ClassicMember) => Uint8Array): GroupRecord {
  const value: GroupMetadataValue = {
    protocolType: group.protocolType ?? "",
    generation: group.generation,
    protocol: group.protocolName,
    leader: group.leaderId ?? null,
    currentStateTimestamp: group.stateTimestampMs,
    members: Array.from(group.members, (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      rebalanceTimeout: member.rebalanceTimeoutMs,
      sessionTimeout: member.sessionTimeoutMs,
      subscription: metadataOf(member, group.protocolName),
      assignment: assignmentOf(member),
    })),
  };
  return { name: "GroupMetadata", key: { group: group.groupId }, value };
}

/** A group without members: one that has just been made, or that everybody has left. */
export function emptyGroupMetadata(group: ClassicGroup): GroupRecord {
  return {
    name: "GroupMetadata",
    key: { group: group.groupId },
    value: {
      protocolType: group.protocolType ?? "",
      generation: group.generation,
      protocol: null,
      leader: null,
      currentStateTimestamp: group.stateTimestampMs,
      members: [],
    },
  };
}

export const groupTombstone = (groupId: string): GroupRecord => ({ name: "GroupMetadata", key: { group: groupId }, value: null });
