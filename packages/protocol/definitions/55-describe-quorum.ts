import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

const quorumReplicaState = struct("QuorumReplicaState", [
  { name: "replicaId", type: "int32", versions: "0+", entity: "brokerId" },
  { name: "replicaDirectoryId", type: "uuid", versions: "2+" },
  { name: "logEndOffset", type: "int64", versions: "0+", about: "−1: not known." },
  {
    name: "lastFetchTimestamp",
    type: "int64",
    versions: "1+",
    default: -1,
    ignorable: true,
    about: "By the leader's clock; −1 for the leader itself, and where not known.",
  },
  {
    name: "lastCaughtUpTimestamp",
    type: "int64",
    versions: "1+",
    default: -1,
    ignorable: true,
    about: "When the leader had appended what the replica has now; the present for the leader itself, −1 where not known.",
  },
]);

/** Of the quorum that keeps the cluster's metadata: the one topic is `__cluster_metadata`. */
export const describeQuorum: ApiDescription = {
  key: 55,
  name: "DescribeQuorum",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "0+",
  history: {
    "1": "Response: when a replica fetched last, and was caught up last (KIP-836).",
    "2": "Response: error messages, nodes, directory ids (KIP-853).",
  },
  request: [
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("DescribeQuorumTopic", [
          { name: "topicName", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(struct("DescribeQuorumPartition", [{ name: "partitionIndex", type: "int32", versions: "0+" }])),
          },
        ]),
      ),
    },
  ],
  response: [
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "errorMessage", type: "string", versions: "2+", nullable: "2+", ignorable: true },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("DescribeQuorumTopicResult", [
          { name: "topicName", type: "string", versions: "0+", entity: "topicName" },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("DescribeQuorumPartitionResult", [
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "errorMessage", type: "string", versions: "2+", nullable: "2+", ignorable: true },
                { name: "leaderId", type: "int32", versions: "0+", entity: "brokerId", about: "−1: not known." },
                { name: "leaderEpoch", type: "int32", versions: "0+" },
                { name: "highWatermark", type: "int64", versions: "0+" },
                { name: "currentVoters", type: arrayOf(quorumReplicaState), versions: "0+" },
                { name: "observers", type: arrayOf(quorumReplicaState), versions: "0+" },
              ]),
            ),
          },
        ]),
      ),
    },
    {
      name: "nodes",
      versions: "2+",
      type: arrayOf(
        struct("QuorumNode", [
          { name: "nodeId", type: "int32", versions: "2+", mapKey: true, entity: "brokerId" },
          {
            name: "listeners",
            versions: "2+",
            type: arrayOf(
              struct("QuorumListener", [
                { name: "name", type: "string", versions: "2+", mapKey: true },
                { name: "host", type: "string", versions: "2+" },
                { name: "port", type: "uint16", versions: "2+" },
              ]),
            ),
          },
        ]),
      ),
    },
  ],
};
