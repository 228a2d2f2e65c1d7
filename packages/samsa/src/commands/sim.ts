import { createHash } from "node:crypto";
import { inputOfSeed, type SimulationInput } from "@samsa/simulator";
import { integerOption, readOptions } from "../options.ts";
import { describeFailure } from "../sim/failure-story.ts";
import { readPlan } from "../sim/read-plan.ts";
import { type Run, runOnce } from "../sim/run-once.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa sim [--seed S | --seeds N [--first S]]

Runs clusters of the real server in the simulated world, with faults drawn from the seed, under every invariant. A violation is
shrunk and told as a story, with the command that replays it. Exit code 1 on a violation.

  --seed S              one run (default 1)
  --seeds N             N runs, seeds from --first on
  --first S             the first of them (default 1)
  --duration-ms MS      virtual time under faults (default 60000)
  --plan JSON|FILE      these faults in the place of the seed's, or the whole input of an earlier run
  --shrink-ms MS        how long a failure is made smaller (default 30000; 0: not at all)
  --json                one JSON on stdout
`;

const OPTIONS = {
  seed: { type: "string" },
  seeds: { type: "string" },
  first: { type: "string" },
  "duration-ms": { type: "string" },
  plan: { type: "string" },
  "shrink-ms": { type: "string" },
  json: { type: "boolean" },
} as const;

const DURATION_MS = 60_000;
const SHRINK_MS = 30_000;
/** Lines of progress that a campaign writes when nobody watches a terminal. */
const PROGRESS_LINES = 10;

export async function runSim(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  if (positionals.length > 0) throw new UsageError(`${JSON.stringify(positionals[0])} is not an option`);
  if (values.seeds !== undefined && (values.seed !== undefined || values.plan !== undefined))
    throw new UsageError("--seeds goes with neither --seed nor --plan");
  const durationMs = integerOption("duration-ms", values["duration-ms"], DURATION_MS);
  const shrinkMs = integerOption("shrink-ms", values["shrink-ms"], SHRINK_MS);
  const isJson = values.json === true;
  if (values.seeds === undefined) {
    const seed = integerOption("seed", values.seed, 1);
    const input = values.plan === undefined ? inputOfSeed(seed, durationMs) : readPlan(values.plan, inputOfSeed(seed, durationMs));
    return one(input, { isJson, shrinkMs: values.plan === undefined ? shrinkMs : 0 });
  }
  return many({ first: integerOption("first", values.first, 1), count: integerOption("seeds", values.seeds, 1), durationMs }, { isJson, shrinkMs });
}

interface Display {
  readonly isJson: boolean;
  readonly shrinkMs: number;
}

function one(input: SimulationInput, { isJson, shrinkMs }: Display): number {
  const run = runOnce(input);
  const { seed, traceHash, violations, simulatedMs, deliveredMessages, wallMs, marks } = run;
  if (isJson)
    print(JSON.stringify({ seed, traceHash, violations, ...ratesOf([run]), simulatedMs, deliveredMessages, wallMs: Math.round(wallMs), marks, input }));
  else if (violations.length === 0)
    print(
      `Seed ${seed}: no violation in ${(simulatedMs / 1000).toFixed(1)} simulated seconds, trace hash ${traceHash}\n${describeRates([run])}\n${describeMarks(marks)}`,
    );
  if (violations.length > 0) tellFailure(run, { isJson, shrinkMs });
  return violations.length === 0 ? 0 : 1;
}

function many({ first, count, durationMs }: { readonly first: number; readonly count: number; readonly durationMs: number }, display: Display): number {
  const runs: Run[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const run = runOnce(inputOfSeed(seed, durationMs));
    runs.push(run);
    if (run.violations.length > 0) process.stderr.write(`seed ${seed}: ${run.violations[0]?.invariant ?? ""}: ${run.violations[0]?.detail ?? ""}\n`);
    tellProgress(runs, count);
  }
  const bad = runs.filter(({ violations }) => violations.length > 0);
  const marks = sumOf(runs.map((run) => run.marks));
  const traceHash = createHash("sha256")
    .update(runs.map((run) => run.traceHash).join())
    .digest("hex")
    .slice(0, 16);
  if (display.isJson) {
    const each = runs.map((run) => ({ seed: run.seed, traceHash: run.traceHash, violations: run.violations }));
    print(
      JSON.stringify({
        first,
        seeds: count,
        durationMs,
        traceHash,
        violations: bad.flatMap((run) => run.violations.map((violation) => ({ seed: run.seed, ...violation }))),
        ...ratesOf(runs),
        marks,
        runs: each,
      }),
    );
  } else print(`${count - bad.length} of ${count} seeds without a violation, hash of all traces ${traceHash}\n${describeRates(runs)}\n${describeMarks(marks)}`);
  const [worst] = bad;
  if (worst !== undefined) tellFailure(worst, display);
  return bad.length === 0 ? 0 : 1;
}

function tellFailure(run: Run, { isJson, shrinkMs }: Display): void {
  const story = describeFailure(run, shrinkMs);
  (isJson ? process.stderr : process.stdout).write(`${story}\n`);
}

function tellProgress(runs: readonly Run[], count: number): void {
  const isTerminal = process.stderr.isTTY;
  const every = Math.max(1, Math.ceil(count / PROGRESS_LINES));
  if (!isTerminal && runs.length % every !== 0) return;
  const text = `${runs.length} of ${count} seeds, ${describeRates(runs)}`;
  process.stderr.write(isTerminal ? `\r${text}${runs.length === count ? "\n" : ""}` : `${text}\n`);
}

function ratesOf(runs: readonly Run[]) {
  const seconds = runs.reduce((sum, { wallMs }) => sum + wallMs, 0) / 1000;
  const messages = runs.reduce((sum, { deliveredMessages }) => sum + deliveredMessages, 0);
  const simulated = runs.reduce((sum, { simulatedMs }) => sum + simulatedMs, 0) / 1000;
  return { messagesPerSecond: Math.round(messages / seconds), simulatedSecondsPerSecond: Math.round((simulated / seconds) * 10) / 10 };
}

function describeRates(runs: readonly Run[]): string {
  const { messagesPerSecond, simulatedSecondsPerSecond } = ratesOf(runs);
  return `${messagesPerSecond} messages/s, ${simulatedSecondsPerSecond} simulated seconds/s`;
}

function describeMarks(marks: Readonly<Record<string, number>>): string {
  const text = Object.entries(marks)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([mark, count]) => `${mark} ${count}`);
  return `seen: ${text.length === 0 ? "nothing" : text.join(", ")}`;
}

function sumOf(all: readonly Readonly<Record<string, number>>[]): Readonly<Record<string, number>> {
  const sum = new Map<string, number>();
  for (const counts of all) for (const [name, count] of Object.entries(counts)) sum.set(name, (sum.get(name) ?? 0) + count);
  return Object.fromEntries(sum);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
