/**
 * Runs every scenario as users do, in real processes and in the simulated world; then with a lie planted in a broker, which the
 * verdict must see: a verdict that is never red proves nothing.
 *
 *   node scripts/scenario-suite.ts
 */
import { spawnSync } from "node:child_process";
import { scenarios } from "@samsa/scenarios";
import { StepList } from "./step-list.ts";

const BUNDLE = "dist/samsa.mjs";
const PLANTS = ["drop-acked", "duplicate", "reorder"];
/** How a scenario ends whose verdict is red; 2 would be a command that could not even be understood. */
const RED = 1;

function expectExit(expected: number, args: readonly string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, [BUNDLE, "scenario", ...args], { encoding: "utf8" });
  if (status !== expected) throw new Error(`exit code ${status}, not ${expected}\n${stdout}${stderr}`);
}

const suite = new StepList({ isChain: false });
for (const name of scenarios.keys()) {
  await suite.step(`${name} in processes: clean`, () => expectExit(0, [name]));
  await suite.step(`${name} in the simulated world: clean`, () => expectExit(0, [name, "--world", "sim", "--seed", "1"]));
  for (const plant of PLANTS) await suite.step(`${name} with a planted ${plant}: the verdict is red`, () => expectExit(RED, [name, "--plant", plant]));
}
suite.finish();
