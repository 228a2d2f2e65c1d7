import type { MetadataImage } from "@samsa/metadata";
import type { BrokerConfig } from "../config.ts";
import type { ConnectionLimits } from "./client-connections.ts";

/** What was set while brokers run, of this one or of all, before what its file says. The controller validated what was set. */
export function connectionLimitsOf(config: BrokerConfig, image: MetadataImage): ConnectionLimits {
  const set = (name: string): string | undefined => image.brokerConfig(config.nodeId).get(name) ?? image.brokerConfig("default").get(name);
  const overrides = set("max.connections.per.ip.overrides");
  return {
    maxConnections: Number(set("max.connections") ?? config.maxConnections),
    maxConnectionsPerIp: Number(set("max.connections.per.ip") ?? config.maxConnectionsPerIp),
    maxConnectionsPerIpOverrides: overrides === undefined ? config.maxConnectionsPerIpOverrides : countsByAddress(overrides),
    connectionsMaxIdleMs: config.connectionsMaxIdleMs,
    interBrokerListener: config.interBrokerListener,
  };
}

/** `address:number,…`, of which an address may have colons of its own. */
function countsByAddress(text: string): ReadonlyMap<string, number> {
  const entries = text.split(",").filter((entry) => entry.trim() !== "");
  return new Map(entries.map((entry) => [entry.slice(0, entry.lastIndexOf(":")).trim(), Number(entry.slice(entry.lastIndexOf(":") + 1))]));
}
