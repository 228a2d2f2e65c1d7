import { isReplicaOnline } from "@samsa/controller";
import type { BrokerRegistration, MetadataImage, PartitionImage } from "@samsa/metadata";
import { NO_NODE, type NodeId } from "@samsa/stdx";
import type { BrokerServices } from "./broker-services.ts";
import { endpointOf } from "./endpoints.ts";

/** A broker as clients are told of it. */
export interface BrokerNode {
  readonly brokerId: NodeId;
  readonly host: string;
  readonly port: number;
  readonly rack: string | null;
  readonly isFenced: boolean;
}

/** Brokers with a listener of that name, by id. */
export function brokerNodes(image: MetadataImage, listener: string): BrokerNode[] {
  const nodes: BrokerNode[] = [];
  for (const broker of image.brokers.values()) {
    const endpoint = endpointOf(broker, listener);
    if (endpoint === undefined) continue;
    nodes.push({ brokerId: broker.brokerId, host: endpoint.host, port: endpoint.port, rack: broker.rack, isFenced: broker.isFenced });
  }
  return nodes.sort((a, b) => a.brokerId - b.brokerId);
}

/** Any live broker takes admin requests and passes them on; the active controller's own saves a step. */
export function controllerIdOf({ image, activeController, config }: BrokerServices): NodeId {
  return isLive(image.brokers.get(activeController)) ? activeController : isLive(image.brokers.get(config.nodeId)) ? config.nodeId : NO_NODE;
}

export const isLive = (broker: BrokerRegistration | undefined): boolean => broker !== undefined && !broker.isFenced;

/** Whether those who came by that listener can connect to the broker. */
export function isReachable(image: MetadataImage, id: NodeId, listener: string): boolean {
  const broker = image.brokers.get(id);
  return isLive(broker) && endpointOf(broker, listener) !== undefined;
}

/** Replicas that nobody can ask: their broker is gone, or has no such listener, or their log directory has failed (KIP-858). */
export const offlineReplicas = (image: MetadataImage, partition: PartitionImage, listener: string): NodeId[] =>
  partition.replicas.filter((id) => !isReachable(image, id, listener) || !isReplicaOnline(image, partition, id));
