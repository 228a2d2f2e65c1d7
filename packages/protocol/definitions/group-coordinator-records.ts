import { arrayOf, type MessageDescription, struct } from "../generate/description.ts";

const legacyOffsetCommitKey: MessageDescription = {
  name: "LegacyOffsetCommitKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "group", type: "string", versions: "0" },
    { name: "topic", type: "string", versions: "0" },
    { name: "partition", type: "int32", versions: "0" },
  ],
};

const legacyOffsetCommitValue: MessageDescription = {
  name: "LegacyOffsetCommitValue",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "offset", type: "int64", versions: "0", isUnbounded: true },
    { name: "metadata", type: "string", versions: "0" },
    { name: "commitTimestamp", type: "int64", versions: "0" },
  ],
};

const offsetCommitKey: MessageDescription = {
  name: "OffsetCommitKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "group", type: "string", versions: "0" },
    { name: "topic", type: "string", versions: "0" },
    { name: "partition", type: "int32", versions: "0" },
  ],
};

const offsetCommitValue: MessageDescription = {
  name: "OffsetCommitValue",
  versions: "0-4",
  flexible: "4+",
  fields: [
    { name: "offset", type: "int64", versions: "0+", isUnbounded: true },
    { name: "leaderEpoch", type: "int32", versions: "3+", default: -1, ignorable: true },
    { name: "metadata", type: "string", versions: "0+" },
    { name: "commitTimestamp", type: "int64", versions: "0+" },
    { name: "expireTimestamp", type: "int64", versions: "1", default: -1, ignorable: true },
    { name: "topicId", type: "uuid", versions: "4+", tag: 0, ignorable: true },
  ],
};

const groupMetadataKey: MessageDescription = {
  name: "GroupMetadataKey",
  versions: "0",
  flexible: "none",
  fields: [{ name: "group", type: "string", versions: "0" }],
};

const groupMetadataValue: MessageDescription = {
  name: "GroupMetadataValue",
  versions: "0-4",
  flexible: "4+",
  fields: [
    { name: "protocolType", type: "string", versions: "0+" },
    { name: "generation", type: "int32", versions: "0+" },
    { name: "protocol", type: "string", versions: "0+", nullable: "0+" },
    { name: "leader", type: "string", versions: "0+", nullable: "0+" },
    { name: "currentStateTimestamp", type: "int64", versions: "2+", default: -1, ignorable: true },
    {
      name: "members",
      versions: "0+",
      type: arrayOf(
        struct("GroupMetadataValueMemberMetadata", [
          { name: "memberId", type: "string", versions: "0+" },
          { name: "groupInstanceId", type: "string", versions: "3+", nullable: "3+", default: null, ignorable: true },
          { name: "clientId", type: "string", versions: "0+" },
          { name: "clientHost", type: "string", versions: "0+" },
          { name: "rebalanceTimeout", type: "int32", versions: "1+", default: -1, ignorable: true },
          { name: "sessionTimeout", type: "int32", versions: "0+" },
          { name: "subscription", type: "bytes", versions: "0+" },
          { name: "assignment", type: "bytes", versions: "0+" },
        ]),
      ),
    },
  ],
};

const consumerGroupMetadataKey: MessageDescription = {
  name: "ConsumerGroupMetadataKey",
  versions: "0",
  flexible: "none",
  fields: [{ name: "groupId", type: "string", versions: "0" }],
};

const consumerGroupMetadataValue: MessageDescription = {
  name: "ConsumerGroupMetadataValue",
  versions: "0",
  flexible: "0+",
  fields: [
    { name: "epoch", type: "int32", versions: "0+" },
    { name: "metadataHash", type: "int64", versions: "0+", tag: 0, isOpaque: true },
  ],
};

const consumerGroupPartitionMetadataKey: MessageDescription = {
  name: "ConsumerGroupPartitionMetadataKey",
  versions: "0",
  flexible: "none",
  fields: [{ name: "groupId", type: "string", versions: "0" }],
};

