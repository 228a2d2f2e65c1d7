import type { Mutant } from "../../mutants/mutant.ts";
import { freezeDurabilityPlan, frozenDurabilityPlanOf } from "./frozen-plans.ts";
import { ask } from "./mutant-bundle.ts";
import type { BrokenDurability } from "./request.ts";
import type { WarmRunner } from "./warm-runner.ts";

/** fast-check's, of every search. */
const SEED = 1;

/** What a mutant is asked of: a bundle with its bug, and a process without. */
export interface Bundles {
  readonly sick: string;
  readonly healthy: WarmRunner;
}

const say = (id: string, text: string): void => console.log(`${`${id} durability`.padEnd(30)} ${text}`);

/** The frozen input, through the property: acknowledged records are gone with the bug, by the verdict on the history, and not without it. */
export async function replayDurability({ id }: Mutant, { sick, healthy }: Bundles): Promise<boolean> {
  const frozen = frozenDurabilityPlanOf(id);
  if (frozen === undefined) {
    say(id, `FAILED  its frozen plan is missing: node scripts/mutants.ts --search ${id}`);
    return false;
  }
  const request = { type: "replay-durability", input: frozen.input } as const;
  const [withBug, without] = await Promise.all([ask(sick, request), healthy.ask(request)]);
  if (without === undefined && isOfTheHistory(withBug)) {
    say(id, `ok      red by ${withBug.anomaly}${withBug.anomaly === frozen.anomaly ? "" : ` (was ${frozen.anomaly})`}: ${withBug.detail}`);
    return true;
  }
  const why = without !== undefined ? `red without the bug too: ${without.anomaly}: ${without.detail}` : `green with the bug${whyNot(withBug)}`;
  say(id, `FAILED  ${why}`);
  return false;
}

/**
 * Runs the property until it is red with the bug, and freezes what it was shrunk to. Where an invariant fired in a run that lost
 * nothing, blows are added to its plan: each could have been drawn too, and the property judges them like any other input.
 */
export async function searchDurability({ id }: Mutant, { sick, healthy }: Bundles, runs: number): Promise<boolean> {
  const found = await ask(sick, { type: "search-durability", seed: SEED, runs });
  if (!isOfTheHistory(found)) {
    say(id, `SURVIVED ${runs} runs from seed ${SEED}${whyNot(found)}`);
    return false;
  }
  const innocent = await healthy.ask({ type: "replay-durability", input: found.input });
  if (innocent !== undefined) {
    say(id, `INVALID  run ${found.runs} is red without the bug too: ${innocent.anomaly}: ${innocent.detail}`);
    console.log(JSON.stringify(found.input));
    return false;
  }
  const { isStruck, anomaly, input } = found;
  const actions = input.plan.actions.length;
  freezeDurabilityPlan({ mutant: id, seed: SEED, runs: found.runs, isStruck, anomaly, actions, input });
  say(id, `found in run ${found.runs} from seed ${SEED}, ${anomaly}, shrunk to ${actions} faults`);
  return true;
}

/** A mutant that throws was noticed, but not because of what became of acknowledged records. */
const isOfTheHistory = (found: BrokenDurability | undefined): found is BrokenDurability => found !== undefined && found.anomaly !== "threw";
const whyNot = (found: BrokenDurability | undefined): string => (found === undefined ? "" : `: ${found.detail}`);
