import type { Scenario } from "../../scenario.ts";
import type { ScenarioOutcome } from "../../scenario-outcome.ts";
import type { ScenarioResult } from "../../scenario-result.ts";

/** All that a report is made of. */
export interface ReportInput {
  readonly scenario: Pick<Scenario, "name" | "title" | "teaches" | "prose" | "cluster" | "topic" | "load" | "expectation">;
  readonly result: ScenarioResult;
  readonly outcome: ScenarioOutcome;
  /** Runs it again, as one types it. */
  readonly command: string;
}