const consumerGroupPartitionMetadataValue: MessageDescription = {
  name: "ConsumerGroupPartitionMetadataValue",
  versions: "0",
  flexible: "0+",
  fields: [
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("ConsumerGroupPartitionMetadataValueTopicMetadata", [
          { name: "topicId", type: "uuid", versions: "0+" },
          { name: "topicName", type: "string", versions: "0+" },
          { name: "numPartitions", type: "int32", versions: "0+" },
          {
            name: "partitionMetadata",
            versions: "0+",
            type: arrayOf(
              struct("ConsumerGroupPartitionMetadataValuePartitionMetadata", [
                { name: "partition", type: "int32", versions: "0+" },
                { name: "racks", versions: "0+", type: arrayOf("string") },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};

const consumerGroupMemberMetadataKey: MessageDescription = {
  name: "ConsumerGroupMemberMetadataKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "groupId", type: "string", versions: "0" },
    { name: "memberId", type: "string", versions: "0" },
  ],
};

const consumerGroupMemberMetadataValue: MessageDescription = {
  name: "ConsumerGroupMemberMetadataValue",
  versions: "0",
  flexible: "0+",
  fields: [
    { name: "instanceId", type: "string", versions: "0+", nullable: "0+" },
    { name: "rackId", type: "string", versions: "0+", nullable: "0+" },
    { name: "clientId", type: "string", versions: "0+" },
    { name: "clientHost", type: "string", versions: "0+" },
    { name: "subscribedTopicNames", versions: "0+", type: arrayOf("string") },
    { name: "subscribedTopicRegex", type: "string", versions: "0+", nullable: "0+" },
    { name: "rebalanceTimeoutMs", type: "int32", versions: "0+", default: -1 },
    { name: "serverAssignor", type: "string", versions: "0+", nullable: "0+" },
    {
      name: "classicMemberMetadata",
      versions: "0+",
      nullable: "0+",
      tag: 0,
      default: null,
      type: struct("ConsumerGroupMemberMetadataValueClassicMemberMetadata", [
        { name: "sessionTimeoutMs", type: "int32", versions: "0+" },
        {
          name: "supportedProtocols",
          versions: "0+",
          type: arrayOf(
            struct("ConsumerGroupMemberMetadataValueClassicProtocol", [
              { name: "name", type: "string", versions: "0+" },
              { name: "metadata", type: "bytes", versions: "0+" },
            ]),
          ),
        },
      ]),
    },
  ],
};

const consumerGroupTargetAssignmentMetadataKey: MessageDescription = {
  name: "ConsumerGroupTargetAssignmentMetadataKey",
  versions: "0",
  flexible: "none",
  fields: [{ name: "groupId", type: "string", versions: "0" }],
};

const consumerGroupTargetAssignmentMetadataValue: MessageDescription = {
  name: "ConsumerGroupTargetAssignmentMetadataValue",
  versions: "0",
  flexible: "0+",
  fields: [
    { name: "assignmentEpoch", type: "int32", versions: "0+" },
    { name: "assignmentTimestamp", type: "int64", versions: "0+", tag: 0, ignorable: true },
  ],
};

const consumerGroupTargetAssignmentMemberKey: MessageDescription = {
  name: "ConsumerGroupTargetAssignmentMemberKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "groupId", type: "string", versions: "0" },
    { name: "memberId", type: "string", versions: "0" },
  ],
};

const consumerGroupTargetAssignmentMemberValue: MessageDescription = {
  name: "ConsumerGroupTargetAssignmentMemberValue",
  versions: "0",
  flexible: "0+",
  fields: [
    {
      name: "topicPartitions",
      versions: "0+",
      type: arrayOf(
        struct("ConsumerGroupTargetAssignmentMemberValueTopicPartition", [
          { name: "topicId", type: "uuid", versions: "0+" },
          { name: "partitions", versions: "0+", type: arrayOf("int32") },
        ]),
      ),
    },
  ],
};

const consumerGroupCurrentMemberAssignmentKey: MessageDescription = {
  name: "ConsumerGroupCurrentMemberAssignmentKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "groupId", type: "string", versions: "0" },
    { name: "memberId", type: "string", versions: "0" },
  ],
};

const consumerGroupCurrentMemberAssignmentValueTopicPartitions = struct("ConsumerGroupCurrentMemberAssignmentValueTopicPartitions", [
  { name: "topicId", type: "uuid", versions: "0+" },
  { name: "partitions", versions: "0+", type: arrayOf("int32") },
  { name: "assignmentEpochs", versions: "0+", nullable: "0+", tag: 0, default: null, type: arrayOf("int32") },
]);

const consumerGroupCurrentMemberAssignmentValue: MessageDescription = {
  name: "ConsumerGroupCurrentMemberAssignmentValue",
  versions: "0",
  flexible: "0+",
  fields: [
    { name: "memberEpoch", type: "int32", versions: "0+" },
    { name: "previousMemberEpoch", type: "int32", versions: "0+" },
    { name: "state", type: "int8", versions: "0+" },
    { name: "assignedPartitions", versions: "0+", type: arrayOf(consumerGroupCurrentMemberAssignmentValueTopicPartitions) },
    { name: "partitionsPendingRevocation", versions: "0+", type: arrayOf(consumerGroupCurrentMemberAssignmentValueTopicPartitions) },
  ],
};

const consumerGroupRegularExpressionKey: MessageDescription = {
  name: "ConsumerGroupRegularExpressionKey",
  versions: "0",
  flexible: "none",
  fields: [
    { name: "groupId", type: "string", versions: "0" },
    { name: "regularExpression", type: "string", versions: "0" },
  ],
};

const consumerGroupRegularExpressionValue: MessageDescription = {
  name: "ConsumerGroupRegularExpressionValue",
  versions: "0",
  flexible: "0+",
  fields: [
    { name: "topics", versions: "0+", type: arrayOf("string") },
    { name: "version", type: "int64", versions: "0+" },
    { name: "timestamp", type: "int64", versions: "0+" },
  ],
};

/**
 * Keys and values of the records in `__consumer_offsets`, in the order of their types. A record's key begins with its type as an int16 (its key has one
 * version, 0), its value with the value's version; no value is a tombstone.
 */
export const groupRecordDescriptions: readonly MessageDescription[] = [
  legacyOffsetCommitKey,
  legacyOffsetCommitValue,
  offsetCommitKey,
  offsetCommitValue,
  groupMetadataKey,
  groupMetadataValue,
  consumerGroupMetadataKey,
  consumerGroupMetadataValue,
  consumerGroupPartitionMetadataKey,
  consumerGroupPartitionMetadataValue,
  consumerGroupMemberMetadataKey,
  consumerGroupMemberMetadataValue,
  consumerGroupTargetAssignmentMetadataKey,
  consumerGroupTargetAssignmentMetadataValue,
  consumerGroupTargetAssignmentMemberKey,
  consumerGroupTargetAssignmentMemberValue,
  consumerGroupCurrentMemberAssignmentKey,
  consumerGroupCurrentMemberAssignmentValue,
  consumerGroupRegularExpressionKey,
  consumerGroupRegularExpressionValue,
];
