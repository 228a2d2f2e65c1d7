import type { ConsumerGroupHeartbeatRequest } from "@samsa/protocol";
import { type ConsumerMember, memberOf, targetOf } from "./consumer-group-state.ts";
import { assignmentRecord, memberRecord, memberTombstones, targetRecord } from "./consumer-records.ts";
import type { GroupDraft } from "./group-draft.ts";
import { JOIN_EPOCH, NEW_ASSIGNMENT, STATIC_LEAVE_EPOCH } from "./member-assignment.ts";
import { NEW_METADATA } from "./member-metadata.ts";
import { areAmong, partitionsOf } from "./partitions.ts";
import { Refusal } from "./refusal.ts";

/** Whom a heartbeat is of. */
export interface FoundMember {
  readonly member: ConsumerMember;
  /** It knows the epoch that it is in. If not, an answer was lost, and what it says that it has is of an earlier epoch. */
  readonly isCurrent: boolean;
}

type Heartbeat = Pick<ConsumerGroupHeartbeatRequest, "memberId" | "memberEpoch" | "instanceId" | "topicPartitions">;

/** The member, one that joins, or why it can't be served. A static member that comes back takes the place of the one that left. */
export const memberOfRequest = (draft: GroupDraft, heartbeat: Heartbeat): FoundMember | Refusal =>
  heartbeat.instanceId === null ? dynamicMember(draft, heartbeat) : staticMember(draft, heartbeat, heartbeat.instanceId);

/** A static member by the instance that it says it is; its id must be the last that came with it. */
export function staticMemberOf(draft: GroupDraft, memberId: string, instanceId: string): ConsumerMember | Refusal {
  const owner = ownerOf(draft, instanceId);
  if (owner === undefined) return new Refusal("UNKNOWN_MEMBER_ID", `Instance id ${instanceId} is unknown.`);
  if (owner.memberId === memberId) return owner;
  return new Refusal("FENCED_INSTANCE_ID", `Static member ${memberId} with instance id ${instanceId} was fenced by member ${owner.memberId}.`);
}

export const unknownMember = (groupId: string, memberId: string): Refusal =>
  new Refusal("UNKNOWN_MEMBER_ID", `Member ${memberId} is not a member of group ${groupId}.`);

/** A static member takes over all that another one of its instance has: nothing changes for the others. */
export function replaceMember(draft: GroupDraft, old: ConsumerMember, memberId: string, memberEpoch: number): ConsumerMember {
  const { groupId } = draft;
  const target = targetOf(draft.group, old.memberId);
  const assignment = { ...old.assignment, memberEpoch, previousMemberEpoch: JOIN_EPOCH };
  draft.write(...memberTombstones({ groupId, memberId: old.memberId }));
  const key = { groupId, memberId };
  draft.write(memberRecord(key, old.metadata), targetRecord(key, target), assignmentRecord(key, assignment));
  return { memberId, metadata: old.metadata, assignment };
}

const newMember = (memberId: string): FoundMember => ({ member: { memberId, metadata: NEW_METADATA, assignment: NEW_ASSIGNMENT }, isCurrent: true });

function ownerOf({ group }: GroupDraft, instanceId: string): ConsumerMember | undefined {
  const memberId = group.staticMembers.get(instanceId);
  return memberId === undefined ? undefined : memberOf(group, memberId);
}

function dynamicMember(draft: GroupDraft, heartbeat: Heartbeat): FoundMember | Refusal {
  const { memberId, memberEpoch } = heartbeat;
  const member = draft.member(memberId);
  if (member !== undefined) return checkEpoch(member, heartbeat);
  return memberEpoch === JOIN_EPOCH ? newMember(memberId) : unknownMember(draft.groupId, memberId);
}

function staticMember(draft: GroupDraft, heartbeat: Heartbeat, instanceId: string): FoundMember | Refusal {
  const { memberId, memberEpoch } = heartbeat;
  const owner = ownerOf(draft, instanceId);
  if (memberEpoch !== JOIN_EPOCH) {
    const member = staticMemberOf(draft, memberId, instanceId);
    return member instanceof Refusal ? member : checkEpoch(member, heartbeat);
  }
  if (owner === undefined) return dynamicMember(draft, heartbeat);
  const isOther = owner.memberId !== memberId && draft.member(memberId) !== undefined;
  if (isOther) return new Refusal("INVALID_REQUEST", `Member ${memberId} is in the group already, and not as ${instanceId}.`);
  if (owner.assignment.memberEpoch === STATIC_LEAVE_EPOCH) return { member: replaceMember(draft, owner, memberId, JOIN_EPOCH), isCurrent: true };
  if (owner.memberId === memberId) return checkEpoch(owner, heartbeat);
  const because = `the instance id is owned by ${owner.memberId} member.`;
  return new Refusal("UNRELEASED_INSTANCE_ID", `Static member ${memberId} with instance id ${instanceId} cannot join the group because ${because}`);
}

/**
 * A member that has the epoch before, and nothing that it has not got in this one, has lost the answer with this one. One that joins again has given up
 * all that it had; since its request may be an old one on a slow connection, that is believed only when it says so in its epoch.
 */
function checkEpoch(member: ConsumerMember, { memberEpoch, topicPartitions }: Heartbeat): FoundMember | Refusal {
  const { assignment } = member;
  if (memberEpoch === assignment.memberEpoch) return { member, isCurrent: true };
  if (memberEpoch > assignment.memberEpoch) return fenced(`greater member epoch (${memberEpoch})`, assignment.memberEpoch);
  const hasLostAnswer =
    memberEpoch === assignment.previousMemberEpoch && topicPartitions !== null && areAmong(partitionsOf(topicPartitions), assignment.assigned);
  if (memberEpoch === JOIN_EPOCH || hasLostAnswer) return { member, isCurrent: false };
  return fenced(`smaller member epoch (${memberEpoch})`, assignment.memberEpoch);
}

function fenced(what: string, known: number): Refusal {
  const message = `The consumer group member has a ${what} than the one known by the group coordinator (${known}). The member must abandon all its partitions and rejoin.`;
  return new Refusal("FENCED_MEMBER_EPOCH", message);
}
