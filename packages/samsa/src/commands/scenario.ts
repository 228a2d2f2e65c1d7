import { FaultRefused, type Scenario, type WorldName } from "@samsa/scenario-runner";
import { scenarios } from "@samsa/scenarios";
import { integerOption, readOptions } from "../options.ts";
import { formatScenarioList, scenarioListJson } from "../scenario/list-scenarios.ts";
import { commandOf } from "../scenario/command-of.ts";
import { type FinishedRun, Output, type RunSummary } from "../scenario/output.ts";
import { ReportDirectory } from "../scenario/report-directory.ts";
import { runInProcesses, runInSimulation, type RunOptions } from "../scenario/run-once.ts";
import { runSeeds } from "../scenario/run-seeds.ts";
import { selectScenarios } from "../scenario/select-scenarios.ts";
import { formatSummary } from "../scenario/summary-table.ts";
import { UsageError } from "../usage-error.ts";

const NAME_WIDTH = Math.max(...[...scenarios.keys()].map((name) => name.length));

const HELP = `samsa scenario list                                  what can be broken, what it teaches, how it must end
samsa scenario run leader-failover                   in real processes, with kafkajs
samsa scenario run leader-failover --seed 7          the same in the simulated world
samsa scenario run quorum-loss leader-failover       one after the other, and a table
samsa scenario run --all --repeat 5                  every one, five times

Breaks a cluster under load, step by step, and judges every acknowledged record. samsa demo is samsa scenario run leader-failover.

  --all                 every scenario
  --world process|sim   broker processes and kafkajs (the default), or the same server in the simulated world, our own client, virtual time
  --repeat N            each so many times; in the simulated world with the seed and those behind it
  --seed N              of the simulated world (default 1)
  --seeds N             N runs in the simulated world, and a summary
  --controllers N       N more nodes are the controllers, and the brokers are none (0: every broker is a controller too; default: the scenario's)
  --plant NAME          a broker lies at the end (drop-acked, duplicate, reorder): the verdict must be red
  --report DIR          a page for each run, DIR/NAME.html, and for several DIR/index.html; they need no network
  --json                one line of JSON for each run on stdout, of the list one object; the story goes to stderr

Exit code 0: every verdict is as expected. 1: some is not. 2: the command line can't be understood. 130: interrupted; every process was killed.

Scenarios:
${[...scenarios.values()].map(({ name, title }) => `  ${name.padEnd(NAME_WIDTH)}  ${title}`).join("\n")}
`;

const OPTIONS = {
  all: { type: "boolean" },
  world: { type: "string" },
  repeat: { type: "string" },
  seed: { type: "string" },
  seeds: { type: "string" },
  plant: { type: "string" },
  controllers: { type: "string" },
  report: { type: "string" },
  json: { type: "boolean" },
} as const;

const LIST_OPTIONS = { json: { type: "boolean" } } as const;

const SIGNALED = 130;
const LINGER_MS = 3_000;

export async function runScenarioCommand(args: readonly string[]): Promise<number> {
  const [verb, ...rest] = args;
  if (verb === "list") return list(rest);
  if (verb === "run") return runScenarios(rest);
  if (verb !== undefined && readOptions(args, OPTIONS, HELP) === undefined) return 0;
  throw new UsageError(`samsa scenario list or samsa scenario run NAME is needed${verb === undefined ? "" : `, not ${JSON.stringify(verb)}`}`);
}

/** `samsa demo`. */
export const runDemo = (args: readonly string[]): Promise<number> => runScenarios(["leader-failover", ...args]);

function list(args: readonly string[]): number {
  const parsed = readOptions(args, LIST_OPTIONS, HELP);
  if (parsed === undefined) return 0;
  if (parsed.positionals.length > 0) throw new UsageError(`samsa scenario list takes no names, such as ${JSON.stringify(parsed.positionals[0])}`);
  process.stdout.write(`${parsed.values.json === true ? scenarioListJson() : formatScenarioList()}\n`);
  return 0;
}

