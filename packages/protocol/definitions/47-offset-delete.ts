import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const offsetDelete: ApiDescription = {
  key: 47,
  name: "OffsetDelete",
  listeners: ["broker"],
  versions: "0",
  flexible: "none",
  history: {
    "0": "Offsets of a group go, of topics to which none of its members subscribes (KIP-496).",
  },
  request: [
    { name: "groupId", type: "string", versions: "0+", entity: "groupId" },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetDeleteRequestTopic", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(struct("OffsetDeleteRequestPartition", [{ name: "partitionIndex", type: "int32", versions: "0+" }])),
          },
        ]),
      ),
    },
  ],
  response: [
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "throttleTimeMs", type: "int32", versions: "0+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetDeleteResponseTopic", [
          { name: "name", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("OffsetDeleteResponsePartition", [
                { name: "partitionIndex", type: "int32", versions: "0+", mapKey: true },
                { name: "errorCode", type: "int16", versions: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
