import { formatResult, type Scenario } from "@samsa/scenario-runner";
import { runInSimulation } from "./run-once.ts";

interface SeedSummary {
  readonly seed: number;
  readonly isAsExpected: boolean;
  readonly traceHash: string;
  readonly acked: number;
  readonly longestGapMs: number;
}

export interface Seeds {
  readonly first: number;
  readonly count: number;
  readonly isJson: boolean;
}

/** Many runs in the simulated world: a line in the end, and those that did not go as expected in full. False if there was one. */
export async function runSeeds(scenario: Scenario, { first, count, isJson }: Seeds): Promise<boolean> {
  const startMs = performance.now();
  const summaries: SeedSummary[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const summary = await runSeed(scenario, seed);
    summaries.push(summary);
    if (summary.isAsExpected && process.stderr.isTTY) process.stderr.write(`\r${summaries.length} of ${count}`);
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
  if (isJson) process.stdout.write(`${JSON.stringify({ scenario: scenario.name, world: "sim", runs: summaries })}\n`);
  else process.stdout.write(`${summarize(scenario, summaries)}, in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
  return summaries.every(({ isAsExpected }) => isAsExpected);
}

async function runSeed(scenario: Scenario, seed: number): Promise<SeedSummary> {
  const { result, outcome, seed: run } = await runInSimulation({ scenario, tell: () => undefined, introduce: () => undefined }, seed);
  const [gap] = result.longestGaps;
  if (!outcome.isAsExpected)
    process.stderr.write(
      `seed ${seed}: ${outcome.inWords}\n${formatResult(result)}\nRun it again: samsa scenario run ${scenario.name} --world sim --seed ${seed}\n`,
    );
  return {
    seed,
    isAsExpected: outcome.isAsExpected,
    traceHash: run?.traceHash ?? "",
    acked: result.verdict.counts.acked,
    longestGapMs: gap === undefined ? 0 : gap.toMs - gap.fromMs,
  };
}

function summarize({ name }: Scenario, summaries: readonly SeedSummary[]): string {
  const gaps = summaries.map(({ longestGapMs }) => longestGapMs).sort((a, b) => a - b);
  const good = summaries.filter(({ isAsExpected }) => isAsExpected).length;
  const acked = summaries.reduce((sum, summary) => sum + summary.acked, 0);
  const median = Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0);
  return `${name}: ${good} of ${summaries.length} seeds as expected; ${acked} records acknowledged; longest time without an acknowledgement: median ${median} ms, maximum ${Math.round(gaps.at(-1) ?? 0)} ms (virtual)`;
}
