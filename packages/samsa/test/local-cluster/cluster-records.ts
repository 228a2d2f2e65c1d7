import { planLocalNodes } from "@samsa/scenario-runner";
import type { ClusterFile, NodeRecord } from "../../src/local-cluster/cluster-file.ts";
import type { NodeReport } from "@samsa/server";

export const IDENTITY = { pid: 4_711, host: "h", bootId: "b", startedAt: "12" };

export const nodes = (brokers: number, controllers = 0): readonly NodeRecord[] =>
  planLocalNodes({ brokers, controllers, clientPort: (index) => 9_092 + index, controlPort: (index) => 19_092 + index }).map((node) => ({
    ...node,
    process: IDENTITY,
    ending: null,
    needsFaults: false,
  }));

export const clusterFile = (change: Partial<ClusterFile> = {}): ClusterFile => ({
  version: 1,
  secretFile: "cluster.secret",
  properties: { "min.insync.replicas": "2" },
  nodes: nodes(3),
  cuts: [],
  ...change,
});

/** Of a node that knows three brokers in service. */
export const report = (change: Partial<NodeReport> = {}): NodeReport => ({
  nodeId: 1,
  controller: 2,
  controllerEpoch: 5,
  metadataIndex: 40,
  brokers: [1, 2, 3].map((id) => ({ id, isFenced: false, leads: 1, replicas: 3, inSync: 3 })),
  topicCount: 1,
  partitionCount: 3,
  leaderlessCount: 0,
  underReplicatedCount: 0,
  partitions: [],
  ownReplicas: [],
  groups: [],
  ...change,
});
