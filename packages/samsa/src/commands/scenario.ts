import {
  checkSupport,
  FaultRefused,
  formatEntry,
  formatResult,
  isGood,
  planted,
  processWorld,
  runScenario as run,
  type Scenario,
  type ScenarioResult,
  simulatedWorld,
  type TimelineEntry,
  type WorldFactory,
} from "@samsa/scenario-runner";
import { scenarios } from "@samsa/scenarios";
import type { Plant } from "@samsa/world";
import { injectFault } from "../inject-fault.ts";
import { integerOption, readOptions } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const HELP = `samsa scenario NAME [--world process|sim]

Runs a scenario and judges every acknowledged record. Exit code 0 only if the verdict is clean.

  --world process       three broker processes and kafkajs (the default)
  --world sim           the same server in the simulated world, our own client, virtual time
  --seed N              of the simulated world (default 1)
  --seeds N             N runs in the simulated world, and a summary
  --controllers N       N more nodes are the controllers, and the brokers are none (0: every broker is a controller too; default: the scenario's)
  --plant NAME          a broker lies at the end (drop-acked, duplicate, reorder): the verdict must be red
  --json                the result as JSON on stdout; the timeline goes to stderr

Scenarios:
${[...scenarios.values()].map(({ name, title }) => `  ${name.padEnd(20)}  ${title}`).join("\n")}
`;

const OPTIONS = {
  world: { type: "string" },
  seed: { type: "string" },
  seeds: { type: "string" },
  plant: { type: "string" },
  controllers: { type: "string" },
  json: { type: "boolean" },
} as const;

const PLANTS: readonly Plant[] = ["drop-acked", "duplicate", "reorder"];
const SIGNALED = 130;

export async function runScenario(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const plain = scenarioOf(positionals);
  const controllers = integerOption("controllers", values.controllers, plain.cluster.controllers ?? 0);
  const scenario = withPlant({ ...plain, cluster: { ...plain.cluster, controllers } }, values.plant);
  const world = values.world ?? (values.seed === undefined && values.seeds === undefined ? "process" : "sim");
  const isJson = values.json === true;
  try {
    if (world === "process") return await runInProcesses(scenario, isJson);
    if (world !== "sim") throw new UsageError(`--world is ${JSON.stringify(world)}; it must be process or sim`);
    const seed = integerOption("seed", values.seed, 1);
    if (values.seeds !== undefined) return await runSeeds(scenario, { first: seed, count: integerOption("seeds", values.seeds, 1), isJson });
    return await runInSimulation(scenario, seed, isJson);
  } catch (error) {
    if (error instanceof FaultRefused) throw new UsageError(error.message);
    throw error;
  }
}

function scenarioOf(positionals: readonly string[]): Scenario {
  const [name, ...rest] = positionals;
  const known = [...scenarios.keys()].join(", ");
  if (name === undefined || rest.length > 0) throw new UsageError(`one scenario is needed: ${known}`);
  const scenario = scenarios.get(name);
  if (scenario === undefined) throw new UsageError(`there is no scenario ${JSON.stringify(name)}; there is ${known}`);
  return scenario;
}

function withPlant(scenario: Scenario, text: string | undefined): Scenario {
  if (text === undefined) return scenario;
  const plant = PLANTS.find((one) => one === text);
  if (plant === undefined) throw new UsageError(`--plant is ${JSON.stringify(text)}; it must be one of ${PLANTS.join(", ")}`);
  return planted(scenario, plant);
}

