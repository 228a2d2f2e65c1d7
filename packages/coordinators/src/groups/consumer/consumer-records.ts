import type { ConsumerGroupRecord, ConsumerGroupState, MemberMetadata, ResolvedRegex } from "./consumer-group-state.ts";
import { type MemberAssignment, memberAssignmentValue } from "./member-assignment.ts";
import { type Partitions, topicPartitionsOf } from "./partitions.ts";

/** Of one member of one group. */
export interface MemberKey {
  readonly groupId: string;
  readonly memberId: string;
}

export const groupEpochRecord = (groupId: string, epoch: number, metadataHash: bigint): ConsumerGroupRecord => ({
  name: "ConsumerGroupMetadata",
  key: { groupId },
  value: { epoch, metadataHash },
});

export const memberRecord = (key: MemberKey, value: MemberMetadata): ConsumerGroupRecord => ({ name: "ConsumerGroupMemberMetadata", key, value });

export const targetEpochRecord = (groupId: string, assignmentEpoch: number, assignmentTimestamp: number): ConsumerGroupRecord => ({
  name: "ConsumerGroupTargetAssignmentMetadata",
  key: { groupId },
  value: { assignmentEpoch, assignmentTimestamp },
});

export const targetRecord = (key: MemberKey, target: Partitions): ConsumerGroupRecord => ({
  name: "ConsumerGroupTargetAssignmentMember",
  key,
  value: { topicPartitions: topicPartitionsOf(target) },
});

export const assignmentRecord = (key: MemberKey, assignment: MemberAssignment): ConsumerGroupRecord => ({
  name: "ConsumerGroupCurrentMemberAssignment",
  key,
  value: memberAssignmentValue(assignment),
});

export const regexRecord = (groupId: string, regularExpression: string, value: ResolvedRegex): ConsumerGroupRecord => ({
  name: "ConsumerGroupRegularExpression",
  key: { groupId, regularExpression },
  value,
});

export const regexTombstone = (groupId: string, regularExpression: string): ConsumerGroupRecord => ({
  name: "ConsumerGroupRegularExpression",
  key: { groupId, regularExpression },
  value: null,
});

/** What a member has goes first, and the member last. */
export const memberTombstones = (key: MemberKey): readonly ConsumerGroupRecord[] => [
  { name: "ConsumerGroupCurrentMemberAssignment", key, value: null },
  { name: "ConsumerGroupTargetAssignmentMember", key, value: null },
  { name: "ConsumerGroupMemberMetadata", key, value: null },
];

export const partitionMetadataTombstone = (groupId: string): ConsumerGroupRecord => ({ name: "ConsumerGroupPartitionMetadata", key: { groupId }, value: null });

/** All of a group: it is gone. */
export function groupTombstones(group: ConsumerGroupState): readonly ConsumerGroupRecord[] {
  const { groupId } = group;
  const key = { groupId };
  const ids = new Set([...group.assignments.entries(), ...group.targets.entries(), ...group.members.entries()].map(([memberId]) => memberId));
  return [
    ...[...ids].flatMap((memberId) => memberTombstones({ groupId, memberId })),
    { name: "ConsumerGroupTargetAssignmentMetadata", key, value: null },
    ...(group.hasPartitionMetadata ? [partitionMetadataTombstone(groupId)] : []),
    ...Array.from(group.regexes.entries(), ([regex]) => regexTombstone(groupId, regex)),
    { name: "ConsumerGroupMetadata", key, value: null },
  ];
}
