import { LOCAL_HOST } from "@samsa/scenario-runner";
import type { NodeReport, ReportLimits } from "@samsa/server";
import type { OperatorFault } from "@samsa/world";
import { MachineFailed } from "@samsa/world-node";
import { askNode } from "../ask-node.ts";
import { injectFault } from "../inject-fault.ts";
import type { NodeRecord } from "./cluster-file.ts";

/** A healthy node answers within milliseconds. */
export const ANSWER_TIMEOUT_MS = 1_000;

/** `problem`: why it can't be asked. */
export type Answered = { readonly ok: true; readonly report: NodeReport } | { readonly ok: false; readonly problem: string };

const addressOf = ({ id, controlPort }: NodeRecord, secret: Uint8Array) => ({
  host: LOCAL_HOST,
  port: controlPort,
  node: id,
  secret,
  timeoutMs: ANSWER_TIMEOUT_MS,
});

/** What one node knows. Ends within `ANSWER_TIMEOUT_MS`. */
export async function reportOf(node: NodeRecord, secret: Uint8Array, wanted: ReportLimits): Promise<Answered> {
  try {
    const answer = await askNode(addressOf(node, secret), { type: "describe-node", ...wanted });
    return answer?.type === "node-described" ? { ok: true, report: answer.report } : { ok: false, problem: "it answered something else" };
  } catch (error) {
    if (!(error instanceof MachineFailed)) throw error;
    return { ok: false, problem: error.message };
  }
}

/** The one of the node that knows most: the latest controller epoch counts, then whether it knows that controller, then how much it has applied. */
export function freshest(answers: ReadonlyMap<number, Answered>): NodeReport | undefined {
  const reports = [...answers.values()].flatMap((answer) => (answer.ok ? [answer.report] : []));
  const knowsController = ({ controller }: NodeReport): number => (controller < 0 ? 0 : 1);
  return reports.toSorted((a, b) => b.controllerEpoch - a.controllerEpoch || knowsController(b) - knowsController(a) || b.metadataIndex - a.metadataIndex)[0];
}

/** Why the node does not do it; null: it does. */
export async function injectInto(node: NodeRecord, secret: Uint8Array, fault: OperatorFault): Promise<string | null> {
  try {
    return await injectFault({ ...addressOf(node, secret), fault });
  } catch (error) {
    if (!(error instanceof MachineFailed)) throw error;
    return error.message;
  }
}
