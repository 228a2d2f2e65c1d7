import fc from "fast-check";
import { simulationInput } from "./arbitraries.ts";
import type { SimulationInput } from "./simulation-input.ts";

export interface Shrunk {
  readonly input: SimulationInput;
  /** Runs that it took. */
  readonly attempts: number;
}

/**
 * Makes the input of a seed smaller as long as `isSame` says that it still fails in the same way, and as long as time allows.
 * Undefined if the seed's own input does not fail.
 */
export function shrinkSeed(
  seed: number,
  durationMs: number,
  { isSame, timeLimitMs }: { readonly isSame: (input: SimulationInput) => boolean; readonly timeLimitMs: number },
): Shrunk | undefined {
  let attempts = 0;
  const property = fc.property(simulationInput(seed, durationMs), (input) => {
    attempts++;
    return !isSame(input);
  });
  // Run 0 of a check and the sample of `inputOfSeed` are the same draw.
  const { counterexample } = fc.check(property, { seed, numRuns: 1, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: false });
  const [input] = counterexample ?? [];
  return input === undefined ? undefined : { input, attempts };
}
