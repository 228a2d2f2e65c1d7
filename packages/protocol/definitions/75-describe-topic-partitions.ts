import { type ApiDescription, arrayOf, sharedStruct, struct } from "../generate/description.ts";
import { OPERATIONS_NOT_ASKED } from "./shared-structs.ts";

const cursor = sharedStruct("Cursor", [
  { name: "topicName", type: "string", versions: "0+", entity: "topicName" },
  { name: "partitionIndex", type: "int32", versions: "0+" },
]);

const responsePartition = struct("DescribeTopicPartitionsResponsePartition", [
  { name: "errorCode", type: "int16", versions: "0+" },
  { name: "partitionIndex", type: "int32", versions: "0+" },
  { name: "leaderId", type: "int32", versions: "0+", entity: "brokerId", about: "−1: none." },
  { name: "leaderEpoch", type: "int32", versions: "0+", default: -1, ignorable: true },
  { name: "replicaNodes", type: arrayOf("int32"), versions: "0+", entity: "brokerId" },
  { name: "isrNodes", type: arrayOf("int32"), versions: "0+", entity: "brokerId" },
  {
    name: "eligibleLeaderReplicas",
    type: arrayOf("int32"),
    versions: "0+",
    nullable: "0+",
    default: null,
    entity: "brokerId",
    about: "Out of sync, and yet with every record below the high watermark (KIP-966).",
  },
  { name: "lastKnownElr", type: arrayOf("int32"), versions: "0+", nullable: "0+", default: null, entity: "brokerId" },
  { name: "offlineReplicas", type: arrayOf("int32"), versions: "0+", ignorable: true, entity: "brokerId" },
]);

/** What a Metadata answer says of topics, page by page (KIP-966). */
export const describeTopicPartitions: ApiDescription = {
  key: 75,
  name: "DescribeTopicPartitions",
  listeners: ["broker"],
  versions: "0",
  flexible: "0+",
  history: { "0": "Topics a page at a time, with their eligible leader replicas (KIP-966)." },
  request: [
    {
      name: "topics",
      versions: "0+",
      about: "Empty for all of them.",
      type: arrayOf(struct("TopicRequest", [{ name: "name", type: "string", versions: "0+", entity: "topicName" }])),
    },
    { name: "responsePartitionLimit", type: "int32", versions: "0+", default: 2000, about: "Most partitions in one answer." },
    { name: "cursor", type: cursor, versions: "0+", nullable: "0+", default: null, about: "Where to begin; null: at the beginning." },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("DescribeTopicPartitionsResponseTopic", [
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "name", type: "string", versions: "0+", nullable: "0+", mapKey: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "0+", ignorable: true },
          { name: "isInternal", type: "bool", versions: "0+", default: false, ignorable: true },
          { name: "partitions", type: arrayOf(responsePartition), versions: "0+" },
          { name: "topicAuthorizedOperations", type: "int32", versions: "0+", default: OPERATIONS_NOT_ASKED },
        ]),
      ),
    },
    { name: "nextCursor", type: cursor, versions: "0+", nullable: "0+", default: null, about: "Where the next page begins; null: nothing is left." },
  ],
};
