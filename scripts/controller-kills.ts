/**
 * Kills the active controller with SIGKILL while topics are created and records produced; afterwards every acknowledged topic must be
 * there with all its partitions, none in part, and every acknowledged record once and in order.
 *
 *   node scripts/controller-kills.ts [--kills 50] [--seed S]                        three brokers that are controllers too
 *   node scripts/controller-kills.ts --controllers 3                                three brokers and three controllers
 *   node scripts/controller-kills.ts --controllers 5                                three brokers and five controllers
 */
import { randomInt } from "node:crypto";
import { parseArgs } from "node:util";
import { formatVerdict } from "@samsa/history";
import { controllerKills } from "@samsa/scenario-runner";
import { finish } from "./tally.ts";

const { values } = parseArgs({
  options: {
    kills: { type: "string", default: "50" },
    brokers: { type: "string", default: "3" },
    controllers: { type: "string", default: "0" },
    seed: { type: "string" },
  },
});
const kills = Number(values.kills);
const seed = values.seed === undefined ? randomInt(1, 2 ** 31) : Number(values.seed);
const print = (line: string): void => void process.stdout.write(`${line}\n`);

print(`${kills} kills of the active controller, ${values.brokers} brokers, ${values.controllers} controllers of their own, seed ${seed}`);
const tell = print;
const result = await controllerKills({ bundle: "dist/samsa.mjs", brokers: Number(values.brokers), controllers: Number(values.controllers), kills, seed, tell });
const gaps = result.kills.map(({ withoutControllerMs }) => Math.round(withoutControllerMs)).toSorted((a, b) => a - b);
print(`time without an active controller: median ${gaps[Math.floor(gaps.length / 2)] ?? "?"} ms, longest ${gaps.at(-1) ?? "?"} ms`);
print(`${result.acknowledgedTopics} topics acknowledged and there, ${result.unknownTopics} never answered`);
print(formatVerdict(result.verdict));
for (const failure of result.failures) print(`FAILED: ${failure}`);
const isGood = result.failures.length === 0 && result.verdict.isClean && result.verdict.permitted.length === 0 && result.kills.length === kills;
finish({ passed: result.kills.length + (isGood ? 1 : 0), failed: isGood ? 0 : 1, skipped: kills - result.kills.length }, false);
