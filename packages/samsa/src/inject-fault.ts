import { type FaultRequest, runMachine } from "@samsa/scenario-runner";
import { Operator } from "@samsa/server";
import { nodeId } from "@samsa/stdx";

/** Asks a node to do itself harm. Null: it will; else why not. Throws if the node can't be asked. */
export async function injectFault({ host, port, node, secret, fault }: FaultRequest): Promise<string | null> {
  const operator = await runMachine(({ seed }) => new Operator({ host, port, node: nodeId(node), secret, fault, seed }));
  return operator.error;
}
