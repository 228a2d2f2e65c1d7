import fc from "fast-check";
import type { FaultAction } from "@samsa/world";
import { type SearchFocus, simulationInput } from "./arbitraries.ts";
import type { SimulationInput } from "./simulation-input.ts";

export interface Shrunk {
  readonly input: SimulationInput;
  /** Runs that it took. */
  readonly attempts: number;
}

export interface ShrinkOptions {
  readonly focus?: SearchFocus;
  /** It still fails in the same way. */
  readonly isSame: (input: SimulationInput) => boolean;
  readonly timeLimitMs: number;
}

/**
 * Makes the input of a seed smaller as long as time allows: first by what was drawn, then by leaving out single actions, for a storm
 * is drawn as one. Undefined if the seed's own input does not fail.
 */
export function shrinkSeed(seed: number, durationMs: number, { focus, isSame, timeLimitMs }: ShrinkOptions): Shrunk | undefined {
  let attempts = 0;
  const isSmaller = (input: SimulationInput): boolean => {
    attempts++;
    return isSame(input);
  };
  // Run 0 of a check and the sample of `inputOfSeed` are the same draw.
  const drawn = fc.check(
    fc.property(simulationInput(seed, durationMs, focus), (input) => !isSmaller(input)),
    { seed, numRuns: 1, interruptAfterTimeLimit: timeLimitMs / 2, markInterruptAsFailure: false },
  );
  const [input] = drawn.counterexample ?? [];
  if (input === undefined) return undefined;
  return { input: shrinkActions(input, { isSame: isSmaller, timeLimitMs: timeLimitMs / 2 }), attempts };
}

/** Leaves out single actions of the plan, as long as time allows and the input still fails. */
export function shrinkActions(input: SimulationInput, { isSame, timeLimitMs }: Pick<ShrinkOptions, "isSame" | "timeLimitMs">): SimulationInput {
  const withActions = (actions: readonly FaultAction[]): SimulationInput => ({ ...input, plan: { actions } });
  const fewer = fc.check(
    fc.property(fc.subarray([...input.plan.actions]), (actions) => !isSame(withActions(actions))),
    { numRuns: 1, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: false, examples: [[[...input.plan.actions]]] },
  );
  return withActions(fewer.counterexample?.[0] ?? input.plan.actions);
}
