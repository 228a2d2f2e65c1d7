import { checkSupport, judgeOutcome, processWorld, runScenario, type Scenario, simulatedWorld, type TimelineEntry } from "@samsa/scenario-runner";
import { injectFault } from "../inject-fault.ts";
import { UsageError } from "../usage-error.ts";
import type { FinishedRun } from "./output.ts";

export interface RunOptions {
  readonly scenario: Scenario;
  readonly tell: (entry: TimelineEntry) => void;
  readonly introduce: (scenario: Scenario) => void;
}

/** Throws the reason of the signal when it is aborted; nothing is left running then. */
export async function runInProcesses({ scenario, tell, introduce }: RunOptions, signal: AbortSignal): Promise<FinishedRun> {
  const [, bundle] = process.argv;
  if (bundle === undefined) throw new UsageError("the brokers are started by the path of this program, which is unknown");
  const world = processWorld({ scenario, bundle, inject: injectFault, signal });
  checkSupport(scenario, world);
  introduce(scenario);
  const result = await runScenario(scenario, world, tell);
  return { scenario, result, outcome: judgeOutcome(scenario, result) };
}

export async function runInSimulation({ scenario, tell, introduce }: RunOptions, seed: number): Promise<FinishedRun> {
  const world = simulatedWorld(scenario, seed);
  checkSupport(scenario, world);
  introduce(scenario);
  const result = await runScenario(scenario, world, tell);
  return { scenario, result, outcome: judgeOutcome(scenario, result), seed: { seed, traceHash: world.traceHash } };
}
