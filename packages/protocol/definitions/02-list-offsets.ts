import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const listOffsets: ApiDescription = {
  key: 2,
  name: "ListOffsets",
  listeners: ["broker"],
  versions: "1-11",
  flexible: "6+",
  history: {
    "1": "One offset per partition, with its timestamp.",
    "2": "Isolation level (KIP-98).",
    "4": "Leader epochs, both ways (KIP-320).",
    "5": "OFFSET_NOT_AVAILABLE may be returned.",
    "6": "Flexible.",
    "7": "Timestamp −3: the record with the largest timestamp (KIP-734).",
    "8": "Timestamp −4: earliest local offset (KIP-405).",
    "9": "Timestamp −5: last tiered offset (KIP-1005).",
    "10": "A timeout for reads of remote storage (KIP-1075).",
    "11": "Timestamp −6: earliest offset not yet tiered (KIP-1023).",
  },
  request: [
    { name: "replicaId", type: "int32", versions: "0+", entity: "brokerId", about: "−1 for a consumer." },
    { name: "isolationLevel", type: "int8", versions: "2+", about: "0 read uncommitted, 1 read committed. Not ignorable: version 1 cannot ask for 1." },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("ListOffsetsTopic", [
          { name: "name", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("ListOffsetsPartition", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "currentLeaderEpoch", type: "int32", versions: "4+", default: -1, ignorable: true },
                { name: "timestamp", type: "int64", versions: "0+", isUnbounded: true, about: "Milliseconds; −1 latest, −2 earliest, others see the history." },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "timeoutMs", type: "int32", versions: "10+", ignorable: true },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "2+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("ListOffsetsTopicResponse", [
          { name: "name", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("ListOffsetsPartitionResponse", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "timestamp", type: "int64", versions: "1+", default: -1, about: "Of the record found; −1 for earliest and latest." },
                { name: "offset", type: "int64", versions: "1+", default: -1, about: "−1: no such record." },
                { name: "leaderEpoch", type: "int32", versions: "4+", default: -1 },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
