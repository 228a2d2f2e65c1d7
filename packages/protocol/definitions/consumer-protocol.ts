import { arrayOf, type MessageDescription, struct } from "../generate/description.ts";

/** What a consumer says of itself in its JoinGroup: with version 1 what it owns (KIP-429), with 2 since which generation, with 3 its rack (KIP-881). */
const consumerProtocolSubscription: MessageDescription = {
  name: "ConsumerProtocolSubscription",
  versions: "0-3",
  flexible: "none",
  fields: [
    { name: "topics", type: arrayOf("string"), versions: "0+" },
    { name: "userData", type: "bytes", versions: "0+", nullable: "0+", default: null },
    {
      name: "ownedPartitions",
      versions: "1+",
      ignorable: true,
      type: arrayOf(
        struct("OwnedTopicPartitions", [
          { name: "topic", type: "string", versions: "1+", mapKey: true, entity: "topicName" },
          { name: "partitions", type: arrayOf("int32"), versions: "1+" },
        ]),
      ),
    },
    { name: "generationId", type: "int32", versions: "2+", default: -1, ignorable: true },
    { name: "rackId", type: "string", versions: "3+", nullable: "3+", default: null, ignorable: true },
  ],
};

/** What the leader of a group gives to a member; its versions differ in nothing. */
const consumerProtocolAssignment: MessageDescription = {
  name: "ConsumerProtocolAssignment",
  versions: "0-3",
  flexible: "none",
  fields: [
    {
      name: "assignedPartitions",
      versions: "0+",
      type: arrayOf(
        struct("AssignedTopicPartitions", [
          { name: "topic", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "partitions", type: arrayOf("int32"), versions: "0+" },
        ]),
      ),
    },
    { name: "userData", type: "bytes", versions: "0+", nullable: "0+", default: null },
  ],
};

/** Bytes within JoinGroup and SyncGroup that consumers write for each other. */
export const consumerProtocolDescriptions: readonly MessageDescription[] = [consumerProtocolSubscription, consumerProtocolAssignment];
