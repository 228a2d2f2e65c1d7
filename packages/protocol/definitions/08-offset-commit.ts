import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const offsetCommit: ApiDescription = {
  key: 8,
  name: "OffsetCommit",
  listeners: ["broker"],
  versions: "2-10",
  flexible: "8+",
  history: {
    "2": "With a retention of its own.",
    "3": "The response has a throttle time.",
    "5": "No retention: `offsets.retention.minutes` rules.",
    "6": "With the leader epoch of the last record consumed (KIP-320).",
    "7": "Static members (KIP-345).",
    "8": "Flexible.",
    "9": "Also for members of consumer groups (KIP-848); GROUP_ID_NOT_FOUND and STALE_MEMBER_EPOCH may be returned.",
    "10": "Topics by id (KIP-848); UNKNOWN_TOPIC_ID may be returned.",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "generationIdOrMemberEpoch", type: "int32", versions: "1+", default: -1, ignorable: true },
    { name: "memberId", type: "string", versions: "1+", ignorable: true },
    { name: "groupInstanceId", type: "string", versions: "7+", nullable: "7+", default: null },
    { name: "retentionTimeMs", type: "int64", versions: "2-4", default: -1, ignorable: true, isUnbounded: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetCommitRequestTopic", [
          { name: "name", type: "string", versions: "0-9", ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "10+", ignorable: true },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("OffsetCommitRequestPartition", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "committedOffset", type: "int64", versions: "0+", isUnbounded: true },
                { name: "committedLeaderEpoch", type: "int32", versions: "6+", default: -1, ignorable: true },
                { name: "committedMetadata", type: "string", versions: "0+", nullable: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "3+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetCommitResponseTopic", [
          { name: "name", type: "string", versions: "0-9", ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "10+", ignorable: true },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("OffsetCommitResponsePartition", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
