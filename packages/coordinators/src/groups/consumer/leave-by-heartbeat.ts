import type { ConsumerGroupHeartbeatRequest, ConsumerGroupHeartbeatResponse } from "@samsa/protocol";
import { assignmentRecord } from "./consumer-records.ts";
import type { GroupDraft } from "./group-draft.ts";
import { memberLeft } from "./heartbeat-answers.ts";
import { STATIC_LEAVE_EPOCH } from "./member-assignment.ts";
import { staticMemberOf, unknownMember } from "./member-of-request.ts";
import { NOTHING_OWNED } from "./partitions.ts";
import { Refusal } from "./refusal.ts";

type Leaving = Pick<ConsumerGroupHeartbeatRequest, "memberId" | "memberEpoch" | "instanceId">;

/** A member says that it goes. A static one may come back: what it has stays its own until its session ends, and what it had to give up it has given up. */
export function leaveByHeartbeat(draft: GroupDraft, leaving: Leaving, fence: (memberId: string) => void): ConsumerGroupHeartbeatResponse | Refusal {
  const { memberId, memberEpoch, instanceId } = leaving;
  const { groupId } = draft;
  const member = instanceId === null ? (draft.member(memberId) ?? unknownMember(groupId, memberId)) : staticMemberOf(draft, memberId, instanceId);
  if (member instanceof Refusal) return member;
  if (memberEpoch !== STATIC_LEAVE_EPOCH) fence(member.memberId);
  else {
    const { assignment } = member;
    const state = assignment.state === "UNREVOKED_PARTITIONS" ? "STABLE" : assignment.state;
    draft.write(assignmentRecord({ groupId, memberId }, { ...assignment, state, memberEpoch: STATIC_LEAVE_EPOCH, pendingRevocation: NOTHING_OWNED }));
  }
  return memberLeft(memberId, memberEpoch);
}