async function runScenarios(args: readonly string[]): Promise<number> {
  const parsed = readOptions(args, OPTIONS, HELP);
  if (parsed === undefined) return 0;
  const { values, positionals } = parsed;
  const chosen = selectScenarios({ names: positionals, all: values.all, controllers: values.controllers, plant: values.plant });
  const world = worldOf(values);
  const output = new Output(values.json === true);
  const first = integerOption("seed", values.seed, 1);
  const repeat = integerOption("repeat", values.repeat, 1);
  if (repeat === 0) throw new UsageError("--repeat is 0; it must be at least 1");
  if (values.seeds !== undefined && values.report !== undefined) throw new UsageError("--report goes without --seeds: it is of runs that are told");
  if (values.seeds !== undefined && values.repeat !== undefined) throw new UsageError("--seeds and --repeat go one without the other");
  const reports = values.report === undefined ? undefined : new ReportDirectory(values.report);
  const again = { controllers: values.controllers, plant: values.plant };
  try {
    if (values.seeds === undefined) return await runEach({ chosen, world, first, repeat, reports, ...again }, output);
    const count = integerOption("seeds", values.seeds, 1);
    let isGood = true;
    for (const scenario of chosen) if (!(await runSeeds(scenario, { first, count, isJson: output.isJson }))) isGood = false;
    return isGood ? 0 : 1;
  } catch (error) {
    if (error instanceof FaultRefused) throw new UsageError(error.message);
    throw error;
  }
}

function worldOf({
  world,
  seed,
  seeds,
}: {
  readonly world?: string | undefined;
  readonly seed?: string | undefined;
  readonly seeds?: string | undefined;
}): WorldName {
  const isSeeded = seed !== undefined || seeds !== undefined;
  if (world === undefined) return isSeeded ? "sim" : "process";
  if (world !== "process" && world !== "sim") throw new UsageError(`--world is ${JSON.stringify(world)}; it must be process or sim`);
  if (world === "process" && isSeeded) throw new UsageError("--seed and --seeds are of the simulated world: --world sim");
  return world;
}

interface Plan {
  readonly chosen: readonly Scenario[];
  readonly world: WorldName;
  readonly first: number;
  readonly repeat: number;
  readonly reports: ReportDirectory | undefined;
  readonly controllers: string | undefined;
  readonly plant: string | undefined;
}

/** One after the other. What is told of a run does not depend on how many there are; behind several there is a table. */
async function runEach({ chosen, world, first, repeat, reports, controllers, plant }: Plan, output: Output): Promise<number> {
  const interruption = new AbortController();
  const interrupt = (signal: NodeJS.Signals): void => interruption.abort(new UsageError(`stopped by ${signal}; every process was killed`));
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, interrupt);
  const summaries: RunSummary[] = [];
  try {
    for (const scenario of chosen) {
      for (let index = 0; index < repeat; index++) {
        interruption.signal.throwIfAborted();
        if (summaries.length > 0) output.tell("\n");
        const startMs = performance.now();
        const options: RunOptions = { scenario, tell: (entry) => output.entry(entry), introduce: (one) => output.introduce(one) };
        const run = world === "process" ? await runInProcesses(options, interruption.signal) : await runInSimulation(options, first + index);
        output.show(run);
        if (reports !== undefined) output.tell(`Report: ${reports.add(run, commandOf(run, { controllers, plant }))}\n`);
        summaries.push(summaryOf(run, world, performance.now() - startMs));
      }
    }
  } catch (error) {
    if (!interruption.signal.aborted) throw error;
    process.stderr.write(`samsa: ${error instanceof Error ? error.message : String(error)}\n`);
    return SIGNALED;
  }
  // A foreign client that still waits for an answer must not keep the program.
  setTimeout(() => process.exit(), LINGER_MS).unref();
  if (summaries.length > 1) output.tell(`\n${formatSummary(summaries)}\n`);
  const table = reports?.finish();
  if (table !== undefined) output.tell(`Reports: ${table}\n`);
  return summaries.every(({ outcome }) => outcome.isAsExpected) ? 0 : 1;
}

function summaryOf({ scenario, result, outcome, seed }: FinishedRun, world: WorldName, tookMs: number): RunSummary {
  const [gap] = result.longestGaps;
  return {
    scenario: scenario.name,
    world,
    seed: seed?.seed,
    tookMs,
    acked: result.verdict.counts.acked,
    longestGapMs: gap === undefined ? 0 : gap.toMs - gap.fromMs,
    outcome,
  };
}
