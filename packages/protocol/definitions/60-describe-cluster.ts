import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";
import { OPERATIONS_NOT_ASKED } from "./shared-structs.ts";

export const describeCluster: ApiDescription = {
  key: 60,
  name: "DescribeCluster",
  listeners: ["broker", "controller"],
  versions: "0-2",
  flexible: "0+",
  history: {
    "1": "Endpoint type; MISMATCHED_ENDPOINT_TYPE and UNSUPPORTED_ENDPOINT_TYPE may be returned (KIP-919).",
    "2": "Fenced brokers (KIP-1073).",
  },
  request: [
    { name: "includeClusterAuthorizedOperations", type: "bool", versions: "0+" },
    { name: "endpointType", type: "int8", versions: "1+", default: 1, about: "1 brokers, 2 controllers." },
    { name: "includeFencedBrokers", type: "bool", versions: "2+" },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "0+" },
    { name: "errorCode", type: "int16", versions: "0+" },
    { name: "errorMessage", type: "string", versions: "0+", nullable: "0+", default: null },
    { name: "endpointType", type: "int8", versions: "1+", default: 1, about: "1 brokers, 2 controllers." },
    { name: "clusterId", type: "string", versions: "0+" },
    { name: "controllerId", type: "int32", versions: "0+", default: -1, entity: "brokerId" },
    {
      name: "brokers",
      versions: "0+",
      type: arrayOf(
        struct("DescribeClusterBroker", [
          { name: "brokerId", type: "int32", versions: "0+", mapKey: true, entity: "brokerId" },
          { name: "host", type: "string", versions: "0+" },
          { name: "port", type: "int32", versions: "0+" },
          { name: "rack", type: "string", versions: "0+", nullable: "0+", default: null },
          { name: "isFenced", type: "bool", versions: "2+" },
        ]),
      ),
    },
    { name: "clusterAuthorizedOperations", type: "int32", versions: "0+", default: OPERATIONS_NOT_ASKED },
  ],
};
