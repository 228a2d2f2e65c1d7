import { existsSync, readFileSync } from "node:fs";
import { SIMULATED_SUPPORT, type SimulationInput } from "@samsa/simulator";
import type { FaultPlan } from "@samsa/world";
import { UsageError } from "../usage-error.ts";

type Fields = Readonly<Record<string, unknown>>;

/** What every run has. Others are left out where a run was shrunk, or never had them. */
const WHOLE_INPUT: readonly (keyof SimulationInput)[] = ["seed", "nodes", "durationMs", "topic", "load", "world", "limits", "plan"];

/** `text` is JSON or a file of it: a plan, which takes the place of the seed's own, or the whole input of a run. */
export function readPlan(text: string, ofSeed: SimulationInput): SimulationInput {
  const value = parse(existsSync(text) ? readFileSync(text, "utf8") : text);
  if (!isFields(value)) throw new UsageError("--plan is not an object");
  if (!("plan" in value)) return { ...ofSeed, plan: checkedPlan(value) };
  const missing = WHOLE_INPUT.filter((key) => !(key in value));
  if (missing.length > 0) throw new UsageError(`--plan looks like a whole input, but has no ${missing.join(", ")}`);
  return { ...(value as unknown as SimulationInput), plan: checkedPlan(value["plan"]) };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`--plan is neither a file nor JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Sees that every action is a fault with a time; the rest of a fault is the world's to understand. */
function checkedPlan(value: unknown): FaultPlan {
  const actions = isFields(value) ? value["actions"] : undefined;
  if (!Array.isArray(actions)) throw new UsageError('a plan is an object with "actions"');
  for (const action of actions as readonly unknown[]) {
    const fault = isFields(action) ? action["fault"] : undefined;
    if (
      !isFields(action) ||
      typeof action["atMs"] !== "number" ||
      !isFields(fault) ||
      typeof fault["type"] !== "string" ||
      !(fault["type"] in SIMULATED_SUPPORT)
    ) {
      throw new UsageError(`${JSON.stringify(action)} is not an action: it has "atMs" and a "fault" of type ${Object.keys(SIMULATED_SUPPORT).join(", ")}`);
    }
  }
  return value as FaultPlan;
}

const isFields = (value: unknown): value is Fields => typeof value === "object" && value !== null && !Array.isArray(value);
