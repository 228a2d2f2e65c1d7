import { runMachine } from "@samsa/world-node";
import { Operator, type OperatorAnswer, type OperatorQuestion } from "@samsa/server";
import { nodeId } from "@samsa/stdx";

/** A node's control listener, and the secret that it hears. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
  readonly node: number;
  readonly secret: Uint8Array;
  /** How long it may take; the operator's patience unless told otherwise. */
  readonly timeoutMs?: number;
}

/** One question over a node's control listener. Throws `MachineFailed` if the node can't be asked. */
export async function askNode({ node, ...target }: NodeAddress, question: OperatorQuestion): Promise<OperatorAnswer | undefined> {
  const operator = await runMachine(({ seed }) => new Operator({ ...target, node: nodeId(node), question, seed }));
  return operator.answer;
}
