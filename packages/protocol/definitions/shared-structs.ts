import { sharedStruct } from "../generate/description.ts";

/** KIP-951: where the sender should go instead. */
export const leaderIdAndEpoch = sharedStruct("LeaderIdAndEpoch", [
  { name: "leaderId", type: "int32", versions: "0+", default: -1, entity: "brokerId", about: "−1: the leader is not known." },
  { name: "leaderEpoch", type: "int32", versions: "0+", default: -1, about: "The latest epoch that the broker knows of." },
]);

/** KIP-951: how to reach a node that another field of the same response names. */
export const nodeEndpoint = sharedStruct("NodeEndpoint", [
  { name: "nodeId", type: "int32", versions: "0+", mapKey: true, entity: "brokerId" },
  { name: "host", type: "string", versions: "0+" },
  { name: "port", type: "int32", versions: "0+" },
  { name: "rack", type: "string", versions: "0+", nullable: "0+", default: null },
]);
