import type { Verdict } from "@samsa/history";
import type { TimelineEntry } from "./timeline/timeline.ts";

export interface ScenarioResult {
  readonly scenario: string;
  readonly world: string;
  readonly verdict: Verdict;
  /** What went wrong beside the verdict: a wait that ran out, an invariant. */
  readonly failures: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly startToFirstAckMs: number | undefined;
  readonly longestGap: { readonly partition: string; readonly fromMs: number; readonly toMs: number } | undefined;
}

export const isGood = ({ verdict, failures }: ScenarioResult): boolean => verdict.isClean && verdict.permitted.length === 0 && failures.length === 0;
