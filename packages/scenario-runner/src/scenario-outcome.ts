import { type AnomalyName, formatVerdict } from "@samsa/history";
import type { Scenario } from "./scenario.ts";
import type { ScenarioResult } from "./scenario-result.ts";

/** Whether a run went as its scenario says that it must. */
export interface ScenarioOutcome {
  readonly isAsExpected: boolean;
  /** "clean", "loss of 200 records, as expected", "VIOLATED, not clean as expected": what a table says. */
  readonly inWords: string;
}

const LOSSES: readonly AnomalyName[] = ["lost", "unseen", "misplaced"];

/** Acknowledged records that were lost by leave of a setting. */
export const recordsLost = ({ verdict }: Pick<ScenarioResult, "verdict">): number => LOSSES.reduce((sum, name) => sum + verdict.counts.permitted[name], 0);

/**
 * A wait that ran out, a node that ended by itself and a broken invariant are never as expected. A loss that is expected has to be there: a scenario that
 * says what a setting costs, and costs nothing, has shown nothing.
 */
export function judgeOutcome({ expectation }: Pick<Scenario, "expectation">, result: Pick<ScenarioResult, "verdict" | "failures">): ScenarioOutcome {
  const { verdict, failures } = result;
  const [failure] = failures;
  if (failure !== undefined) return { isAsExpected: false, inWords: `failed: ${failure.split("\n")[0] ?? ""}` };
  const [headline = ""] = formatVerdict(verdict).split("\n");
  const lost = recordsLost(result);
  switch (expectation.type) {
    case "clean":
      return verdict.isClean ? { isAsExpected: true, inWords: "clean" } : { isAsExpected: false, inWords: `${headline}; expected: clean` };
    case "loss":
      if (verdict.conclusion === "allowed" && lost > 0) return { isAsExpected: true, inWords: `${lost} records lost, as expected` };
      return { isAsExpected: false, inWords: `${headline}; expected: ${formatExpectation({ expectation })}` };
  }
}

/** "clean", "a loss, because acks=1 …". */
export const formatExpectation = ({ expectation }: Pick<Scenario, "expectation">): string =>
  expectation.type === "clean" ? "clean" : `a loss: ${expectation.because}`;
