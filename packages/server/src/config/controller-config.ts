import type { ControllerConfig } from "@samsa/controller";
import type { NodeConfig } from "./node-config.ts";

/** What of a node's configuration its controller goes by. */
export function controllerConfig(config: NodeConfig, limits: NonNullable<ControllerConfig["limits"]>): ControllerConfig {
  return {
    brokerSessionTimeoutMs: config.brokerSessionTimeoutMs,
    fencingByRefusedDial: config.isFencingByRefusedDial,
    minInsyncReplicas: config.broker.minInsyncReplicas,
    isUncleanElectionEnabled: config.isUncleanElectionEnabled,
    isDeleteTopicEnabled: config.isDeleteTopicEnabled,
    leaderBalanceIntervalMs: config.leaderBalanceIntervalMs,
    defaultReplicationFactor: config.broker.defaultReplicationFactor,
    numPartitions: config.broker.numPartitions,
    limits,
  };
}
