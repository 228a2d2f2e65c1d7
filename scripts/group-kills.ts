/**
 * Kills brokers with SIGKILL, by turns the leader of a partition, a follower, the coordinator of a group and the active controller, while confluent-kafka and kafkajs write and
 * kcat and kafka-python read in groups; afterwards every acknowledged record must be there, once and in order, the groups must have been given all of
 * them, and no committed offset may ever have gone back.
 *
 *   node scripts/group-kills.ts [--kills 50] [--seed S] [--controllers 3]       controllers of their own, or none
 *   node scripts/group-kills.ts --full [--kills 50] [--first 1] [--seeds 10]    fifty kills with each seed
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { formatVerdict } from "@samsa/history";
import { groupKills } from "@samsa/scenario-runner/group-kills";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { finish } from "./tally.ts";

const FULL_SEEDS = 10;

const { values } = parseArgs({
  options: { ...SEED_OPTIONS, kills: { type: "string", default: "50" }, controllers: { type: "string", default: "0" }, seed: { type: "string" } },
});
const kills = Number(values.kills);
const sum = { passed: 0, failed: 0, skipped: 0 };
const print = (line: string): void => void process.stdout.write(`${line}\n`);

/** Each kill counts as passed; so does the verdict on all of them. */
async function killWith(seed: number, signal: AbortSignal): Promise<void> {
  print(`${kills} kills, seed ${seed} (of the pauses before restarts)`);
  const result = await groupKills({ bundle: "dist/samsa.mjs", kills, controllers: Number(values.controllers), seed, tell: print, signal });
  for (const [topic, verdict] of result.verdicts) print(`${topic}: ${formatVerdict(verdict)}`);
  for (const [topic, { distinct, repeated }] of result.read) print(`the group of ${topic} was given ${distinct} records, ${repeated} of them again`);
  for (const failure of result.failures) print(`FAILED: ${failure}`);
  const areClean = [...result.verdicts.values()].every(({ isClean, permitted }) => isClean && permitted.length === 0);
  const isGood = result.failures.length === 0 && areClean && result.kills.length === kills;
  sum.passed += result.kills.length + (isGood ? 1 : 0);
  sum.failed += isGood ? 0 : 1;
  sum.skipped += kills - result.kills.length;
}

const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : Number(values.seed);
const options = `${values.kills === "50" ? "" : ` --kills ${values.kills}`}${values.controllers === "0" ? "" : ` --controllers ${values.controllers}`}`;
const seedsNotReached = await walkSeeds({
  range: seedRangeOf(values, FULL_SEEDS) ?? { first: seed, seeds: 1 },
  blockSeeds: 1,
  command: () => `npm run group-kills -- --full${options}`,
  run: ({ first }, signal) => killWith(first, signal),
});
finish({ ...sum, skipped: sum.skipped + seedsNotReached }, seedsNotReached > 0);
