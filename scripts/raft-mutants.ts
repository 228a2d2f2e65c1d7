/**
 * Puts each known bug back into raft-ts and sees it found by the chaos of its own tests, or by a transcript.
 *
 *   node scripts/raft-mutants.ts                        every mutant's frozen seed: red with the bug, green without
 *   node scripts/raft-mutants.ts --search [R04 …]       look for it anew, seed by seed from 1, freeze the seed, write docs/mutants.md
 *   node scripts/raft-mutants.ts --search --seeds 5000
 */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type RaftMutant, raftMutants } from "../mutants/raft.ts";
import { writeDocument } from "./mutants/document.ts";
import { freezeSeed, frozenSeedOf } from "./mutants/frozen-seeds.ts";
import { askRunner, bundleWith } from "./mutants/mutant-bundle.ts";
import type { RaftFinding, RaftRequest } from "./mutants/raft-request.ts";
import { sideBySide } from "./mutants/side-by-side.ts";
import { finish } from "./tally.ts";

const RUNNER = "scripts/raft-mutant-run.ts";
const TRANSCRIPTS = "packages/raft-ts/test/testdata";
const TIMEOUT_MS = 600_000;

const { values, positionals } = parseArgs({ options: { search: { type: "boolean" }, seeds: { type: "string" } }, allowPositionals: true });
const isSearch = values.search === true;
const chosen = raftMutants.filter(({ id }) => positionals.length === 0 || positionals.includes(id));
const directory = mkdtempSync(join(tmpdir(), "raft-mutants-"));

const ask = (bundle: string, request: RaftRequest): Promise<RaftFinding | undefined> => askRunner<RaftFinding>(bundle, request, { timeoutMs: TIMEOUT_MS });

/** What finds the mutant, or is to find it. */
function requestFor({ id, focus, transcript }: RaftMutant): RaftRequest | undefined {
  if (transcript !== undefined) return { type: "transcript", text: readFileSync(join(TRANSCRIPTS, transcript), "utf8") };
  const range = isSearch ? { first: 1, count: Number(values.seeds ?? 2000) } : { first: frozenSeedOf(id)?.seed, count: 1 };
  if (range.first === undefined) return undefined;
  return { type: "chaos", first: range.first, count: range.count, ...(focus === undefined ? {} : { focus }) };
}

async function judge(mutant: RaftMutant, healthy: string): Promise<boolean> {
  const say = (verdict: string): void => console.log(`${mutant.id.padEnd(20)} ${verdict}`);
  const request = requestFor(mutant);
  if (request === undefined) {
    say(`FAILED  its frozen seed is missing: node scripts/raft-mutants.ts --search ${mutant.id}`);
    return false;
  }
  const found = await ask(await bundleWith(mutant.edits, directory, mutant.id, RUNNER), request);
  if (found === undefined) {
    say("SURVIVED");
    return false;
  }
  const innocent = await ask(healthy, request.type === "chaos" ? { ...request, first: found.seed, count: 1 } : request);
  if (innocent !== undefined) {
    say(`INVALID  red without the bug too: ${innocent.oracle}: ${innocent.detail}`);
    return false;
  }
  if (isSearch) freezeSeed(mutant.id, found);
  say(`ok      ${found.oracle}${request.type === "chaos" ? `, seed ${found.seed}` : ` ${mutant.transcript}`}`);
  return true;
}

try {
  const healthy = await bundleWith([], directory, "healthy", RUNNER);
  const passed = (await sideBySide(chosen, (mutant) => judge(mutant, healthy))).filter((isKilled) => isKilled).length;
  if (isSearch) writeDocument();
  finish({ passed, failed: chosen.length - passed, skipped: 0 });
} finally {
  rmSync(directory, { recursive: true, force: true });
}
