export { MIN_SECRET_BYTES, clusterIdOf } from "./cluster-secret.ts";
export { CONFIG_KEYS, type ConfigKey } from "./config/keys.ts";
export { type ConfigProblem, type ConfigResult, type NodeConfig, readNodeConfig } from "./config/node-config.ts";
export { parseProperties } from "./config/properties.ts";
export { type MetadataLimits, Node, type NodeOptions } from "./node.ts";
export { NodeFaults, type NodeFaultsOptions } from "./faults/node-faults.ts";
export { decodeEntry } from "./metadata-entry.ts";
export { decodePeerMessage } from "./peer/messages.ts";
export { Operator, type OperatorOptions } from "./faults/operator.ts";
