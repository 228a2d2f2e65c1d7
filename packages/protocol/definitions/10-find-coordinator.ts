import { type ApiDescription, arrayOf, struct } from "../generate/description.ts";

export const findCoordinator: ApiDescription = {
  key: 10,
  name: "FindCoordinator",
  listeners: ["broker"],
  versions: "0-6",
  flexible: "3+",
  history: {
    "0": "The coordinator of a group.",
    "1": "Or of a transaction; with an error message.",
    "2": "As 1.",
    "3": "Flexible.",
    "4": "Several keys at once (KIP-699).",
    "5": "TRANSACTION_ABORTABLE may be returned (KIP-890).",
    "6": "Or of a share partition (KIP-932).",
  },
  request: [
    { name: "key", type: "string", versions: "0-3" },
    { name: "keyType", type: "int8", versions: "1+" },
    { name: "coordinatorKeys", versions: "4+", type: arrayOf("string") },
  ],
  response: [
    { name: "throttleTimeMs", type: "int32", versions: "1+", ignorable: true },
    { name: "errorCode", type: "int16", versions: "0-3" },
    { name: "errorMessage", type: "string", versions: "1-3", nullable: "1-3", ignorable: true },
    { name: "nodeId", type: "int32", versions: "0-3", entity: "brokerId" },
    { name: "host", type: "string", versions: "0-3" },
    { name: "port", type: "int32", versions: "0-3" },
    {
      name: "coordinators",
      versions: "4+",
      type: arrayOf(
        struct("FindCoordinatorResponseCoordinator", [
          { name: "key", type: "string", versions: "4+" },
          { name: "nodeId", type: "int32", versions: "4+", entity: "brokerId" },
          { name: "host", type: "string", versions: "4+" },
          { name: "port", type: "int32", versions: "4+" },
          { name: "errorCode", type: "int16", versions: "4+" },
          { name: "errorMessage", type: "string", versions: "4+", nullable: "4+", ignorable: true },
        ]),
      ),
    },
  ],
};
