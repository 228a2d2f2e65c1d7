import type { ErrorName, OffsetCommitRequest } from "@samsa/protocol";
import type { ClassicGroup } from "./classic-group.ts";
import { validMember } from "./validate-member.ts";

/** From here on a client can tell a group that is not there from a generation that is over. */
const FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND = 9;

/** Who speaks for no member: an operator, or a consumer that assigns partitions to itself. */
export const isOfNoMember = ({ generationIdOrMemberEpoch }: OffsetCommitRequest): boolean => generationIdOrMemberEpoch < 0;

export const unknownGroup = (apiVersion: number): ErrorName =>
  apiVersion >= FIRST_VERSION_WITH_GROUP_ID_NOT_FOUND ? "GROUP_ID_NOT_FOUND" : "ILLEGAL_GENERATION";

/** Why these offsets can't be committed: only a member of the generation may, as long as there are members (G03). */
export function commitRefusal(group: ClassicGroup, request: OffsetCommitRequest): ErrorName | undefined {
  const { generationIdOrMemberEpoch: generation, memberId, groupInstanceId } = request;
  if (group.state === "Dead") return "COORDINATOR_NOT_AVAILABLE";
  if (generation < 0 && group.state === "Empty") return undefined;
  // No member says nothing of itself.
  if (generation < 0 && memberId === "" && groupInstanceId === null) return "UNKNOWN_MEMBER_ID";
  const member = validMember(group, memberId, groupInstanceId);
  if (typeof member === "string") return member;
  if (generation !== group.generation) return "ILLEGAL_GENERATION";
  // It has its generation, and what it owns in it is not decided yet.
  return group.state === "CompletingRebalance" ? "REBALANCE_IN_PROGRESS" : undefined;
}
