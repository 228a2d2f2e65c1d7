import { Operator } from "@samsa/server";
import { nodeId } from "@samsa/stdx";
import type { Fault } from "@samsa/world";
import { runMachine } from "./run-machine.ts";

export interface InjectOptions {
  /** The control listener of the node. */
  readonly host: string;
  readonly port: number;
  readonly node: number;
  /** The cluster's. */
  readonly secret: Uint8Array;
  readonly fault: Fault;
}

/** Asks a node to do itself harm. Null: it will; else why not. Throws if the node can't be asked. */
export async function injectFault({ host, port, node, secret, fault }: InjectOptions): Promise<string | null> {
  const operator = await runMachine(({ seed }) => new Operator({ host, port, node: nodeId(node), secret, fault, seed }));
  return operator.error;
}
