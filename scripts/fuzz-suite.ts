/**
 * Structure-aware fuzz of the Kafka port: requests of every advertised API and version, most of them with something wrong, against the server
 * in the simulated world and against a process.
 *
 *   node scripts/fuzz-suite.ts                                   a slice that CI has time for
 *   node scripts/fuzz-suite.ts --full [--first 1] [--seeds 100]  20 cases of every version for each seed: 2,000 in all
 *   node scripts/fuzz-suite.ts --seed 7 [--api Produce]          one seed again, whole or of one API
 */
import { parseArgs } from "node:util";
import { fuzz, FuzzFailure } from "./fuzz-suite/fuzz-run.ts";
import { Reach, REACH_MIN_PERCENT, SUCCESS_MIN_PERCENT } from "./fuzz-suite/reach.ts";
import { leaks } from "./fuzz-suite/leaks.ts";
import { ProcessTarget } from "./fuzz-suite/process-target.ts";
import { SimulatedTarget } from "./fuzz-suite/simulated-target.ts";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const CASES_PER_VERSION = 20;
const FULL_SEEDS = 100;
const QUICK_SEEDS = 10;
const SOCKET_CASES_PER_VERSION = 50;
const SIMULATED_WALL_MS = 1_767_225_600_000;

const { values: options } = parseArgs({ options: { ...SEED_OPTIONS, seed: { type: "string" }, api: { type: "string" } } });
const suite = new StepList({ isChain: false });
const reach = new Reach();

async function simulated(seed: number): Promise<void> {
  const target = new SimulatedTarget(seed);
  try {
    await fuzz(target, { seed, casesPerVersion: CASES_PER_VERSION, wallMs: SIMULATED_WALL_MS, reach, only: options.api });
    const { topics } = await target.view();
    const [leak] = leaks([...topics.values()].reduce((sum, { partitions }) => sum + partitions, 0));
    if (leak !== undefined) throw new FuzzFailure(leak);
  } finally {
    await target.dispose();
  }
}

/** Its clock is ours, and so is the world: what depends on when a packet comes is not the same again. */
async function overSockets(seed: number): Promise<void> {
  const target = await ProcessTarget.start();
  try {
    await fuzz(target, { seed, casesPerVersion: SOCKET_CASES_PER_VERSION, wallMs: Date.now(), reach: new Reach(), only: options.api });
  } finally {
    await target.dispose();
  }
}

const step = (seed: number): Promise<void> => suite.step(`simulated, seed ${seed} (again: npm run test:fuzz -- --seed ${seed})`, () => simulated(seed));

const full = seedRangeOf(options, FULL_SEEDS);
let notReached = 0;
if (options.seed !== undefined) await step(Number(options.seed));
else if (full !== undefined)
  notReached = await walkSeeds({ range: full, blockSeeds: 1, command: () => "npm run test:fuzz -- --full", run: ({ first }) => step(first) });
else for (let seed = 1; seed <= QUICK_SEEDS; seed++) await step(seed);
if (options.seed === undefined) await suite.step("over sockets, against a process", () => overSockets(full?.first ?? 1));

await suite.step(`${reach.cases} cases of ${reach.versions.size} versions; ${REACH_MIN_PERCENT} % of each API's reach its handler`, () => {
  if (reach.shallow.length > 0) throw new FuzzFailure(`too few do of ${reach.shallow.join(", ")}`);
  if (reach.barren.length > 0) throw new FuzzFailure(`less than ${SUCCESS_MIN_PERCENT} % succeed of ${reach.barren.join(", ")}`);
});
process.stdout.write(`${reach.lines().join("\n")}\n`);
suite.finish(notReached);
