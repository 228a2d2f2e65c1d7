import type { ErrorName, LeaveGroupRequest } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { ClassicGroup } from "./classic-group.ts";
import type { Rebalances } from "./rebalances.ts";
import { validMember } from "./validate-member.ts";

export type LeavingMember = LeaveGroupRequest["members"][number];

/** LeaveGroup: what became of each; those who remain begin a new generation. */
export function leave(group: ClassicGroup, members: readonly LeavingMember[], rebalances: Rebalances, now: Now): readonly ErrorName[] {
  const outcomes = members.map((member) => removeOne(group, member, rebalances, now));
  if (outcomes.includes("NONE")) rebalances.membersRemoved(group, now);
  return outcomes;
}

function removeOne(group: ClassicGroup, { memberId, groupInstanceId }: LeavingMember, rebalances: Rebalances, now: Now): ErrorName {
  if (group.pendingMembers.has(memberId)) {
    rebalances.removePending(group, memberId, now);
    return "NONE";
  }
  // An operator takes a static member out by its instance alone.
  const id = memberId === "" && groupInstanceId !== null ? (group.staticMemberId(groupInstanceId) ?? "") : memberId;
  const member = validMember(group, id, groupInstanceId);
  if (typeof member === "string") return member;
  rebalances.removeMember(group, member);
  return "NONE";
}
