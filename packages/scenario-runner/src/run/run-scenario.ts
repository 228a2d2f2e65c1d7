import { checkHistory, type CheckOptions } from "@samsa/history";
import { faultTypesOf, nodeName, type Scenario, type Step } from "../scenario.ts";
import type { ScenarioResult } from "../scenario-result.ts";
import type { AckGap } from "../timeline/ack-gaps.ts";
import type { TimelineEntry } from "../timeline/timeline.ts";
import { Observation } from "./observation.ts";
import type { ScenarioWorld, WorldFactory } from "./scenario-world.ts";

/** A world can't do a fault that the scenario asks for. */
export class FaultRefused extends Error {
  readonly code = "FAULT_REFUSED";

  constructor(scenario: string, world: string, faults: readonly string[]) {
    super(`scenario ${scenario} needs what the world ${JSON.stringify(world)} can't do: ${faults.join(", ")}`);
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
  private readonly failures: string[] = [];
  private readonly faults: string[] = [];
  private gapsBefore: readonly AckGap[] = [];

  constructor(scenario: Scenario, world: ScenarioWorld, observation: Observation) {
    this.scenario = scenario;
    this.world = world;
    this.observation = observation;
  }

  async run(): Promise<ScenarioResult> {
    const { world, observation } = this;
    const { timeline } = observation;
    const problem = await world.start();
    if (problem === undefined) await this.runSteps();
    else this.fail(problem);
    const resident = world.residentBytes();
    timeline.say("the producer stops; everything is read back by another client");
    const history = await world.finish();
    timeline.say("the final read is over");
    return {
      scenario: this.scenario.name,
      world: world.name,
      verdict: checkHistory(history, this.checkOptions()),
      failures: [...this.failures, ...world.failures()],
      faults: this.faults,
      timeline: timeline.entries,
      startToFirstAckMs: observation.firstAckAtMs,
      longestGaps: observation.gaps.longestGaps(),
      longestGapsBefore: this.gapsBefore,
      residentBytes: Object.fromEntries(resident),
    };
  }

  private async runSteps(): Promise<void> {
    for (const step of this.scenario.steps) {
      const problem = await this.runStep(step);
      if (problem === undefined) continue;
      return this.fail(problem);
    }
  }

  /** What was waited for in vain. */
  private async runStep(step: Step): Promise<string | undefined> {
    const { world, observation } = this;
    switch (step.type) {
      case "until-acked": {
        const goal = observation.ackedRecords + step.records;
        if (await world.until(() => observation.ackedRecords >= goal, step.timeoutMs)) return undefined;
        return `only ${observation.ackedRecords - goal + step.records} of ${step.records} records were acknowledged in ${step.timeoutMs} ms`;
      }
      case "until-isr-full":
        if (await world.until(() => this.isIsrFull(), step.timeoutMs)) {
          observation.timeline.say("every replica is in the ISR of its partition");
          return undefined;
        }
        return `not every replica was in the ISR after ${step.timeoutMs} ms`;
      case "until-controller": {
        const isThere = await world.until(() => observation.state.activeController >= 0, step.timeoutMs);
        return isThere ? undefined : `nobody was the active controller after ${step.timeoutMs} ms`;
      }
      case "restart": {
        const started = await world.restart();
        for (const id of started) observation.timeline.say(`${nodeName(this.scenario.cluster, id)} starts again on the data it had`);
        return undefined;
      }
      case "fault":
        return this.strike(step.fault);
    }
  }

  private async strike(fault: Extract<Step, { type: "fault" }>["fault"]): Promise<string | undefined> {
    const { world, observation } = this;
    const { state, timeline } = observation;
    const victim = "victim" in fault && fault.victim !== undefined ? state.resolve(fault.victim) : undefined;
    if ("victim" in fault && fault.victim !== undefined && victim === undefined)
      return `nobody is ${fault.victim.type} of anything when ${fault.type} is to strike`;
    const led = victim === undefined ? [] : state.ledBy(victim);
    const text = describeStrike({
      fault,
      victim: victim === undefined ? undefined : nodeName(this.scenario.cluster, victim),
      led,
      isActiveController: victim === state.activeController,
    });
    if (this.faults.length === 0) this.gapsBefore = observation.gaps.restart();
    this.faults.push(text);
    timeline.fault(text, fault.type === "plant" ? [] : led);
    await world.strike({ fault, victim });
    if (victim !== undefined && ENDS_A_NODE.has(fault.type)) state.nodeEnded(victim);
    return undefined;
  }

  private checkOptions(): CheckOptions {
    const { acks, isIdempotent, maxInFlight } = this.scenario.load;
    const excuses = this.world.excuses();
    return {
      acks: acks === -1 ? "all" : acks,
      isIdempotent,
      maxInFlight,
      excuses: excuses ?? [],
      hasStableLeader: ({ topic, partition }) => excuses !== undefined || this.observation.state.hadOneLeader(topic, partition),
    };
  }

  private isIsrFull(): boolean {
    const { topic } = this.scenario;
    return Array.from({ length: topic.partitions }, (_, partition) => this.observation.state.partition(topic.name, partition)).every(
      (state) => state !== undefined && state.leader >= 0 && state.isr.length === topic.replicationFactor,
    );
  }

  private fail(problem: string): void {
    this.failures.push(problem);
    this.observation.timeline.say(`FAILED: ${problem}`);
  }
}

/** A node that ended thus has not told that it is the active controller no more. */
const ENDS_A_NODE: ReadonlySet<string> = new Set(["crash", "power-loss", "stop"]);

const WORDS: Readonly<Record<string, string>> = {
  crash: "is killed (SIGKILL)",
  "power-loss": "loses power",
  stop: "is asked to stop (SIGTERM)",
  pause: "is paused (SIGSTOP)",
};

function describeStrike({
  fault,
  victim,
  led,
  isActiveController,
}: {
  readonly fault: Extract<Step, { type: "fault" }>["fault"];
  /** Its name. */
  readonly victim: string | undefined;
  readonly led: readonly string[];
  readonly isActiveController: boolean;
}): string {
  if (victim === undefined) return `fault: ${fault.type}`;
  const roles = [...(led.length === 0 ? [] : [`leader of ${led.join(", ")}`]), isActiveController ? "active controller" : "not the active controller"].join(
    "; ",
  );
  if (fault.type === "plant") return `${victim} is told to lie: ${fault.plant} in ${fault.topic}, after ${fault.afterBatches} more batches (${roles})`;
  return `${victim} ${WORDS[fault.type] ?? `suffers ${fault.type}`} (${roles})`;
}
