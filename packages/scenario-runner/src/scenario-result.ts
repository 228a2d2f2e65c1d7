import type { Verdict } from "@samsa/history";
import type { Recording } from "./recording/recording.ts";
import type { AckGap } from "./timeline/ack-gaps.ts";
import type { TimelineEntry } from "./timeline/timeline.ts";

export interface ScenarioResult {
  readonly scenario: string;
  readonly world: string;
  readonly verdict: Verdict;
  /** What went wrong beside the verdict: a wait that ran out, a node that ended, an invariant. */
  readonly failures: readonly string[];
  /** Every fault in words, with the roles that its victim had. */
  readonly faults: readonly string[];
  readonly timeline: readonly TimelineEntry[];
  readonly startToFirstAckMs: number | undefined;
  /** Each partition's longest time without an acknowledgement that ended after the first fault, the longest first. */
  readonly longestGaps: readonly AckGap[];
  /** The same before the first fault: while connections are new and nothing is warm. */
  readonly longestGapsBefore: readonly AckGap[];
  /** What happened, for a picture of it. */
  readonly recording: Recording;
  /** By node, at the end of the load; empty where the world has no processes. */
  readonly residentBytes: Readonly<Record<number, number>>;
}

export const isGood = ({ verdict, failures }: ScenarioResult): boolean => verdict.isClean && verdict.permitted.length === 0 && failures.length === 0;
