import { bootstrapOf } from "@samsa/scenario-runner";
import type { GroupReport, NodeReport } from "@samsa/server";
import { type NodeState, type SeenCluster, stateOf } from "../local-cluster/cluster-status.ts";
import type { Cut } from "../local-cluster/cluster-file.ts";

export interface NodeView {
  readonly id: number;
  readonly state: NodeState;
  readonly isBroker: boolean;
  readonly isController: boolean;
  /** Undefined: nobody who answers knows. */
  readonly leads: number | undefined;
  readonly inSync: number | undefined;
  readonly replicas: number | undefined;
}

export interface PartitionView {
  readonly name: string;
  readonly topic: string;
  /** −1: nobody. */
  readonly leader: number;
  readonly leaderEpoch: number;
  readonly replicas: readonly number[];
  readonly isr: readonly number[];
  /** Of each replica that could be asked, by its own account. */
  readonly logEnds: ReadonlyMap<number, number>;
  /** The leader's; undefined where it could not be asked. */
  readonly highWatermark: number | undefined;
}

export interface GroupView {
  readonly groupId: string;
  readonly state: string;
  readonly memberCount: number;
  readonly coordinator: number;
  /** Records behind the high watermarks, of the partitions that it has committed offsets of. */
  readonly lag: number;
  /** False: of some partition the high watermark is not known. */
  readonly isLagWhole: boolean;
}

/** What can be seen of a cluster at one moment. Data alone: what is shown, and what is told, is made of it. */
export interface ClusterView {
  readonly bootstrap: string;
  /** Undefined: nobody who answers knows one. */
  readonly controller: number | undefined;
  readonly controllerEpoch: number | undefined;
  /** Somebody answers, so that what is missing is not there. */
  readonly isKnown: boolean;
  readonly nodes: readonly NodeView[];
  readonly partitions: readonly PartitionView[];
  readonly partitionCount: number;
  readonly leaderlessCount: number;
  readonly underReplicatedCount: number;
  readonly groups: readonly GroupView[];
  readonly cuts: readonly Cut[];
}

export function viewOf({ file, nodes, freshest }: SeenCluster): ClusterView {
  const reports = new Map(nodes.flatMap(({ node, answer }) => (answer?.ok === true ? [[node.id, answer.report] as const] : [])));
  const partitions = freshest === undefined ? [] : partitionsOf(freshest, reports);
  const watermarks = new Map(partitions.map(({ name, highWatermark }) => [name, highWatermark]));
  return {
    bootstrap: bootstrapOf(file.nodes).join(","),
    controller: freshest === undefined || freshest.controller < 0 ? undefined : freshest.controller,
    controllerEpoch: freshest?.controllerEpoch,
    isKnown: freshest !== undefined,
    nodes: nodes.map((seen): NodeView => {
      const { id, isBroker, isController } = seen.node;
      const broker = freshest?.brokers.find((one) => one.id === id);
      return { id, isBroker, isController, state: stateOf(seen, broker), leads: broker?.leads, inSync: broker?.inSync, replicas: broker?.replicas };
    }),
    partitions,
    partitionCount: freshest?.partitionCount ?? 0,
    leaderlessCount: freshest?.leaderlessCount ?? 0,
    underReplicatedCount: freshest?.underReplicatedCount ?? 0,
    groups: [...reports].flatMap(([id, report]) => (report.groups ?? []).map((group) => groupView(group, id, watermarks))).toSorted(byGroupId),
    cuts: file.cuts,
  };
}

const byGroupId = (a: GroupView, b: GroupView): number => (a.groupId < b.groupId ? -1 : 1);

function partitionsOf(known: NodeReport, reports: ReadonlyMap<number, NodeReport>): readonly PartitionView[] {
  const own = new Map([...reports].map(([id, { ownReplicas }]) => [id, new Map(ownReplicas.map((one) => [`${one.topic}-${one.partition}`, one]))]));
  return known.partitions.map(({ topic, partition, leader, leaderEpoch, replicas, isr }) => {
    const name = `${topic}-${partition}`;
    const ends = replicas.flatMap((id) => {
      const replica = own.get(id)?.get(name);
      return replica === undefined ? [] : [[id, replica.logEndOffset] as const];
    });
    return { name, topic, leader, leaderEpoch, replicas, isr, logEnds: new Map(ends), highWatermark: own.get(leader)?.get(name)?.highWatermark };
  });
}

function groupView(
  { groupId, state, memberCount, offsets, offsetCount }: GroupReport,
  coordinator: number,
  watermarks: ReadonlyMap<string, number | undefined>,
): GroupView {
  let lag = 0;
  let isLagWhole = offsets.length === offsetCount;
  for (const { topic, partition, offset } of offsets) {
    const watermark = watermarks.get(`${topic}-${partition}`);
    if (watermark === undefined) isLagWhole = false;
    else lag += Math.max(0, watermark - offset);
  }
  return { groupId, state, memberCount, coordinator, lag, isLagWhole };
}
