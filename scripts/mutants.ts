/**
 * Puts each known bug back and sees it found.
 *
 *   node scripts/mutants.ts                   every mutant's frozen plan: red with the bug, green without
 *   node scripts/mutants.ts --search R04 P12  look for it anew by seeds, shrink, freeze the plan, write docs/mutants.md
 *   node scripts/mutants.ts --search --seeds 2000 --first 1
 *   node scripts/mutants.ts --full [--first 1] [--seeds 2000] [R04 …]   see that the seeds still find them; nothing is shrunk or written
 */
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { build, type Plugin } from "esbuild";
import { type Edit, type Mutant } from "../mutants/mutant.ts";
import { mutants } from "../mutants/index.ts";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { finish } from "./tally.ts";

const PLANS = "mutants/plans";
const DOCUMENT = "docs/mutants.md";
/** A frozen plan is small; a run that takes longer hangs. */
const RUN_TIMEOUT_MS = 600_000;
const FULL_SEEDS = 2_000;
/** Few, for after each block it is the next mutant's turn. */
const BLOCK_SEEDS = 50;

interface Finding {
  readonly seed: number;
  readonly seeds: number;
  readonly simulatedSeconds: number;
  readonly invariant: string;
  readonly detail: string;
  readonly input: unknown;
}

interface FrozenPlan {
  readonly mutant: string;
  readonly seeds: number;
  readonly simulatedSeconds: number;
  readonly invariant: string;
  readonly actions: number;
  readonly input: { readonly plan: { readonly actions: readonly unknown[] } };
}

function mutate(edits: readonly Edit[]): Plugin {
  const byFile = new Map<string, Edit[]>();
  for (const edit of edits) byFile.set(resolve(edit.file), [...(byFile.get(resolve(edit.file)) ?? []), edit]);
  return {
    name: "mutate",
    setup: (builder) =>
      builder.onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const applicable = byFile.get(path);
        if (applicable === undefined) return undefined;
        return { contents: applicable.reduce(apply, readFileSync(path, "utf8")), loader: "ts" };
      }),
  };
}

function apply(text: string, { file, find, replace }: Edit): string {
  const parts = text.split(find);
  if (parts.length !== 2) throw new Error(`${file}: ${JSON.stringify(find)} stands there ${parts.length - 1} times, not once`);
  return parts.join(replace);
}

async function bundleWith(edits: readonly Edit[], directory: string, name: string): Promise<string> {
  const outfile = join(directory, `${name}.mjs`);
  await build({
    entryPoints: ["scripts/mutant-run.ts"],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "warning",
    plugins: [mutate(edits)],
    banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
  });
  return outfile;
}

function run(bundle: string, request: unknown, signal?: AbortSignal): Promise<Finding | undefined> {
  return new Promise((done, failed) => {
    const timeout = RUN_TIMEOUT_MS * (isSearch ? 20 : 1);
    const child = spawn(process.execPath, ["--stack-size=2000", bundle], { stdio: ["pipe", "pipe", "inherit"], timeout, signal });
    let output = "";
    child.once("error", failed);
    child.stdout.on("data", (chunk: Buffer) => (output += chunk.toString()));
    child.once("close", (code) =>
      code === 0 ? done((JSON.parse(output) as { finding?: Finding }).finding) : failed(new Error(`the run ended with code ${code}`)),
    );
    child.stdin.end(JSON.stringify(request));
  });
}

const planFile = (id: string): string => join(PLANS, `${id}.json`);

function frozenPlanOf(id: string): FrozenPlan | undefined {
  return existsSync(planFile(id)) ? (JSON.parse(readFileSync(planFile(id), "utf8")) as FrozenPlan) : undefined;
}

async function replay(mutant: Mutant, healthy: string, directory: string): Promise<boolean> {
  const frozen = frozenPlanOf(mutant.id);
  if (frozen === undefined) {
    console.log(`${mutant.id.padEnd(22)} FAILED  its frozen plan is missing: node scripts/mutants.ts --search ${mutant.id}`);
    return false;
  }
  const sick = await bundleWith(mutant.edits, directory, mutant.id);
  const request = { type: "replay", input: frozen.input };
  const [withBug, without] = await Promise.all([run(sick, request), run(healthy, request)]);
  const isKilled = withBug !== undefined && without === undefined;
  const why =
    without !== undefined
      ? `red without the bug too: ${without.invariant}`
      : withBug === undefined
        ? "not found"
        : `killed by ${withBug.invariant}${withBug.invariant === frozen.invariant ? "" : ` (was ${frozen.invariant})`}`;
  console.log(`${mutant.id.padEnd(22)} ${isKilled ? "ok    " : "FAILED"}  ${why}`);
  return isKilled;
}

