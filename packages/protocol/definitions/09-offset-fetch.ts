import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const offsetFetch: ApiDescription = {
  key: 9,
  name: "OffsetFetch",
  listeners: ["broker"],
  versions: "1-10",
  flexible: "6+",
  history: {
    "1": "From the group's log.",
    "2": "All of a group's offsets: null topics; an error of the whole group.",
    "3": "The response has a throttle time.",
    "5": "With leader epochs (KIP-320).",
    "6": "Flexible.",
    "7": "Offsets of open transactions may be refused (`requireStable`, KIP-447).",
    "8": "Several groups at once (KIP-709).",
    "9": "Members of consumer groups are fenced by their epoch (KIP-848).",
    "10": "Topics by id (KIP-848).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0-7", entity: "groupId" },
    {
      name: "topics",
      versions: "0-7",
      nullable: "2-7",
      type: arrayOf(
        struct("OffsetFetchRequestTopic", [
          { name: "name", type: "string", versions: "0-7", entity: "topicName" },
          { name: "partitionIndexes", versions: "0-7", type: arrayOf("int32") },
        ]),
      ),
    },
    {
      name: "groups",
      versions: "8+",
      type: arrayOf(
        struct("OffsetFetchRequestGroup", [
          { name: "groupId", type: "string", versions: "8+", entity: "groupId" },
          { name: "memberId", type: "string", versions: "9+", nullable: "9+", default: null, ignorable: true },
          { name: "memberEpoch", type: "int32", versions: "9+", default: -1, ignorable: true },
          {
            name: "topics",
            versions: "8+",
            nullable: "8+",
            type: arrayOf(
              struct("OffsetFetchRequestTopics", [
                { name: "name", type: "string", versions: "8-9", ignorable: true, entity: "topicName" },
                { name: "topicId", type: "uuid", versions: "10+", ignorable: true },
                { name: "partitionIndexes", versions: "8+", type: arrayOf("int32") },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "requireStable", type: "bool", versions: "7+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "3+", ignorable: true },
    {
      name: "topics",
      versions: "0-7",
      type: arrayOf(
        struct("OffsetFetchResponseTopic", [
          { name: "name", type: "string", versions: "0-7", entity: "topicName" },
          {
            name: "partitions",
            versions: "0-7",
            type: arrayOf(
              struct("OffsetFetchResponsePartition", [
                { name: "partitionIndex", type: "int32", versions: "0-7" },
                { name: "committedOffset", type: "int64", versions: "0-7", isUnbounded: true },
                { name: "committedLeaderEpoch", type: "int32", versions: "5-7", default: -1, ignorable: true },
                { name: "metadata", type: "string", versions: "0-7", nullable: "0-7" },
                { name: "errorCode", type: "int16", versions: "0-7" },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "errorCode", type: "int16", versions: "2-7", ignorable: true },
    {
      name: "groups",
      versions: "8+",
      type: arrayOf(
        struct("OffsetFetchResponseGroup", [
          { name: "groupId", type: "string", versions: "8+", entity: "groupId" },
          {
            name: "topics",
            versions: "8+",
            type: arrayOf(
              struct("OffsetFetchResponseTopics", [
                { name: "name", type: "string", versions: "8-9", ignorable: true, entity: "topicName" },
                { name: "topicId", type: "uuid", versions: "10+", ignorable: true },
                {
                  name: "partitions",
                  versions: "8+",
                  type: arrayOf(
                    struct("OffsetFetchResponsePartitions", [
                      { name: "partitionIndex", type: "int32", versions: "8+" },
                      { name: "committedOffset", type: "int64", versions: "8+", isUnbounded: true },
                      { name: "committedLeaderEpoch", type: "int32", versions: "8+", default: -1, ignorable: true },
                      { name: "metadata", type: "string", versions: "8+", nullable: "8+" },
                      { name: "errorCode", type: "int16", versions: "8+" },
                    ]),
                  ),
                },
              ]),
            ),
          },
          { name: "errorCode", type: "int16", versions: "8+" },
        ]),
      ),
    },
  ],
};