async function runInProcesses(scenario: Scenario, isJson: boolean): Promise<number> {
  const [, bundle] = process.argv;
  if (bundle === undefined) throw new UsageError("the brokers are started by the path of this program, which is unknown");
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => interruption.abort(new UsageError(`stopped by ${signal}; every broker was killed`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  try {
    const world = processWorld({ scenario, bundle, inject: injectFault, signal: interruption.signal });
    introduce(scenario, world, isJson);
    const result = await run(scenario, world, tellTo(isJson));
    return show(result, isJson, {});
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write(`samsa: ${error instanceof Error ? error.message : String(error)}\n`);
    return SIGNALED;
  }
}

async function runInSimulation(scenario: Scenario, seed: number, isJson: boolean): Promise<number> {
  const world = simulatedWorld(scenario, seed);
  introduce(scenario, world, isJson);
  const result = await run(scenario, world, tellTo(isJson));
  return show(result, isJson, { seed, traceHash: world.traceHash });
}

interface SeedSummary {
  readonly seed: number;
  readonly isGood: boolean;
  readonly traceHash: string;
  readonly acked: number;
  readonly longestGapMs: number;
}

async function runSeeds(
  scenario: Scenario,
  { first, count, isJson }: { readonly first: number; readonly count: number; readonly isJson: boolean },
): Promise<number> {
  const startMs = performance.now();
  const summaries: SeedSummary[] = [];
  for (let seed = first; seed < first + count; seed++) {
    const world = simulatedWorld(scenario, seed);
    const result = await run(scenario, world, () => undefined);
    const [gap] = result.longestGaps;
    summaries.push({
      seed,
      isGood: isGood(result),
      traceHash: world.traceHash,
      acked: result.verdict.counts.acked,
      longestGapMs: gap === undefined ? 0 : gap.toMs - gap.fromMs,
    });
    if (!isGood(result))
      process.stderr.write(`seed ${seed}:\n${formatResult(result)}\nRun it again: samsa scenario ${scenario.name} --world sim --seed ${seed}\n`);
    else process.stderr.write(process.stderr.isTTY ? `\r${summaries.length} of ${count}` : "");
  }
  if (process.stderr.isTTY) process.stderr.write("\n");
  const bad = summaries.filter((summary) => !summary.isGood).length;
  if (isJson) process.stdout.write(`${JSON.stringify({ scenario: scenario.name, world: "sim", runs: summaries })}\n`);
  else process.stdout.write(`${summarize(summaries)}, in ${((performance.now() - startMs) / 1000).toFixed(1)} s\n`);
  return bad === 0 ? 0 : 1;
}

function summarize(summaries: readonly SeedSummary[]): string {
  const gaps = summaries.map(({ longestGapMs }) => longestGapMs).sort((a, b) => a - b);
  const good = summaries.filter((summary) => summary.isGood).length;
  const acked = summaries.reduce((sum, summary) => sum + summary.acked, 0);
  const median = Math.round(gaps[Math.floor(gaps.length / 2)] ?? 0);
  return `${good} of ${summaries.length} seeds clean; ${acked} records acknowledged; longest time without an acknowledgement: median ${median} ms, maximum ${Math.round(gaps.at(-1) ?? 0)} ms (virtual)`;
}

function introduce(scenario: Scenario, world: WorldFactory, isJson: boolean): void {
  checkSupport(scenario, world);
  (isJson ? process.stderr : process.stdout).write(`${scenario.title}\n\n${wrapped(scenario.prose)}\n\n`);
}

/** Lines that a terminal does not break. */
const wrapped = (text: string): string => text.replaceAll(/(.{60,100}) /g, "$1\n");

const tellTo =
  (isJson: boolean) =>
  (entry: TimelineEntry): void =>
    void (isJson ? process.stderr : process.stdout).write(`${formatEntry(entry)}\n`);

function show(result: ScenarioResult, isJson: boolean, more: { readonly seed?: number; readonly traceHash?: string }): number {
  const isClean = isGood(result);
  if (isJson) process.stdout.write(`${JSON.stringify({ ...result, ...more, isClean })}\n`);
  else process.stdout.write(`\n${formatResult(result)}\n${more.traceHash === undefined ? "" : `Seed ${more.seed}, trace hash ${more.traceHash}\n`}`);
  return isClean ? 0 : 1;
}
