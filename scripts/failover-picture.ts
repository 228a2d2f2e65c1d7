/**
 * Makes `docs/failover.svg`, the README's picture: a real run of the scenario that `npm start` runs, in processes.
 *
 *   npm run failover-picture
 */
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { type ScenarioResult, standaloneSvg } from "@samsa/scenario-runner";
import { scenarios } from "@samsa/scenarios";

const NAME = "leader-failover";
const FILE = new URL("../docs/failover.svg", import.meta.url);
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;
/** A README is loaded by many. */
const FILE_BYTES_MAX = 60_000;

const scenario = scenarios.get(NAME);
if (scenario === undefined) throw new RangeError(`there is no scenario ${NAME}`);
const { status, stdout } = spawnSync(process.execPath, ["dist/samsa.mjs", "scenario", "run", NAME, "--json"], {
  cwd: new URL("..", import.meta.url),
  encoding: "utf8",
  stdio: ["ignore", "pipe", "inherit"],
  maxBuffer: OUTPUT_BYTES_MAX,
});
if (status !== 0) throw new Error(`the scenario ended with exit code ${String(status)}`);
const result = JSON.parse(stdout) as ScenarioResult;
const svg = standaloneSvg({ scenario, result, outcome: { isAsExpected: true, inWords: "clean" }, command: "npm start" });
if (svg.length > FILE_BYTES_MAX) throw new RangeError(`${svg.length} bytes are more than ${FILE_BYTES_MAX}`);
writeFileSync(FILE, svg);
process.stdout.write(`docs/failover.svg: ${svg.length} bytes\n`);
