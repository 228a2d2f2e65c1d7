import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const createTopics: ApiDescription = {
  key: 19,
  name: "CreateTopics",
  listeners: ["broker", "controller"],
  versions: "2-7",
  flexible: "5+",
  history: {
    "2": "Response: throttle time.",
    "4": "−1 partitions or replicas mean the broker's default (KIP-464).",
    "5": "Flexible; the response shows the configuration of the new topic (KIP-525).",
    "6": "THROTTLING_QUOTA_EXCEEDED may be returned (KIP-599).",
    "7": "Response: topic id (KIP-516).",
  },
  request: [
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("CreatableTopic", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "numPartitions", type: "int32", versions: "0+", about: "−1 with `assignments`, or for the default." },
          { name: "replicationFactor", type: "int16", versions: "0+", about: "−1 with `assignments`, or for the default." },
          {
            name: "assignments",
            versions: "0+",
            about: "Empty for an automatic assignment.",
            type: arrayOf(
              struct("CreatableReplicaAssignment", [
                { name: "partitionIndex", type: "int32", versions: "0+", mapKey: true },
                { name: "brokerIds", type: arrayOf("int32"), versions: "0+", entity: "brokerId" },
              ]),
            ),
          },
          {
            name: "configs",
            versions: "0+",
            type: arrayOf(
              struct("CreatableTopicConfig", [
                { name: "name", type: "string", versions: "0+", mapKey: true },
                { name: "value", type: "string", versions: "0+", nullable: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "timeoutMs", type: "int32", versions: "0+", default: 60_000 },
    { name: "validateOnly", type: "bool", versions: "1+", default: false },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "2+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("CreatableTopicResult", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "7+", ignorable: true },
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "1+", nullable: "0+", ignorable: true },
          { name: "topicConfigErrorCode", type: "int16", versions: "5+", tag: 0, ignorable: true, about: "Why `configs` is null." },
          { name: "numPartitions", type: "int32", versions: "5+", default: -1, ignorable: true },
          { name: "replicationFactor", type: "int16", versions: "5+", default: -1, ignorable: true },
          {
            name: "configs",
            versions: "5+",
            nullable: "5+",
            ignorable: true,
            type: arrayOf(
              struct("CreatableTopicConfigs", [
                { name: "name", type: "string", versions: "5+" },
                { name: "value", type: "string", versions: "5+", nullable: "5+" },
                { name: "readOnly", type: "bool", versions: "5+" },
                { name: "configSource", type: "int8", versions: "5+", default: -1, ignorable: true },
                { name: "isSensitive", type: "bool", versions: "5+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
