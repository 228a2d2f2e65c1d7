/**
 * Every command of README.md, docs/*.md and the READMEs of packages and examples, run as its reader runs it, and what is printed held against what the
 * document says. Each document has a temporary copy of the clone, a network and shells of its own; a command that neither runs here nor is declared to
 * run in another suite (scripts/documents-suite/run-elsewhere.ts) does not get through.
 *
 *   node scripts/documents-suite.ts [README.md docs/tutorial.md …]
 *   node scripts/documents-suite.ts --here docs/tutorial.md           on this machine's own ports
 *   node scripts/documents-suite.ts --full [--first 1] [--seeds 10]   all of them again and again, in an order that the seed draws
 *
 * Needs dist/samsa.mjs, bash and kcat.
 */
import { globSync, readFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { Prng } from "@samsa/stdx";
import { followEach } from "./documents-suite/follow-each.ts";
import { FollowedDocument } from "./documents-suite/follow-document.ts";
import { ownNetwork } from "./documents-suite/own-network.ts";
import { type Passage, passagesOf } from "./documents-suite/passages.ts";
import { WorkingCopy } from "./documents-suite/working-copy.ts";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";
import { finish, type Tally } from "./tally.ts";

const DOCUMENTS = ["README.md", "docs/*.md", "docs/reference/*.md", "examples/README.md", "packages/*/README.md"];
const FULL_SEEDS = 10;

const { values, positionals } = parseArgs({ options: { ...SEED_OPTIONS, here: { type: "boolean" } }, allowPositionals: true });
const range = seedRangeOf(values, FULL_SEEDS);

const passagesIn = (name: string): readonly Passage[] => passagesOf(name, readFileSync(name, "utf8"));

/** The longest first, so that none is left to be waited for alone. */
const names = (positionals.length > 0 ? positionals : DOCUMENTS.flatMap((pattern) => globSync(pattern).toSorted()))
  .map((name) => ({ name, passages: passagesIn(name).length }))
  .filter(({ passages }) => passages > 0)
  .toSorted((one, other) => other.passages - one.passages)
  .map(({ name }) => name);

/** A document is a chain: what it says rests on what it said before. */
async function followHere(name: string, signal: AbortSignal): Promise<Tally> {
  const suite = new StepList({ isChain: true });
  const copy = new WorkingCopy(".");
  const document = new FollowedDocument(name, copy, suite);
  let left: readonly string[] = [];
  try {
    await document.follow(passagesIn(name), signal);
  } finally {
    await document.close();
    left = await copy.dispose();
  }
  if (suite.failed === 0)
    await suite.step(`${name} leaves nothing running`, () => {
      if (left.length > 0) throw new Error(`these ran on, and were killed:\n${left.join("\n")}`);
    });
  return suite;
}

async function followAllHere(order: readonly string[], signal: AbortSignal): Promise<readonly Tally[]> {
  const tallies: Tally[] = [];
  for (const name of order) if (!signal.aborted) tallies.push(await followHere(name, signal));
  return tallies;
}

function drawn(seed: number): readonly string[] {
  const prng = new Prng(seed);
  const left = [...names];
  return names.flatMap(() => left.splice(prng.below(left.length), 1));
}

const network = values.here === true ? undefined : ownNetwork();
if (network === undefined && values.here !== true)
  process.stdout.write("no network of its own is to be had here (unshare): the ports that documents name must be free\n");
const followAll = (order: readonly string[], signal: AbortSignal): Promise<readonly Tally[]> =>
  network === undefined ? followAllHere(order, signal) : followEach(order, network, signal);

const interruption = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interruption.abort());
const tallies: Tally[] = [];
let notReached = 0;
if (range === undefined) tallies.push(...(await followAll(names, interruption.signal)));
else {
  const run = async ({ first }: { readonly first: number }, signal: AbortSignal): Promise<void> =>
    void tallies.push(...(await followAll(drawn(first), signal)));
  notReached = await walkSeeds({ range, blockSeeds: 1, command: () => "npm run test:documents -- --full", run });
}
const sum = (of: keyof Tally): number => tallies.reduce((total, tally) => total + tally[of], 0);
finish({ passed: sum("passed"), failed: sum("failed"), skipped: sum("skipped") + notReached }, notReached > 0 || interruption.signal.aborted);
