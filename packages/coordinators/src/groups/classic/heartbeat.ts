import type { ErrorName, HeartbeatRequest } from "@samsa/protocol";
import type { Now } from "@samsa/stdx";
import type { ClassicGroup } from "./classic-group.ts";
import type { Rebalances } from "./rebalances.ts";
import { validMember } from "./validate-member.ts";

/** Heartbeat: the member lives, and hears that it has to join again. A member that has its generation may send them before it is stable. */
export function heartbeat(group: ClassicGroup, request: HeartbeatRequest, rebalances: Rebalances, now: Now): ErrorName {
  if (group.state === "Dead") return "COORDINATOR_NOT_AVAILABLE";
  const member = validMember(group, request.memberId, request.groupInstanceId);
  if (typeof member === "string") return member;
  if (request.generationId !== group.generation) return "ILLEGAL_GENERATION";
  if (group.state === "Empty") return "UNKNOWN_MEMBER_ID";
  rebalances.heardOf(group, member, now);
  return group.state === "PreparingRebalance" ? "REBALANCE_IN_PROGRESS" : "NONE";
}
