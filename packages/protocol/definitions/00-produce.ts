import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { leaderIdAndEpoch, nodeEndpoint } from "./shared-structs.ts";

/**
 * ApiVersions must nevertheless advertise minimum version 0: librdkafka gives up on a broker whose range does not
 * begin there (KAFKA-18659). See `PRODUCE_ADVERTISED_MIN_VERSION`.
 */
export const produce: ApiDescription = {
  key: 0,
  name: "Produce",
  listeners: ["broker"],
  versions: "3-13",
  flexible: "9+",
  history: {
    "3": "Transactional id; record batches of format v2 (KIP-98).",
    "5": "Response: log start offset.",
    "7": "Batches may be compressed with zstd (KIP-110).",
    "8": "Response: errors per record and an error message (KIP-467).",
    "9": "Flexible.",
    "10": "Response: current leader and its endpoint (KIP-951).",
    "11": "TRANSACTION_ABORTABLE may be returned (KIP-890).",
    "12": "In a transaction the produce adds its partitions by itself (KIP-890 part 2).",
    "13": "Topic ids instead of names; UNKNOWN_TOPIC_ID may be returned (KIP-516).",
  },
  request: [
    {
      name: "transactionalId",
      type: "string",
      versions: "3+",
      nullable: "3+",
      default: null,
      entity: "transactionalId",
      about: "Null outside of transactions.",
    },
    { name: "acks", type: "int16", versions: "0+", about: "0: no answer at all; 1: the leader has it; −1: the whole in-sync set has it." },
    { name: "timeoutMs", type: "int32", versions: "0+", about: "How long the leader may wait for the in-sync set." },
    {
      name: "topicData",
      versions: "0+",
      type: arrayOf(
        struct("TopicProduceData", [
          { name: "name", type: "string", versions: "0-12", mapKey: true, ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "13+", mapKey: true, ignorable: true },
          {
            name: "partitionData",
            versions: "0+",
            type: arrayOf(
              struct("PartitionProduceData", [
                { name: "index", type: "int32", versions: "0+" },
                { name: "records", type: "records", versions: "0+", nullable: "0+", about: "Exactly one batch." },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
  response: [
    {
      name: "responses",
      versions: "0+",
      type: arrayOf(
        struct("TopicProduceResponse", [
          { name: "name", type: "string", versions: "0-12", mapKey: true, ignorable: true, entity: "topicName" },
          { name: "topicId", type: "uuid", versions: "13+", mapKey: true, ignorable: true },
          {
            name: "partitionResponses",
            versions: "0+",
            type: arrayOf(
              struct("PartitionProduceResponse", [
                { name: "index", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "baseOffset", type: "int64", versions: "0+", about: "Of the first record; −1 with an error." },
                {
                  name: "logAppendTimeMs",
                  type: "int64",
                  versions: "2+",
                  default: -1,
                  ignorable: true,
                  about: "−1 unless the topic's timestamps are those of the broker.",
                },
                { name: "logStartOffset", type: "int64", versions: "5+", default: -1, ignorable: true },
                {
                  name: "recordErrors",
                  versions: "8+",
                  ignorable: true,
                  about: "The records for which the whole batch was refused.",
                  type: arrayOf(
                    struct("BatchIndexAndErrorMessage", [
                      { name: "batchIndex", type: "int32", versions: "8+", about: "Position of the record in its batch." },
                      { name: "batchIndexErrorMessage", type: "string", versions: "8+", nullable: "8+", default: null },
                    ]),
                  ),
                },
                { name: "errorMessage", type: "string", versions: "8+", nullable: "8+", default: null, ignorable: true },
                { name: "currentLeader", type: leaderIdAndEpoch, versions: "10+", tag: 0, about: "With NOT_LEADER_OR_FOLLOWER." },
              ]),
            ),
          },
        ]),
      ),
    },
    { name: "throttleTimeMs", type: "int32", versions: "1+", default: 0, ignorable: true },
    { name: "nodeEndpoints", type: arrayOf(nodeEndpoint), versions: "10+", tag: 0, about: "Endpoints of the leaders named above." },
  ],
};
