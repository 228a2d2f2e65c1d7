import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const consumerGroupHeartbeat: ApiDescription = {
  key: 68,
  name: "ConsumerGroupHeartbeat",
  listeners: ["broker"],
  versions: "0-1",
  flexible: "0+",
  history: {
    "0": "A member joins, lives, owns and leaves by heartbeats (KIP-848).",
    "1": "Subscription by a regular expression; members give themselves their id (KIP-1082).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    { name: "memberId", type: "string", versions: "0+" },
    { name: "memberEpoch", type: "int32", versions: "0+" },
    { name: "instanceId", type: "string", versions: "0+", nullable: "0+", default: null },
    { name: "rackId", type: "string", versions: "0+", nullable: "0+", default: null },
    { name: "rebalanceTimeoutMs", type: "int32", versions: "0+", default: -1 },
    { name: "subscribedTopicNames", versions: "0+", nullable: "0+", default: null, entity: "topicName", type: arrayOf("string") },
    { name: "subscribedTopicRegex", type: "string", versions: "1+", nullable: "1+", default: null },
    { name: "serverAssignor", type: "string", versions: "0+", nullable: "0+", default: null },
    {
      name: "topicPartitions",
      versions: "0+",
      nullable: "0+",
      default: null,
      type: arrayOf(
        struct("ConsumerGroupHeartbeatRequestTopicPartitions", [
          { name: "topicId", type: "uuid", versions: "0+" },
          { name: "partitions", versions: "0+", type: arrayOf("int32") },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "errorMessage", type: "string", versions: "0+", nullable: "0+", default: null },
    { name: "memberId", type: "string", versions: "0+", nullable: "0+", default: null },
    { name: "memberEpoch", type: "int32", versions: "0+" },
    { name: "heartbeatIntervalMs", type: "int32", versions: "0+" },
    {
      name: "assignment",
      versions: "0+",
      nullable: "0+",
      default: null,
      type: struct("ConsumerGroupHeartbeatResponseAssignment", [
        {
          name: "topicPartitions",
          versions: "0+",
          type: arrayOf(
            struct("ConsumerGroupHeartbeatResponseTopicPartitions", [
              { name: "topicId", type: "uuid", versions: "0+" },
              { name: "partitions", versions: "0+", type: arrayOf("int32") },
            ]),
          ),
        },
      ]),
    },
  ],
};
