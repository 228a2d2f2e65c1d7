import type { OperatorFault } from "@samsa/world";
import { askNode, type NodeAddress } from "./ask-node.ts";

/** Asks a node to do itself harm. Null: it will; else why not. Throws `MachineFailed` if the node can't be asked. */
export async function injectFault({ fault, ...node }: NodeAddress & { readonly fault: OperatorFault }): Promise<string | null> {
  const answer = await askNode(node, { type: "inject", fault });
  return answer?.type === "injected" ? answer.error : "it answered something else";
}
