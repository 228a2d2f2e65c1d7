import { decodePeerMessage, encodePeerMessage } from "@samsa/server";
import type { OperatorFault } from "@samsa/world";
import { UsageError } from "./usage-error.ts";

const NAMES_NO_VICTIM: ReadonlySet<string> = new Set(["reset", "cut", "heal"]);

/** The victim is the node that is asked. Whether the rest is a fault is the node's to say. */
export function parseFault(text: string, node: number): OperatorFault {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new UsageError(`the fault is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (typeof value !== "object" || value === null || !("type" in value) || typeof value.type !== "string")
    throw new UsageError('a fault is an object with a "type"');
  const victim = NAMES_NO_VICTIM.has(value.type) ? {} : { victim: { type: "node", id: node } };
  return { ...value, ...victim } as OperatorFault;
}

/** One that no node has looked at: it must be in shape, as if it had come over the control listener. */
export function parseValidFault(text: string, node: number): OperatorFault {
  const message = decodePeerMessage(encodePeerMessage({ type: "inject", token: 0, fault: parseFault(text, node) }));
  if (message?.type !== "inject") throw new UsageError(`${text} is no fault that a node can do to itself`);
  return message.fault;
}
