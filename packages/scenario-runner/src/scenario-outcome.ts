import { formatVerdict, LEAVE_KINDS, type LeaveKind, type Verdict } from "@samsa/history";
import type { Scenario } from "./scenario.ts";
import type { ScenarioResult } from "./scenario-result.ts";

/** Whether a run went as its scenario says that it must. */
export interface ScenarioOutcome {
  readonly isAsExpected: boolean;
  /** "clean", "200 records lost, by leave of the settings", "VIOLATED; expected: clean": what a table says. */
  readonly inWords: string;
}

const IN_WORDS: Readonly<Record<LeaveKind, string>> = {
  "acks-0": "acks=0",
  "acks-1": "acks=1",
  "unclean-election": "an unclean election",
  deletion: "a deletion",
  retry: "a retry",
  fault: "a fault of the run",
};

/** Acknowledged records that are gone by leave of a setting; those that lie elsewhere are not among them. */
export const recordsLost = ({ verdict }: Pick<ScenarioResult, "verdict">): number => verdict.counts.permitted.lost;

/**
 * A wait that ran out, a node that ended by itself and a broken invariant are never as expected. A loss that is expected has to be there, and for the
 * reason that the scenario shows: a scenario that says what a setting costs, and costs nothing, or something else did, has shown nothing.
 */
export function judgeOutcome({ expectation }: Pick<Scenario, "expectation">, result: Pick<ScenarioResult, "verdict" | "failures">): ScenarioOutcome {
  const { verdict, failures } = result;
  const [failure] = failures;
  if (failure !== undefined) return { isAsExpected: false, inWords: `failed: ${failure.split("\n")[0] ?? ""}` };
  const expected = `expected: ${formatExpectation({ expectation })}`;
  const [headline = ""] = formatVerdict(verdict).split("\n");
  switch (expectation.type) {
    case "clean":
      return verdict.isClean ? { isAsExpected: true, inWords: "clean" } : { isAsExpected: false, inWords: `${headline}; ${expected}` };
    case "loss": {
      const problem = verdict.conclusion === "allowed" ? problemOfLoss(verdict, expectation.kind) : headline;
      if (problem !== undefined) return { isAsExpected: false, inWords: `${problem}; ${expected}` };
      return { isAsExpected: true, inWords: `${recordsLost(result)} records lost, by leave of the settings` };
    }
  }
}

/** Of a verdict that nothing violates; undefined: records are gone, and all by that leave. */
function problemOfLoss({ counts }: Verdict, kind: LeaveKind): string | undefined {
  const others = LEAVE_KINDS.filter((one) => one !== kind && counts.permittedLosses[one] > 0);
  if (others.length > 0) return `records lost by leave of ${others.map((one) => `${IN_WORDS[one]} (${counts.permittedLosses[one]})`).join(" and ")}`;
  const { lost, misplaced, unseen } = counts.permitted;
  return lost > 0 ? undefined : `no record is gone, ${misplaced} lie elsewhere, ${unseen} were not reached`;
}

/** "clean", "a loss: with acks=1 …". */
export const formatExpectation = ({ expectation }: Pick<Scenario, "expectation">): string =>
  expectation.type === "clean" ? "clean" : `a loss: ${expectation.because}`;
