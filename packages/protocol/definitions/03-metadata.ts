import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { OPERATIONS_NOT_ASKED } from "./shared-structs.ts";

export const metadata: ApiDescription = {
  key: 3,
  name: "Metadata",
  listeners: ["broker"],
  versions: "0-13",
  flexible: "9+",
  history: {
    "0": "An empty list of topics asks for all of them.",
    "1": "Null topics ask for all, an empty list for none. Rack, controller, internal flag.",
    "2": "Cluster id.",
    "3": "Throttle time.",
    "4": "The client may refuse automatic creation.",
    "5": "Offline replicas.",
    "7": "Leader epoch.",
    "8": "Authorized operations (KIP-430).",
    "9": "Flexible.",
    "10": "Topic ids; in 10 and 11 only the answer may rely on them.",
    "11": "Authorized operations of the cluster moved to DescribeCluster (KIP-700).",
    "12": "Topics may be asked for by id (KIP-516).",
    "13": "Response: top-level error, REBOOTSTRAP_REQUIRED (KIP-1102).",
  },
  request: [
    {
      name: "topics",
      versions: "0+",
      nullable: "1+",
      type: arrayOf(
        struct("MetadataRequestTopic", [
          { name: "topicId", type: "uuid", versions: "10+", ignorable: true },
          { name: "name", type: "string", versions: "0+", nullable: "10+", entity: "topicName", about: "Null when asked for by id." },
        ]),
      ),
    },
    { name: "allowAutoTopicCreation", type: "bool", versions: "4+", default: true },
    { name: "includeClusterAuthorizedOperations", type: "bool", versions: "8-10" },
    { name: "includeTopicAuthorizedOperations", type: "bool", versions: "8+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "3+", ignorable: true },
    {
      name: "brokers",
      versions: "0+",
      type: arrayOf(
        struct("MetadataResponseBroker", [
          { name: "nodeId", type: "int32", versions: "0+", mapKey: true, entity: "brokerId" },
          { name: "host", type: "string", versions: "0+" },
          { name: "port", type: "int32", versions: "0+" },
          { name: "rack", type: "string", versions: "1+", nullable: "1+", default: null, ignorable: true },
        ]),
      ),
    },
    { name: "clusterId", type: "string", versions: "2+", nullable: "2+", default: null, ignorable: true },
    { name: "controllerId", type: "int32", versions: "1+", default: -1, ignorable: true, entity: "brokerId" },
    {
      name: "topics",
      versions: "0+",
      type: arrayOf(
        struct("MetadataResponseTopic", [
          { name: "errorCode", type: "int16", versions: "0+" },
          {
            name: "name",
            type: "string",
            versions: "0+",
            nullable: "12+",
            mapKey: true,
            entity: "topicName",
            about: "Null only for an id that does not exist.",
          },
          { name: "topicId", type: "uuid", versions: "10+", ignorable: true, about: "Zero only for a name that does not exist." },
          { name: "isInternal", type: "bool", versions: "1+", default: false, ignorable: true },
          {
            name: "partitions",
            versions: "0+",
            type: arrayOf(
              struct("MetadataResponsePartition", [
                { name: "errorCode", type: "int16", versions: "0+" },
                { name: "partitionIndex", type: "int32", versions: "0+" },
                { name: "leaderId", type: "int32", versions: "0+", entity: "brokerId", about: "−1: none." },
                { name: "leaderEpoch", type: "int32", versions: "7+", default: -1, ignorable: true },
                { name: "replicaNodes", type: arrayOf("int32"), versions: "0+", entity: "brokerId" },
                { name: "isrNodes", type: arrayOf("int32"), versions: "0+", entity: "brokerId" },
                { name: "offlineReplicas", type: arrayOf("int32"), versions: "5+", ignorable: true, entity: "brokerId" },
              ]),
            ),
          },
          { name: "topicAuthorizedOperations", type: "int32", versions: "8+", default: OPERATIONS_NOT_ASKED },
        ]),
      ),
    },
    { name: "clusterAuthorizedOperations", type: "int32", versions: "8-10", default: OPERATIONS_NOT_ASKED },
    { name: "errorCode", type: "int16", versions: "13+", ignorable: true },
  ],
};
