import type { Scenario } from "../../scenario.ts";
import type { ScenarioResult } from "../../scenario-result.ts";

/** All that a report is made of. */
export interface ReportInput {
  readonly scenario: Pick<Scenario, "name" | "title" | "prose" | "cluster" | "topic" | "load">;
  readonly result: ScenarioResult;
  /** It ended as the scenario expects. */
  readonly isAsExpected: boolean;
  /** Runs it again, as one types it. */
  readonly command: string;
}
