import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SimulationInput } from "@samsa/simulator";

const PLANS = "mutants/plans";

/** What an invariant found, shrunk. */
export interface FrozenPlan {
  readonly mutant: string;
  readonly seeds: number;
  readonly simulatedSeconds: number;
  readonly invariant: string;
  readonly actions: number;
  readonly input: SimulationInput;
}

/** What the property of acknowledged durability found, shrunk. */
export interface FrozenDurabilityPlan {
  readonly mutant: string;
  /** fast-check's, and how many draws from it the search took. */
  readonly seed: number;
  readonly runs: number;
  /** Blows were added to what was drawn. */
  readonly isStruck: boolean;
  readonly anomaly: string;
  readonly actions: number;
  readonly input: SimulationInput;
}

const planFile = (id: string): string => join(PLANS, `${id}.json`);
const durabilityPlanFile = (id: string): string => join(PLANS, `${id}.durability.json`);

export const frozenPlanOf = (id: string): FrozenPlan | undefined => read<FrozenPlan>(planFile(id));
export const frozenDurabilityPlanOf = (id: string): FrozenDurabilityPlan | undefined => read<FrozenDurabilityPlan>(durabilityPlanFile(id));
export const freezePlan = (plan: FrozenPlan): void => write(planFile(plan.mutant), plan);
export const freezeDurabilityPlan = (plan: FrozenDurabilityPlan): void => write(durabilityPlanFile(plan.mutant), plan);

const read = <Plan>(path: string): Plan | undefined => (existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Plan) : undefined);
const write = (path: string, plan: FrozenPlan | FrozenDurabilityPlan): void => writeFileSync(path, `${JSON.stringify(plan, null, 2)}\n`);
