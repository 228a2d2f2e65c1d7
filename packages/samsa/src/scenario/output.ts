import {
  formatEntry,
  formatResult,
  type Scenario,
  type ScenarioOutcome,
  type ScenarioResult,
  type TimelineEntry,
  type WorldName,
} from "@samsa/scenario-runner";

/** What a run in the simulated world is known by: equal for equal scenarios, seeds and code. */
export interface SeedOfRun {
  readonly seed: number;
  readonly traceHash: string;
}

export interface FinishedRun {
  readonly scenario: Scenario;
  readonly result: ScenarioResult;
  readonly outcome: ScenarioOutcome;
  /** In the simulated world. */
  readonly seed?: SeedOfRun;
}

/** Of the real world, in milliseconds: how long the run took. */
export interface RunSummary {
  readonly scenario: string;
  readonly world: WorldName;
  readonly seed: number | undefined;
  readonly tookMs: number;
  readonly acked: number;
  readonly longestGapMs: number;
  readonly outcome: ScenarioOutcome;
}

/** Tells runs to a person on stdout, or with `--json` the story on stderr and one line of JSON for each run on stdout. */
export class Output {
  readonly isJson: boolean;

  constructor(isJson: boolean) {
    this.isJson = isJson;
  }

  introduce({ title, prose }: Scenario): void {
    this.tell(`${title}\n\n${wrapped(prose)}\n\n`);
  }

  entry(entry: TimelineEntry): void {
    this.tell(`${formatEntry(entry)}\n`);
  }

  show({ scenario, result, outcome, seed }: FinishedRun): void {
    const { isAsExpected } = outcome;
    if (this.isJson) {
      process.stdout.write(`${JSON.stringify({ ...result, ...seed, isClean: result.verdict.isClean && result.failures.length === 0, isAsExpected })}\n`);
      return;
    }
    const expected = scenario.expectation.type === "clean" ? [] : [isAsExpected ? `As expected: ${outcome.inWords}` : `NOT AS EXPECTED: ${outcome.inWords}`];
    const known = seed === undefined ? [] : [`Seed ${seed.seed}, trace hash ${seed.traceHash}`];
    process.stdout.write(`${["", formatResult(result), ...expected, ...known].join("\n")}\n`);
  }

  /** Something beside the results. */
  tell(text: string): void {
    (this.isJson ? process.stderr : process.stdout).write(text);
  }
}

/** Lines that a terminal does not break. */
const wrapped = (text: string): string => text.replaceAll(/(.{60,100}) /g, "$1\n");
