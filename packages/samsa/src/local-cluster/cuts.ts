import { endpointsOf } from "@samsa/scenario-runner";
import type { NodeCut } from "@samsa/world";
import type { ClusterFile, Cut } from "./cluster-file.ts";

/** What a node has to do for the cuts that it is part of: only who dials knows who is at the other end, so both sides of a cut do it. */
export function cutOfNode(id: number, { nodes, cuts }: Pick<ClusterFile, "nodes" | "cuts">): NodeCut | undefined {
  const others = new Set(cuts.flatMap(({ a, b }) => (a.includes(id) ? b : b.includes(id) ? a : [])));
  const endpoints = nodes.filter((node) => others.has(node.id)).flatMap(endpointsOf);
  return endpoints.length === 0 ? undefined : { type: "cut", endpoints };
}

export const formatCut = ({ a, b }: Cut): string => `${a.join(",")} | ${b.join(",")}`;
