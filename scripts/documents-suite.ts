/**
 * Every command of README.md, docs/*.md and the READMEs of packages and examples, run as its reader runs it, and what is printed held against what the
 * document says. Each document has a temporary copy of the clone and a shell; a command that neither runs here nor is declared to run in another suite
 * (scripts/documents-suite/run-elsewhere.ts) does not get through.
 *
 *   node scripts/documents-suite.ts [README.md docs/tutorial.md …]
 *   node scripts/documents-suite.ts --full [--first 1] [--seeds 10]   all of them again and again, in an order that the seed draws
 *
 * Needs dist/samsa.mjs, bash and kcat.
 */
import { globSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Prng } from "@samsa/stdx";
import { passagesOf } from "./documents-suite/passages.ts";
import { FollowedDocument } from "./documents-suite/follow-document.ts";
import { inOwnNetwork } from "./documents-suite/own-network.ts";
import { WorkingCopy } from "./documents-suite/working-copy.ts";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";
import { finish } from "./tally.ts";

const DOCUMENTS = ["README.md", "docs/*.md", "docs/reference/*.md", "examples/README.md", "packages/*/README.md"];
const FULL_SEEDS = 10;

const { values, positionals } = parseArgs({ options: SEED_OPTIONS, allowPositionals: true });
const range = seedRangeOf(values, FULL_SEEDS);
const names = positionals.length > 0 ? positionals : DOCUMENTS.flatMap((pattern) => globSync(pattern).toSorted());
const suites: StepList[] = [];

/** A document is a chain: what it says rests on what it said before. */
async function follow(name: string, signal: AbortSignal): Promise<void> {
  const passages = passagesOf(name, readFileSync(name, "utf8"));
  if (passages.length === 0) return;
  const suite = new StepList({ isChain: true });
  suites.push(suite);
  const copy = new WorkingCopy(".");
  const document = new FollowedDocument(name, copy, suite);
  let left: readonly string[] = [];
  try {
    await document.follow(passages, signal);
  } finally {
    await document.close();
    left = await copy.dispose();
  }
  if (suite.failed === 0)
    await suite.step(`${name} leaves nothing running`, () => {
      if (left.length > 0) throw new Error(`these ran on, and were killed:\n${left.join("\n")}`);
    });
}

async function followAll(order: readonly string[], signal: AbortSignal): Promise<void> {
  for (const name of order) if (!signal.aborted) await follow(name, signal);
}

function drawn(seed: number): readonly string[] {
  const prng = new Prng(seed);
  const left = [...names];
  return names.flatMap(() => left.splice(prng.below(left.length), 1));
}

async function run(): Promise<void> {
  const command = (): string => "npm run test:documents -- --full";
  const interruption = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
  let notReached = 0;
  if (range === undefined) await followAll(names, interruption.signal);
  else notReached = await walkSeeds({ range, blockSeeds: 1, command, run: ({ first }, signal) => followAll(drawn(first), signal) });
  const sum = (of: "passed" | "failed" | "skipped"): number => suites.reduce((total, suite) => total + suite[of], 0);
  finish({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") + notReached }, notReached > 0 || interruption.signal.aborted);
}

const exitCode = await inOwnNetwork();
if (exitCode === undefined) await run();
else process.exitCode = exitCode;
