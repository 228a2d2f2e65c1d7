import type { Fault, Victim } from "@samsa/world";
import type { SimulatedCluster } from "../cluster/cluster.ts";
import type { Ghost } from "../invariants/ghost.ts";
import type { ResolvedFault } from "../world/index.ts";

/** Puts node ids in the place of roles, as they are when the fault strikes; undefined if nobody has the role then. */
export function resolveFault(fault: Fault, cluster: SimulatedCluster, ghost: Ghost): ResolvedFault | undefined {
  if (fault.type === "partition") {
    const from = fault.from.map((victim) => clientOf(victim, cluster) ?? resolveVictim(victim, cluster, ghost)).filter((id) => id !== undefined);
    return from.length === 0 ? undefined : { ...fault, from };
  }
  if (fault.type === "stash" || fault.type === "corrupt") return fault;
  if (fault.type === "reset") {
    if (fault.victim === undefined) return { type: "reset", losesBytes: fault.losesBytes };
    const victim = resolveVictim(fault.victim, cluster, ghost);
    return victim === undefined ? undefined : { ...fault, victim };
  }
  const victim = resolveVictim(fault.victim, cluster, ghost);
  return victim === undefined ? undefined : { ...fault, victim };
}

/** Clients have hosts of their own, which can be cut off and nothing else. */
const clientOf = (victim: Victim, { world }: SimulatedCluster): number | undefined =>
  victim.type === "node" && world.hosts.some(({ node, isClient }) => isClient && node === victim.id) ? victim.id : undefined;

export function resolveVictim(victim: Victim, cluster: SimulatedCluster, ghost: Ghost): number | undefined {
  switch (victim.type) {
    case "node":
      return cluster.ids.includes(victim.id) ? victim.id : undefined;
    case "active-controller":
      return quorumLeader(cluster);
    case "leader":
    case "follower": {
      const state = ghost.image.topicByName(victim.topic)?.partitions[victim.partition];
      if (state === undefined) return undefined;
      if (victim.type === "leader") return state.leader < 0 ? undefined : state.leader;
      return state.replicas.find((id) => id !== state.leader);
    }
  }
}

/** From its election on, also while it can't commit yet; of two that believe to lead the one of the later term. */
function quorumLeader(cluster: SimulatedCluster): number | undefined {
  let leader: { readonly id: number; readonly term: number } | undefined;
  for (const { id, node } of cluster.views) {
    const raft = node.quorum.node;
    if (raft?.role === "leader" && raft.term >= (leader?.term ?? 0)) leader = { id, term: raft.term };
  }
  return leader?.id;
}
