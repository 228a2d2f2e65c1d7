/**
 * A long campaign of the chaos, seed after seed, until so many seconds were simulated. What it has seen is kept in a file after every block, and
 * a campaign that was stopped goes on from there.
 *
 *   npm run raft-campaign                                  1,000,000 simulated seconds
 *   npm run raft-campaign -- --seconds 5000 --first 77000 --state dist/other.json
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { parseArgs } from "node:util";
import { runChaos } from "./support/chaos.ts";
import { addMarks, type Marks, newMarks } from "./support/marks.ts";

const BLOCK_SEEDS = 100;
/** Of each of these a campaign of a million seconds has met more than so many, or it was none. */
const REQUIRED: readonly (keyof Marks)[] = ["messages", "elections", "voterChanges", "snapshotInstalls", "truncations"];
const REQUIRED_COUNT = 1000;
const FULL_SECONDS = 1_000_000;

interface State {
  nextSeed: number;
  readonly firstSeed: number;
  simulatedSeconds: number;
  realSeconds: number;
  readonly marks: Marks;
  readonly violations: { readonly seed: number; readonly message: string }[];
}

const { values } = parseArgs({ options: { seconds: { type: "string" }, first: { type: "string" }, state: { type: "string" } } });
const seconds = Number(values.seconds ?? FULL_SECONDS);
const file = values.state ?? "dist/raft-campaign.json";
const state = load();
while (state.simulatedSeconds < seconds) {
  const startMs = performance.now();
  for (let i = 0; i < BLOCK_SEEDS && state.simulatedSeconds < seconds; i++) runSeed(state.nextSeed++);
  state.realSeconds += (performance.now() - startMs) / 1000;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(state, null, 2)}\n`);
  process.stderr.write(`seed ${state.nextSeed - 1}: ${Math.round(state.simulatedSeconds)} s simulated in ${Math.round(state.realSeconds)} s\n`);
}
report();

function load(): State {
  if (existsSync(file)) return JSON.parse(readFileSync(file, "utf8")) as State;
  const firstSeed = Number(values.first ?? 1);
  return { firstSeed, nextSeed: firstSeed, simulatedSeconds: 0, realSeconds: 0, marks: newMarks(), violations: [] };
}

function runSeed(seed: number): void {
  try {
    const { checker, queue } = runChaos(seed);
    addMarks(state.marks, checker.marks);
    state.simulatedSeconds += queue.nowUs / 1e6;
  } catch (error) {
    state.violations.push({ seed, message: error instanceof Error ? error.message : String(error) });
  }
}

function report(): void {
  const { marks, violations, simulatedSeconds, realSeconds, firstSeed, nextSeed } = state;
  console.log(`seeds ${firstSeed} to ${nextSeed - 1}, ${Math.round(simulatedSeconds)} simulated seconds in ${Math.round(realSeconds)} s`);
  for (const [name, count] of Object.entries(marks))
    console.log(`${name.padEnd(18)} ${String(count).padStart(12)}  ${(count / simulatedSeconds).toFixed(3)} a second`);
  for (const { seed, message } of violations) console.log(`seed ${seed}: ${message}`);
  const missed = simulatedSeconds < FULL_SECONDS ? [] : REQUIRED.filter((name) => marks[name] <= REQUIRED_COUNT);
  const isSparse = marks.faults < simulatedSeconds || marks.proposals < simulatedSeconds;
  for (const name of missed) console.log(`only ${marks[name]} ${name}: that was no campaign`);
  if (isSparse) console.log("fewer than one fault or one proposal a simulated second: that was no campaign");
  console.log(`${violations.length} violations`);
  process.exitCode = violations.length > 0 || missed.length > 0 || isSparse ? 1 : 0;
}
