/**
 * The suites that are vitest's.
 *
 *   node scripts/vitest-suite.ts test [FILTER…]                             what vitest takes, it takes
 *   node scripts/vitest-suite.ts test --full [--first 1] [--seeds 5000]     only what draws from seeds: the swarm and the campaigns of properties
 *   node scripts/vitest-suite.ts clients --controllers 3 [FILTER…]          all of it against three brokers and three controllers
 *   node scripts/vitest-suite.ts clients --full [--first 1] [--seeds 10]    only failovers and kills under real clients: each victim, killed at a moment that the seed draws
 */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { finish, readTally, type Tally } from "./tally.ts";

const VITEST = "node_modules/vitest/vitest.mjs";
/** Process groups, which a signal reaches as a whole. */
const hasGroups = process.platform !== "win32";

interface VitestSuite {
  readonly command: string;
  readonly config: string;
  /** What reads SAMSA_FIRST_SEED and SAMSA_SEEDS. */
  readonly seededFiles: readonly string[];
  readonly seeds: number;
  readonly blockSeeds: number;
}

const SUITES: Readonly<Record<string, VitestSuite>> = {
  test: {
    command: "npm test",
    config: "vitest.config.ts",
    seededFiles: [
      "packages/simulator/test/swarm/",
      "packages/simulator/test/durability.property.test.ts",
      "packages/simulator/test/peer-port/",
      "packages/raft-ts/test/chaos.property.test.ts",
      "packages/replication/test/cluster.property.test.ts",
      "packages/log/test/crash.property.test.ts",
    ],
    seeds: 5_000,
    // So many that each campaign meets all that it must have met, the rarest fault being in one seed of seven; about a minute.
    blockSeeds: 200,
  },
  clients: {
    command: "npm run test:clients",
    config: "vitest.clients.config.ts",
    seededFiles: [
      "packages/scenario-runner/test/clients/failover.clients.test.ts",
      "packages/scenario-runner/test/clients/matrix/client-kills.clients.test.ts",
    ],
    seeds: 10,
    blockSeeds: 1,
  },
};

/** What vitest says is shown only where something failed: a day of passed blocks would bury it. */
async function runSeeds({ config, seededFiles }: VitestSuite, { first, seeds }: SeedRange, signal: AbortSignal): Promise<Tally> {
  const child = spawn(process.execPath, [VITEST, "run", "--config", config, ...seededFiles], {
    env: { ...process.env, SAMSA_FIRST_SEED: String(first), SAMSA_SEEDS: String(seeds) },
    stdio: ["ignore", "pipe", "pipe"],
    detached: hasGroups,
  });
  // Not the run alone: its workers would be ended in a way that leaves their brokers behind.
  const interrupt = (): void => void (child.pid === undefined || process.kill(hasGroups ? -child.pid : child.pid, "SIGINT"));
  signal.addEventListener("abort", interrupt);
  const output: string[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (chunk: string) => output.push(chunk));
  const [code] = (await once(child, "close")) as [number | null];
  signal.removeEventListener("abort", interrupt);
  const tally = readTally(output.join("")) ?? { passed: 0, failed: 0, skipped: 0 };
  if (code === 0 || signal.aborted) return tally;
  process.stdout.write(output.join(""));
  return { ...tally, failed: Math.max(1, tally.failed) };
}

async function runFull(suite: VitestSuite, args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: SEED_OPTIONS });
  const range = seedRangeOf(values, suite.seeds);
  if (range === undefined) throw new RangeError("without --full there are no seeds to run");
  const sum = { passed: 0, failed: 0, skipped: 0 };
  const seedsNotReached = await walkSeeds({
    range,
    blockSeeds: suite.blockSeeds,
    command: () => `${suite.command} -- --full`,
    run: async (block, signal) => {
      const { passed, failed, skipped } = await runSeeds(suite, block, signal);
      if (signal.aborted) return;
      sum.passed += passed;
      sum.failed += failed;
      sum.skipped += skipped;
    },
  });
  finish({ ...sum, skipped: sum.skipped + seedsNotReached }, seedsNotReached > 0);
}

const [name = "", ...args] = process.argv.slice(2);
const controllersAt = args.indexOf("--controllers");
if (name === "clients" && controllersAt >= 0) [, process.env["SAMSA_CLIENTS_CONTROLLERS"]] = args.splice(controllersAt, 2);
const suite = SUITES[name];
if (suite === undefined) throw new RangeError(`${JSON.stringify(name)} is not one of ${Object.keys(SUITES).join(", ")}`);
if (args.includes("--full")) await runFull(suite, args);
else process.exitCode = spawnSync(process.execPath, [VITEST, "run", "--config", suite.config, ...args], { stdio: "inherit" }).status ?? 1;
