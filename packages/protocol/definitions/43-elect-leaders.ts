import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const electLeaders: ApiDescription = {
  key: 43,
  name: "ElectLeaders",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "2+",
  history: {
    "1": "Election type; response: top-level error (KIP-460).",
    "2": "Flexible.",
  },
  request: [
    { name: "electionType", type: "int8", versions: "1+", about: "0 the preferred replica; 1 the first live one where none in sync is left." },
    {
      name: "topicPartitions",
      versions: "0+",
      nullable: "0+",
      about: "Null for all of them.",
      type: arrayOf(
        struct("ElectLeadersTopicPartitions", [
          { name: "topic", type: "string", versions: "0+", mapKey: true, entity: "topicName" },
          { name: "partitions", type: arrayOf("int32"), versions: "0+" },
        ]),
      ),
    },
    { name: "timeoutMs", type: "int32", versions: "0+", default: 60_000 },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "1+" },
    {
      name: "replicaElectionResults",
      versions: "0+",
      type: arrayOf(
        struct("ReplicaElectionResult", [
          { name: "topic", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitionResult",
            versions: "0+",
            type: arrayOf(
              struct("ReplicaElectionPartitionResult", [
                { name: "partitionId", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
