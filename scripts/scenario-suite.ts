/**
 * Runs every scenario as users do, in real processes and in the simulated world; then with a lie planted in a broker, which the
 * verdict must see: a verdict that is never red proves nothing.
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
const PLANTS = ["drop-acked", "duplicate", "reorder"];
const FULL_SEEDS = 1_000;
const BLOCK_SEEDS = 50;
/** How a scenario ends whose verdict is red; 2 would be a command that could not even be understood. */
const RED = 1;

async function expectExit(expected: number, args: readonly string[], signal?: AbortSignal): Promise<void> {
  const child = spawn(process.execPath, [BUNDLE, "scenario", ...args], { stdio: ["ignore", "pipe", "pipe"], signal });
  const [[code], stdout, stderr] = await Promise.all([once(child, "close"), text(child.stdout), text(child.stderr)]);
  if (code !== expected) throw new Error(`exit code ${String(code)}, not ${expected}\n${stdout}${stderr}`);
}

const suite = new StepList({ isChain: false });

async function runAll({ first, seeds }: SeedRange, signal?: AbortSignal): Promise<void> {
  const step = (title: string, expected: number, args: readonly string[]) => suite.step(title, () => expectExit(expected, args, signal), signal);
  const which = seeds === 1 ? `seed ${first}` : `seeds ${first} to ${first + seeds - 1}`;
  for (const name of scenarios.keys()) {
    await step(`${name} in processes: clean`, 0, [name]);
    await step(`${name} in the simulated world, ${which}: clean`, 0, [name, "--world", "sim", "--seed", String(first), "--seeds", String(seeds)]);
    for (const plant of PLANTS) await step(`${name} with a planted ${plant}: the verdict is red`, RED, [name, "--plant", plant]);
  }
}

const range = seedRangeOf(parseArgs({ options: SEED_OPTIONS }).values, FULL_SEEDS);
if (range === undefined) {
  await runAll({ first: 1, seeds: 1 });
  suite.finish();
} else suite.finish(await walkSeeds({ range, blockSeeds: BLOCK_SEEDS, command: () => "npm run test:scenarios -- --full", run: runAll }));
