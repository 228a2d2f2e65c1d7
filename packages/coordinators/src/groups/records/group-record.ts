import type {
  ConsumerGroupCurrentMemberAssignmentKey,
  ConsumerGroupCurrentMemberAssignmentValue,
  ConsumerGroupMemberMetadataKey,
  ConsumerGroupMemberMetadataValue,
  ConsumerGroupMetadataKey,
  ConsumerGroupMetadataValue,
  ConsumerGroupPartitionMetadataKey,
  ConsumerGroupPartitionMetadataValue,
  ConsumerGroupRegularExpressionKey,
  ConsumerGroupRegularExpressionValue,
  ConsumerGroupTargetAssignmentMemberKey,
  ConsumerGroupTargetAssignmentMemberValue,
  ConsumerGroupTargetAssignmentMetadataKey,
  ConsumerGroupTargetAssignmentMetadataValue,
  GroupMetadataKey,
  GroupMetadataValue,
  OffsetCommitKey,
  OffsetCommitValue,
} from "@samsa/protocol/group-records";

/** By name of the record, what its key and its value are. */
export interface GroupRecordTypes {
  OffsetCommit: { readonly key: OffsetCommitKey; readonly value: OffsetCommitValue };
  GroupMetadata: { readonly key: GroupMetadataKey; readonly value: GroupMetadataValue };
  ConsumerGroupMetadata: { readonly key: ConsumerGroupMetadataKey; readonly value: ConsumerGroupMetadataValue };
  ConsumerGroupPartitionMetadata: { readonly key: ConsumerGroupPartitionMetadataKey; readonly value: ConsumerGroupPartitionMetadataValue };
  ConsumerGroupMemberMetadata: { readonly key: ConsumerGroupMemberMetadataKey; readonly value: ConsumerGroupMemberMetadataValue };
  ConsumerGroupTargetAssignmentMetadata: {
    readonly key: ConsumerGroupTargetAssignmentMetadataKey;
    readonly value: ConsumerGroupTargetAssignmentMetadataValue;
  };
  ConsumerGroupTargetAssignmentMember: { readonly key: ConsumerGroupTargetAssignmentMemberKey; readonly value: ConsumerGroupTargetAssignmentMemberValue };
  ConsumerGroupCurrentMemberAssignment: { readonly key: ConsumerGroupCurrentMemberAssignmentKey; readonly value: ConsumerGroupCurrentMemberAssignmentValue };
  ConsumerGroupRegularExpression: { readonly key: ConsumerGroupRegularExpressionKey; readonly value: ConsumerGroupRegularExpressionValue };
}

export type GroupRecordName = keyof GroupRecordTypes;

/** One record of `__consumer_offsets`; without a value it is a tombstone. */
export type GroupRecord = {
  [Name in GroupRecordName]: { readonly name: Name; readonly key: GroupRecordTypes[Name]["key"]; readonly value: GroupRecordTypes[Name]["value"] | null };
}[GroupRecordName];
