import type { ClusterView, GroupView, NodeView, PartitionView } from "../../src/watch/cluster-view.ts";

export const nodeView = (id: number, change: Partial<NodeView> = {}): NodeView => ({
  id,
  state: "running",
  isBroker: true,
  isController: true,
  leads: 1,
  inSync: 3,
  replicas: 3,
  ...change,
});

export const partitionView = (topic: string, partition: number, change: Partial<PartitionView> = {}): PartitionView => ({
  name: `${topic}-${partition}`,
  topic,
  leader: 1,
  leaderEpoch: 4,
  replicas: [1, 2, 3],
  isr: [1, 2, 3],
  logEnds: new Map([
    [1, 42],
    [2, 42],
    [3, 41],
  ]),
  highWatermark: 41,
  ...change,
});

export const groupView = (groupId: string, change: Partial<GroupView> = {}): GroupView => ({
  groupId,
  state: "Stable",
  memberCount: 2,
  coordinator: 1,
  lag: 7,
  isLagWhole: true,
  ...change,
});

export const clusterView = (change: Partial<ClusterView> = {}): ClusterView => {
  const partitions = change.partitions ?? [partitionView("orders", 0)];
  return {
    bootstrap: "127.0.0.1:9092",
    controller: 2,
    controllerEpoch: 3,
    isKnown: true,
    nodes: [1, 2, 3].map((id) => nodeView(id)),
    partitions,
    partitionCount: partitions.length,
    leaderlessCount: 0,
    underReplicatedCount: 0,
    groups: [],
    cuts: [],
    ...change,
  };
};
