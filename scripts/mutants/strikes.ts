import type { FaultAction } from "@samsa/world";
import type { SimulationInput } from "@samsa/simulator";

/** Before the violation: a follower falls asleep, or doesn't (undefined). */
const SLEEPS_BEFORE_MS = [5, 20, undefined, 60];
/** After it: the leader dies, when clients have had their answers and before others have caught up. */
const DIES_AFTER_MS = [30, 5, 150];
const ASLEEP_MS = 4_000;
const DEAD_MS = 8_000;

/**
 * The same run with blows where an invariant saw something wrong: what is wrong inside becomes a loss that clients see if those who
 * have a record die while those who lack it can be elected. Chance needs thousands of runs to strike within such milliseconds.
 */
export function* strikesAt(input: SimulationInput, violationMs: number): Generator<SimulationInput> {
  const atMs = Math.floor(violationMs);
  const nodes = Array.from({ length: input.nodes }, (_, index) => index + 1);
  for (const sleepsBeforeMs of SLEEPS_BEFORE_MS) {
    for (const diesAfterMs of DIES_AFTER_MS) {
      for (const leader of nodes) {
        const death: FaultAction = { atMs: atMs + diesAfterMs, fault: { type: "crash", victim: { type: "node", id: leader }, restartAfterMs: DEAD_MS } };
        if (sleepsBeforeMs === undefined) yield withActions(input, [death]);
        else for (const follower of nodes) if (follower !== leader) yield withActions(input, [asleep(follower, atMs - sleepsBeforeMs), death]);
      }
    }
  }
}

const asleep = (id: number, atMs: number): FaultAction => ({ atMs, fault: { type: "pause", victim: { type: "node", id }, forMs: ASLEEP_MS } });

const withActions = (input: SimulationInput, more: readonly FaultAction[]): SimulationInput => ({
  ...input,
  plan: { actions: [...input.plan.actions, ...more].sort((a, b) => a.atMs - b.atMs) },
});
