/**
 * Kills brokers with SIGKILL under load, by turns the leader of a partition, a follower and the active controller; afterwards
 * every acknowledged record must be there, once and in order, and the replicas' files must be equal byte for byte.
 *
 *   node scripts/thirty-kills.ts [--kills 30] [--seed S] [--controllers 3]   controllers of their own, or none
 *   node scripts/thirty-kills.ts --full [--kills 30] [--first 1] [--seeds 10]   thirty kills with each seed
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { formatVerdict } from "@samsa/history";
import { type Kill, repeatedKills } from "@samsa/scenario-runner";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { finish } from "./tally.ts";

const FULL_SEEDS = 10;

const { values } = parseArgs({
  options: { ...SEED_OPTIONS, kills: { type: "string", default: "30" }, controllers: { type: "string", default: "0" }, seed: { type: "string" } },
});
const kills = Number(values.kills);
const sum = { passed: 0, failed: 0, skipped: 0 };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

function describeGaps(all: readonly Kill[], isController: boolean): string {
  const gaps = all
    .filter(({ wasActiveController }) => wasActiveController === isController)
    .map(({ gapMs }) => Math.round(gapMs))
    .sort((a, b) => a - b);
  return gaps.length === 0 ? "none" : `median ${gaps[Math.floor(gaps.length / 2)]} ms, longest ${gaps.at(-1)} ms, in ${gaps.length} kills`;
}

/** Each kill counts as passed; so does the verdict on all of them. */
async function killWith(seed: number, signal: AbortSignal): Promise<void> {
  print(`${kills} kills, seed ${seed} (of the pauses before restarts)`);
  const result = await repeatedKills({ bundle: "dist/samsa.mjs", kills, controllers: Number(values.controllers), seed, tell: print, signal });
  print(`gap without an ack, victim not the active controller: ${describeGaps(result.kills, false)}`);
  print(`gap without an ack, victim the active controller: ${describeGaps(result.kills, true)}`);
  for (const { partition, bytes, batches } of result.compared)
    print(`${partition}: ${batches} batches, ${bytes} bytes below the high watermark are equal on all replicas`);
  print(formatVerdict(result.verdict));
  for (const failure of result.failures) print(`FAILED: ${failure}`);
  const isGood = result.failures.length === 0 && result.verdict.isClean && result.verdict.permitted.length === 0 && result.kills.length === kills;
  sum.passed += result.kills.length + (isGood ? 1 : 0);
  sum.failed += isGood ? 0 : 1;
  sum.skipped += kills - result.kills.length;
}

const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : Number(values.seed);
const range = seedRangeOf(values, FULL_SEEDS);
const options = `${values.kills === "30" ? "" : ` --kills ${values.kills}`}${values.controllers === "0" ? "" : ` --controllers ${values.controllers}`}`;
const seedsNotReached = await walkSeeds({
  range: range ?? { first: seed, seeds: 1 },
  blockSeeds: 1,
  command: () => `npm run kills -- --full${options}`,
  run: ({ first }, signal) => killWith(first, signal),
});
finish({ ...sum, skipped: sum.skipped + seedsNotReached }, seedsNotReached > 0);
