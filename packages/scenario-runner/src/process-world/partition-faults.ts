import type { ResolvedFaultOf } from "@samsa/simulator";
import { cutOfPartition, type NodeCut, partitionOfNode } from "@samsa/world";

/** What each node has to do for a partition of the cluster, by node: who is part of none is not in it. */
export function cutsOfPartition(
  { from, isOneWay, forMs }: ResolvedFaultOf<"partition">,
  endpoints: ReadonlyMap<number, readonly string[]>,
): ReadonlyMap<number, NodeCut> {
  const cuts = new Map<number, NodeCut>();
  for (const node of endpoints.keys()) {
    const partition = partitionOfNode({ node, from, isOneWay, forMs, endpoints });
    if (partition !== undefined) cuts.set(node, cutOfPartition(partition));
  }
  return cuts;
}
