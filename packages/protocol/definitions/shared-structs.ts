import { sharedStruct } from "../generate/description.ts";

/** Bit field of authorized operations that nobody asked for. */
export const OPERATIONS_NOT_ASKED = -2_147_483_648;

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

/** What became of one resource, in the answers of AlterConfigs and IncrementalAlterConfigs. */
export const alterConfigsResourceResponse = sharedStruct("AlterConfigsResourceResponse", [
  { name: "errorCode", type: "int16", versions: "0+" },
  { name: "errorMessage", type: "string", versions: "0+", nullable: "0+" },
  { name: "resourceType", type: "int8", versions: "0+" },
  { name: "resourceName", type: "string", versions: "0+" },
]);
