/**
 * Runs every scenario as users do, in real processes and in the simulated world; then with a lie planted in a broker, which the
 * verdict must see and name: a verdict that is never red proves nothing, nor does one that is red for another reason.
 *
 *   node scripts/scenario-suite.ts
 *   node scripts/scenario-suite.ts --full [--first 1] [--seeds 1000]   in the simulated world with each seed, and all of it again for every 50 of them
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { parseArgs } from "node:util";
import { scenarios } from "@samsa/scenarios";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const BUNDLE = "dist/samsa.mjs";
const FULL_SEEDS = 1_000;
const BLOCK_SEEDS = 50;
/** What a broker can be told to do, and the anomaly that comes of it: its title begins with this word. */
const LIES = { "drop-acked": "lost", duplicate: "duplicated", reorder: "reordered" } as const;
/** How a scenario ends that is not clean; whatever else fails ends with it too, so it alone says nothing of the verdict. */
const NOT_CLEAN = 1;

async function expectExit(expected: number, args: readonly string[], signal?: AbortSignal): Promise<string> {
  const child = spawn(process.execPath, [BUNDLE, "scenario", "run", ...args], { stdio: ["ignore", "pipe", "pipe"], signal });
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  if (code !== expected) throw new Error(`exit code ${String(code)}, not ${expected}\n${stdout}${stderr}`);
  return stdout;
}

async function expectClean(args: readonly string[], verdict: RegExp, signal?: AbortSignal): Promise<void> {
  expectOutput(await expectExit(0, args, signal), "the verdict is clean, and of something", verdict);
}

/** The lie was told, the verdict has its name for it, and says topic, partition, offset and value of it, where the lie was told. */
async function expectRed({ name, topic }: { readonly name: string; readonly topic: string }, plant: keyof typeof LIES, signal?: AbortSignal): Promise<void> {
  const output = await expectExit(NOT_CLEAN, [name, "--plant", plant], signal);
  const told = new RegExp(`broker \\d+ lies: ${plant}: \\d+ records of (?<where>${topic}-\\d+) `);
  const where = expectOutput(output, "the lie was told", told).groups?.["where"] ?? "";
  expectOutput(output, "the verdict is red", /^VIOLATED$/m);
  const title = `^ {2}${LIES[plant]}\\b.* \\([1-9]\\d*\\)$`;
  const example = `^ {4}${where}, offset \\d+, value \\d+: .+$`;
  expectOutput(output, `the verdict says ${LIES[plant]}, and where`, new RegExp(`${title}\n${example}`, "m"));
  if (/^FAILED: /m.test(output)) throw new Error(`the verdict is not all that failed\n${output}`);
}

function expectOutput(output: string, what: string, pattern: RegExp): RegExpExecArray {
  const found = pattern.exec(output);
  if (found === null) throw new Error(`not so: ${what}; the output has no ${String(pattern)}\n${output}`);
  return found;
}

const suite = new StepList({ isChain: false });

async function runAll({ first, seeds }: SeedRange, signal?: AbortSignal): Promise<void> {
  const step = (title: string, run: () => Promise<void>) => suite.step(title, run, signal);
  const which = seeds === 1 ? `seed ${first}` : `seeds ${first} to ${first + seeds - 1}`;
  const range = ["--seed", String(first), "--seeds", String(seeds)];
  for (const [name, scenario] of scenarios) {
    const topic = scenario.topic.name;
    await step(`${name} in processes: clean`, () => expectClean([name], /^Clean: every one of [1-9]\d* acknowledged records is there/m, signal));
    const allClean = new RegExp(`^${name}: ${seeds} of ${seeds} seeds as expected; [1-9]\\d* records acknowledged`, "m");
    await step(`${name} in the simulated world, ${which}: clean`, () => expectClean([name, "--world", "sim", ...range], allClean, signal));
    for (const plant of ["drop-acked", "duplicate", "reorder"] as const)
      await step(`${name} with a planted ${plant}: the verdict says ${LIES[plant]}, and where`, () => expectRed({ name, topic }, plant, signal));
  }
}

const range = seedRangeOf(parseArgs({ options: SEED_OPTIONS }).values, FULL_SEEDS);
if (range === undefined) {
  await runAll({ first: 1, seeds: 1 });
  suite.finish();
} else suite.finish(await walkSeeds({ range, blockSeeds: BLOCK_SEEDS, command: () => "npm run test:scenarios -- --full", run: runAll }));
