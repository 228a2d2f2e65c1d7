import { ErrorCode, type DescribeGroupsResponse, newDescribeGroupsResponseDescribedGroup, type ListGroupsResponse } from "@samsa/protocol";
import type { ClassicGroup } from "./classic/classic-group.ts";
import { metadataOf } from "./classic/classic-member.ts";
import { shortMessage } from "./said-again.ts";

export type DescribedGroup = DescribeGroupsResponse["groups"][number];
export type ListedGroup = ListGroupsResponse["groups"][number];

const NO_BYTES = new Uint8Array(0);
/** From here on a group that is not there is an error. */
const FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND = 6;

export function describeClassicGroup(group: ClassicGroup): DescribedGroup {
  const { groupId, state, protocolType, protocolName } = group;
  const isStable = state === "Stable";
  return newDescribeGroupsResponseDescribedGroup({
    groupId,
    groupState: state,
    protocolType: protocolType ?? "",
    protocolData: isStable ? (protocolName ?? "") : "",
    members: Array.from(group.members, (member) => ({
      memberId: member.memberId,
      groupInstanceId: member.instanceId,
      clientId: member.clientId,
      clientHost: member.clientHost,
      memberMetadata: isStable ? metadataOf(member, protocolName) : NO_BYTES,
      memberAssignment: isStable ? member.assignment : NO_BYTES,
    })),
  });
}

export function describeMissingGroup(groupId: string, apiVersion: number, because = `Group ${groupId} not found.`): DescribedGroup {
  const dead = newDescribeGroupsResponseDescribedGroup({ groupId, groupState: "Dead" });
  if (apiVersion < FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND) return dead;
  return { ...dead, errorCode: ErrorCode.GROUP_ID_NOT_FOUND, errorMessage: shortMessage(because) };
}

export const listClassicGroup = ({ groupId, protocolType, state }: ClassicGroup): ListedGroup => ({
  groupId,
  protocolType: protocolType ?? "",
  groupState: state,
  groupType: "classic",
});