async function search(
  mutant: Mutant,
  { healthy, directory }: { readonly healthy: string; readonly directory: string },
  seeds: { readonly first: number; readonly count: number },
): Promise<boolean> {
  const sick = await bundleWith(mutant.edits, directory, mutant.id);
  const finding = await run(sick, { type: "search", ...seeds, focus: mutant.focus });
  if (finding === undefined) {
    console.log(`${mutant.id.padEnd(22)} SURVIVED ${seeds.count} seeds from ${seeds.first}`);
    return false;
  }
  const innocent = await run(healthy, { type: "replay", input: finding.input });
  if (innocent !== undefined) {
    console.log(`${mutant.id.padEnd(22)} INVALID  seed ${finding.seed} is red without the bug too: ${innocent.invariant}: ${innocent.detail}`);
    console.log(JSON.stringify(finding.input));
    return false;
  }
  const input = finding.input as FrozenPlan["input"];
  const frozen: FrozenPlan = {
    mutant: mutant.id,
    seeds: finding.seeds,
    simulatedSeconds: finding.simulatedSeconds,
    invariant: finding.invariant,
    actions: input.plan.actions.length,
    input,
  };
  writeFileSync(planFile(mutant.id), `${JSON.stringify(frozen, null, 2)}\n`);
  console.log(
    `${mutant.id.padEnd(22)} found by seed ${finding.seed} (${finding.seeds} seeds, ${finding.simulatedSeconds} simulated s), ${finding.invariant}, shrunk to ${frozen.actions} faults`,
  );
  return true;
}

function describeFocus(focus: Mutant["focus"]): string {
  const faults = focus?.families?.join(", ") ?? "all";
  const settings = Object.entries(focus?.limits ?? {}).map(([key, value]) => `\`${key}=${value}\``);
  return [faults, ...(focus?.isQuiet === true ? ["hardly any load"] : []), ...settings].join("; ");
}

/** Every mutant that is not found yet has its turn with each block of seeds, so that the range is a measure of how far all of them are. */
async function searchAll(chosen: readonly Mutant[], directory: string, range: SeedRange): Promise<void> {
  const pending = new Set(chosen);
  const bundles = new Map<Mutant, string>();
  const turn = async (mutant: Mutant, { first, seeds }: SeedRange, signal: AbortSignal): Promise<void> => {
    const bundle = bundles.get(mutant) ?? (await bundleWith(mutant.edits, directory, mutant.id));
    bundles.set(mutant, bundle);
    const finding = await run(bundle, { type: "search", first, count: seeds, focus: mutant.focus, isShrunk: false }, signal);
    if (finding === undefined) return;
    pending.delete(mutant);
    console.log(`${mutant.id.padEnd(22)} found by seed ${finding.seed}, ${finding.invariant}`);
  };
  const seedsNotReached = await walkSeeds({
    range,
    blockSeeds: BLOCK_SEEDS,
    command: () => ["npm run test:mutants -- --full", ...[...pending].map(({ id }) => id)].join(" "),
    run: async (block, signal) => {
      for (const mutant of pending) await turn(mutant, block, signal);
    },
  });
  const wasStopped = seedsNotReached > 0;
  for (const mutant of pending)
    console.log(`${mutant.id.padEnd(22)} ${wasStopped ? "SKIPPED not found yet" : `SURVIVED ${range.seeds} seeds from ${range.first}`}`);
  finish({ passed: chosen.length - pending.size, failed: wasStopped ? 0 : pending.size, skipped: wasStopped ? pending.size : 0 }, wasStopped);
}

function writeDocument(): void {
  const rows = mutants.map((mutant) => {
    const frozen = frozenPlanOf(mutant.id);
    const result =
      frozen === undefined ? "| – | – | not found yet | – |" : `| ${frozen.seeds} | ${frozen.simulatedSeconds} | ${frozen.invariant} | ${frozen.actions} |`;
    return `| ${mutant.id} | ${mutant.bug} | ${mutant.source} | ${describeFocus(mutant.focus)} ${result}`;
  });
  const text = [
    "# Mutants",
    "",
    "Known bugs of Raft, Kafka and ours, put back one at a time (`mutants/`) and looked for by the simulator's swarm, seed by seed from 1.",
    "The table says where the swarm looked (families of faults in `packages/simulator/src/swarm/arbitraries.ts`), how many seeds and simulated seconds it took,",
    "which oracle fired, and to how many faults the plan was shrunk. `npm run test:mutants` replays each shrunk plan: red with the bug, green without.",
    "",
    "| id | bug | source | faults drawn | seeds | simulated s | oracle | faults in the shrunk plan |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ];
  writeFileSync(DOCUMENT, text.join("\n"));
}

const { values, positionals } = parseArgs({
  options: { ...SEED_OPTIONS, search: { type: "boolean" } },
  allowPositionals: true,
});
const isSearch = values.search === true;
const chosen = positionals.length === 0 ? mutants : mutants.filter(({ id }) => positionals.includes(id));
const directory = mkdtempSync(join(tmpdir(), "samsa-mutants-"));

async function judgeEach(): Promise<void> {
  const healthy = await bundleWith([], directory, "healthy");
  let passed = 0;
  for (const mutant of chosen) {
    const isKilled = isSearch
      ? await search(mutant, { healthy, directory }, { first: Number(values.first ?? 1), count: Number(values.seeds ?? 1_000) })
      : await replay(mutant, healthy, directory);
    if (isKilled) passed++;
  }
  if (isSearch) writeDocument();
  finish({ passed, failed: chosen.length - passed, skipped: 0 });
}

try {
  const range = isSearch ? undefined : seedRangeOf(values, FULL_SEEDS);
  await (range === undefined ? judgeEach() : searchAll(chosen, directory, range));
} finally {
  rmSync(directory, { recursive: true, force: true });
}
