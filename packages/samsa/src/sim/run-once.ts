import { runSimulation, type SimulationInput, type Violation } from "@samsa/simulator";
import type { TraceEvent } from "@samsa/world";

/** What is kept of one simulation. */
export interface Run {
  readonly input: SimulationInput;
  readonly seed: number;
  readonly traceHash: string;
  readonly violations: readonly Violation[];
  readonly simulatedMs: number;
  readonly deliveredMessages: number;
  readonly wallMs: number;
  readonly marks: Readonly<Record<string, number>>;
}

/** An exception is a find like any other. */
export function runOnce(input: SimulationInput, trace?: (event: TraceEvent) => void): Run {
  const startMs = performance.now();
  const { seed } = input;
  try {
    const { traceHash, violations, simulatedMs, counters, marks } = runSimulation(input, trace === undefined ? {} : { trace });
    return { input, seed, traceHash, violations, simulatedMs, deliveredMessages: counters.deliveredMessages, wallMs: performance.now() - startMs, marks };
  } catch (error) {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return {
      input,
      seed,
      traceHash: "",
      violations: [{ invariant: "the simulation threw", detail }],
      simulatedMs: 0,
      deliveredMessages: 0,
      wallMs: performance.now() - startMs,
      marks: {},
    };
  }
}
