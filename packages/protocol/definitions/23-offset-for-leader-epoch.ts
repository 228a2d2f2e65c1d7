import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

/** Where an epoch ended: how a follower, or a consumer after a change of leaders, finds what it has to give up (KIP-101, KIP-320). */
export const offsetForLeaderEpoch: ApiDescription = {
  key: 23,
  name: "OffsetForLeaderEpoch",
  listeners: ["broker"],
  versions: "2-4",
  flexible: "4+",
  history: {
    "2": "The asker's current leader epoch; response: throttle time.",
    "3": "Replica id.",
    "4": "Flexible.",
  },
  request: [
    {
      name: "replicaId",
      type: "int32",
      versions: "3+",
      default: -2,
      ignorable: true,
      entity: "brokerId",
      about: "Of a follower; −1 for a consumer; −2 for one that may see beyond the high watermark.",
    },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetForLeaderTopic", [
          { name: "topic", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("OffsetForLeaderPartition", [
                { name: "partition", type: "int32", versions: "0+" },
                {
                  name: "currentLeaderEpoch",
                  type: "int32",
                  versions: "2+",
                  default: -1,
                  ignorable: true,
                  about: "That the asker believes in; −1: not checked.",
                },
                { name: "leaderEpoch", type: "int32", versions: "0+", about: "Whose end is asked for." },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "2+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("OffsetForLeaderTopicResult", [
          { name: "topic", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("OffsetForLeaderPartitionResult", [
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "partition", type: "int32", versions: "0+" },
                {
                  name: "leaderEpoch",
                  type: "int32",
                  versions: "1+",
                  default: -1,
                  ignorable: true,
                  about: "The largest epoch of the log that is not above the one asked for; −1: none.",
                },
                { name: "endOffset", type: "int64", versions: "0+", default: -1, about: "Behind the last record of that epoch; −1: none." },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
