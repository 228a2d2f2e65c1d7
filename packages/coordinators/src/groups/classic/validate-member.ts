import type { ErrorName } from "@samsa/protocol";
import type { ClassicGroup } from "./classic-group.ts";
import type { ClassicMember } from "./classic-member.ts";

/** A member by the id that it says it has; a static one must be the last that came with its instance's name. */
export function validMember(group: ClassicGroup, memberId: string, instanceId: string | null): ClassicMember | ErrorName {
  if (instanceId !== null) {
    const current = group.staticMemberId(instanceId);
    if (current === undefined) return "UNKNOWN_MEMBER_ID";
    if (current !== memberId) return "FENCED_INSTANCE_ID";
  }
  return group.member(memberId) ?? "UNKNOWN_MEMBER_ID";
}
