/**
 * Kills brokers with SIGKILL under load, by turns the leader of a partition, a follower and the active controller; afterwards
 * every acknowledged record must be there, once and in order, and the replicas' files must be equal byte for byte.
 *
 *   node scripts/thirty-kills.ts [--kills 30] [--seed S]
 */
import { spawnSync } from "node:child_process";
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";

const { values } = parseArgs({ options: { kills: { type: "string", default: "30" }, seed: { type: "string" } } });
const kills = Number(values.kills);
const seed = values.seed === undefined ? randomInt(2 ** 31) : Number(values.seed);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

const built = spawnSync(process.execPath, ["scripts/bundle.ts"], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

// After the build: the packages import code that it generates.
const { formatVerdict } = await import("@samsa/history");
const { repeatedKills } = await import("@samsa/scenario-runner");

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort(new Error(`stopped by ${signal}`)));

print(`${kills} kills, seed ${seed} (of the pauses before restarts)`);
const result = await repeatedKills({ bundle: "dist/samsa.mjs", kills, seed, tell: print, signal: interruption.signal });
const gaps = (isController: boolean): string => {
  const all = result.kills
    .filter(({ wasActiveController }) => wasActiveController === isController)
    .map(({ gapMs }) => Math.round(gapMs))
    .sort((a, b) => a - b);
  return all.length === 0 ? "none" : `median ${all[Math.floor(all.length / 2)]} ms, longest ${all.at(-1)} ms, in ${all.length} kills`;
};
print(`gap without an ack, victim not the active controller: ${gaps(false)}`);
print(`gap without an ack, victim the active controller: ${gaps(true)}`);
for (const { partition, bytes, batches } of result.compared)
  print(`${partition}: ${batches} batches, ${bytes} bytes below the high watermark are equal on all replicas`);
print(formatVerdict(result.verdict));
for (const failure of result.failures) print(`FAILED: ${failure}`);
const isGood = result.failures.length === 0 && result.verdict.isClean && result.verdict.permitted.length === 0 && result.kills.length === kills;
process.exitCode = isGood ? 0 : 1;
