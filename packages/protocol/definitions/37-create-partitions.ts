import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const createPartitions: ApiDescription = {
  key: 37,
  name: "CreatePartitions",
  listeners: ["broker", "controller"],
  versions: "0-3",
  flexible: "2+",
  history: {
    "2": "Flexible.",
    "3": "THROTTLING_QUOTA_EXCEEDED may be returned (KIP-599).",
  },
  request: [
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("CreatePartitionsTopic", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "count", type: "int32", versions: "0+", about: "Of all partitions, not of the new ones." },
          {
            name: "assignments",
            versions: "0+",
            nullable: "0+",
            about: "One for each new partition; null for an automatic assignment.",
            type: arrayOf(struct("CreatePartitionsAssignment", [{ name: "brokerIds", type: arrayOf("int32"), versions: "0+", entity: "brokerId" }])),
          },
        ]),
      ),
    },
    { name: "timeoutMs", type: "int32", versions: "0+" },
    { name: "validateOnly", type: "bool", versions: "0+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    {
      name: "results",
      versions: "0+",
      type: arrayOf(
        struct("CreatePartitionsTopicResult", [
          { name: "name", type: "string", versions: "0+", entity: "topicName" },
          { name: "errorCode", type: "int16", versions: "0+" },
          { name: "errorMessage", type: "string", versions: "0+", nullable: "0+", default: null },
        ]),
      ),
    },
  ],
};
