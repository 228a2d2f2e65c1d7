import { checkHistory, type CheckOptions } from "@samsa/history";
import { faultTypesOf, type Scenario } from "../scenario.ts";
import type { ScenarioResult } from "../scenario-result.ts";
import type { TimelineEntry } from "../timeline/timeline.ts";
import { Observation } from "./observation.ts";
import type { ScenarioWorld, WorldFactory } from "./scenario-world.ts";
import { StepRunner } from "./step-runner.ts";

/** A world can't do a fault that the scenario asks for. */
export class FaultRefused extends Error {
  readonly code = "FAULT_REFUSED";

  constructor(scenario: string, world: string, faults: readonly string[]) {
    super(
      `scenario ${scenario} needs what the world ${JSON.stringify(world)} can't do: ${faults.join(", ")}; run it with --world ${world === "sim" ? "process" : "sim"}`,
    );
  }
}

/** Throws `FaultRefused` where the world can't do what the scenario asks for. */
export function checkSupport(scenario: Scenario, { name, support }: WorldFactory): void {
  const refused = faultTypesOf(scenario).filter((type) => support[type] === "refused");
  if (refused.length > 0) throw new FaultRefused(scenario.name, name, refused);
}

/** Runs a scenario in a world and judges it. Whatever happens, nothing of the world is left behind. */
export async function runScenario(scenario: Scenario, factory: WorldFactory, tell: (entry: TimelineEntry) => void): Promise<ScenarioResult> {
  checkSupport(scenario, factory);
  const observation = new Observation(scenario, () => factory.nowMs(), tell);
  const world = factory.create(observation);
  try {
    return await new ScenarioRun(scenario, world, observation).run();
  } finally {
    await world.dispose();
  }
}

class ScenarioRun {
  private readonly scenario: Scenario;
  private readonly world: ScenarioWorld;
  private readonly observation: Observation;
  private readonly steps: StepRunner;
  private readonly failures: string[] = [];

  constructor(scenario: Scenario, world: ScenarioWorld, observation: Observation) {
    this.scenario = scenario;
    this.world = world;
    this.observation = observation;
    this.steps = new StepRunner({ scenario, world, observation });
  }

  async run(): Promise<ScenarioResult> {
    const { world, observation, steps } = this;
    const { timeline } = observation;
    const problem = await world.start();
    if (problem === undefined) {
      observation.loadBegan();
      await this.runSteps();
    } else this.fail(problem);
    observation.loadEnded();
    const resident = world.residentBytes();
    timeline.say("the producer stops; everything is read back by another client");
    const history = await world.finish();
    timeline.say("the final read is over");
    this.failures.push(...world.failures());
    if (this.failures.length === 0) for (const difference of await world.replicaDifferences(history)) this.fail(difference);
    return {
      scenario: this.scenario.name,
      world: world.name,
      verdict: checkHistory(history, this.checkOptions()),
      failures: this.failures,
      faults: steps.faults,
      timeline: timeline.entries,
      startToFirstAckMs: observation.firstAckAtMs,
      longestGaps: observation.gaps.longestGaps(),
      longestGapsBefore: steps.gapsBefore,
      recording: observation.recording(),
      residentBytes: Object.fromEntries(resident),
    };
  }

  /** After the first that fails, the others make no sense: what is broken is repaired, for what was acknowledged is judged nevertheless. */
  private async runSteps(): Promise<void> {
    for (const step of this.scenario.steps) {
      const problem = await this.steps.run(step);
      if (problem === undefined) continue;
      this.fail(problem);
      return this.steps.repair();
    }
  }

  private checkOptions(): CheckOptions {
    const { acks, isIdempotent, maxInFlight } = this.scenario.load;
    return {
      acks: acks === -1 ? "all" : acks,
      isIdempotent,
      maxInFlight,
      excuses: this.world.excuses(),
      // With acks=1 too: what a change of leaders excuses is among the excuses, with its bounds.
      hasStableLeader: () => true,
    };
  }

  private fail(problem: string): void {
    this.failures.push(problem);
    this.observation.timeline.say(`FAILED: ${problem}`);
  }
}
