/** The project's figures, over real processes and real clients, also beside another cluster: `npm run bench -- --help`. */
import { mkdirSync } from "node:fs";
import { loadavg } from "node:os";
import { findClients } from "./bench/clients/find-clients.ts";
import type { LoadClient } from "./bench/clients/load-client.ts";
import { BUNDLE, type Contender, startPeer, startSamsa } from "./bench/contender.ts";
import { FailoverSection } from "./bench/failover-section.ts";
import { Figures } from "./bench/figures.ts";
import { isEnding, letGoOfAll, letGoOnSignals } from "./bench/held.ts";
import { LoadSection } from "./bench/load-section.ts";
import { type BenchOptions, HELP, readOptions, type Section, UsageError } from "./bench/options.ts";
import { summarizeProfiles } from "./bench/profile-summary.ts";
import { Report } from "./bench/report.ts";
import { measureStarts } from "./bench/start-section.ts";

const LOADS: readonly Section[] = ["produce", "consume", "tail", "latency", "memory"];
const USAGE = 2;

/** Both fresh, as far as the peer can be. */
async function withContenders(
  options: BenchOptions,
  nodeOptions: readonly string[],
  measure: (contenders: readonly Contender[]) => Promise<void>,
): Promise<void> {
  const contenders = [await startSamsa(nodeOptions)];
  if (options.peer !== undefined) contenders.push(await startPeer(options.peer));
  await measure(contenders);
  for (const contender of contenders) await contender.dispose();
}

async function measureLoads(options: BenchOptions, clients: readonly LoadClient[], report: Report): Promise<void> {
  const directory = options.profileDirectory;
  if (directory !== undefined) mkdirSync(directory, { recursive: true });
  const sinceMs = Date.now();
  const nodeOptions = directory === undefined ? [] : ["--cpu-prof", `--cpu-prof-dir=${directory}`];
  await withContenders(options, nodeOptions, (contenders) => new LoadSection(options, contenders, clients, report).run());
  if (directory !== undefined) report.tell(summarizeProfiles(directory, sinceMs, BUNDLE));
}

async function run(options: BenchOptions): Promise<void> {
  const { sections, isJson } = options;
  const figures = new Figures();
  const report = new Report(figures);
  report.tell(`load before: ${loadavg()[0]?.toFixed(1)}; it should be near 0`);
  const clients = await findClients(options.clients, (line) => report.tell(line));
  report.tell(`load is made by ${clients.map(({ name }) => name).join(", ")}`);
  try {
    if (sections.has("start")) await measureStarts(options, report);
    if (LOADS.some((section) => sections.has(section))) await measureLoads(options, clients, report);
    if (sections.has("failover")) await withContenders(options, [], (contenders) => new FailoverSection(options, clients, report).run(contenders));
  } finally {
    // Also of what was measured before something failed: it may have taken half an hour.
    process.stdout.write(isJson ? `${JSON.stringify(figures.summary(), null, 2)}\n` : figures.table());
  }
}

letGoOnSignals();
try {
  const options = readOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(HELP);
  else await run(options);
} catch (error) {
  if (isEnding()) await new Promise(() => undefined);
  process.stderr.write(`bench: ${error instanceof UsageError ? error.message : error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exitCode = error instanceof UsageError ? USAGE : 1;
}
await letGoOfAll();
process.exit();
