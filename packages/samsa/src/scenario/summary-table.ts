import { formatTable } from "../local-cluster/text-table.ts";
import type { RunSummary } from "./output.ts";

const HEAD = ["SCENARIO", "WORLD", "SEED", "TIME", "ACKNOWLEDGED", "LONGEST WAIT", "VERDICT"];

/** One line a run, then the sum. */
export function formatSummary(runs: readonly RunSummary[]): string {
  const rows = runs.map(({ scenario, world, seed, tookMs, acked, longestGapMs, outcome }) => [
    scenario,
    world,
    seed === undefined ? "-" : String(seed),
    `${(tookMs / 1000).toFixed(1)} s`,
    String(acked),
    `${Math.round(longestGapMs)} ms`,
    outcome.isAsExpected ? outcome.inWords : `NOT AS EXPECTED: ${outcome.inWords}`,
  ]);
  const good = runs.filter(({ outcome }) => outcome.isAsExpected).length;
  const tookMs = runs.reduce((sum, run) => sum + run.tookMs, 0);
  return [...formatTable([HEAD, ...rows]), "", `${good} of ${runs.length} runs as expected, in ${(tookMs / 1000).toFixed(1)} s`].join("\n");
}
