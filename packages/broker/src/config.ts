import type { NodeId } from "@samsa/stdx";
import type { Endpoint } from "@samsa/metadata";

/** What the broker part of a node needs of its configuration. Names follow Kafka's keys. */
export interface BrokerConfig {
  readonly nodeId: NodeId;
  readonly clusterId: string;
  /** Where clients and followers connect. */
  readonly listener: { readonly name: string; readonly host: string; readonly port: number };
  /** What Metadata tells them to connect to; a port of 0 is the one that was bound. */
  readonly advertised: { readonly host: string; readonly port: number };
  readonly rack: string | null;
  readonly numPartitions: number;
  readonly defaultReplicationFactor: number;
  readonly minInsyncReplicas: number;
  readonly isAutoCreateTopicsEnabled: boolean;
  readonly replicaLagTimeMaxMs: number;
  readonly replicaFetchWaitMaxMs: number;
  readonly replicaFetchMaxBytes: number;
  readonly replicaFetchResponseMaxBytes: number;
  readonly replicaFetchBackoffMs: number;
  readonly fetchMaxBytes: number;
  readonly messageMaxBytes: number;
  readonly logSegmentBytes: number;
  readonly socketRequestMaxBytes: number;
}

/** Requests of one connection that may be under way before it is read no further. */
export const MAX_PIPELINED_REQUESTS = 16;
export const MAX_PIPELINED_BYTES = 8 * 1024 * 1024;

export type AdvertisedEndpoint = Endpoint;
