/**
 * Puts each known bug back and sees it found.
 *
 *   node scripts/mutants.ts                   every mutant's frozen plan: red with the bug, green without; also by the
 *                                             property of acknowledged durability, where the mutant breaks that; or the
 *                                             test that kills it, where it has one: red with the bug
 *   node scripts/mutants.ts --search R04 P12  look for it anew by seeds, shrink, freeze the plan, write docs/mutants.md
 *   node scripts/mutants.ts --search --seeds 2000 --first 1 --shrink-seconds 20
 *   node scripts/mutants.ts --durability …    the property alone, replayed or searched
 *   node scripts/mutants.ts --document        write docs/mutants.md from what is frozen
 *   node scripts/mutants.ts --full [--first 1] [--seeds 2000] [R04 …]   see that the seeds still find them; nothing is shrunk or written
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { Mutant } from "../mutants/mutant.ts";
import { mutants } from "../mutants/index.ts";
import { writeDocument } from "./mutants/document.ts";
import { type Bundles, replayDurability, searchDurability } from "./mutants/durability.ts";
import { freezePlan, frozenPlanOf } from "./mutants/frozen-plans.ts";
import { searchAll } from "./mutants/full.ts";
import { ask, bundleWith } from "./mutants/mutant-bundle.ts";
import { sideBySide } from "./mutants/side-by-side.ts";
import { killedByTest } from "./mutants/test-kill.ts";
import { WarmRunner } from "./mutants/warm-runner.ts";
import { SEED_OPTIONS, seedRangeOf } from "./seed-range.ts";
import { finish } from "./tally.ts";

const FULL_SEEDS = 2_000;

async function replay(mutant: Mutant, { sick, healthy }: Bundles): Promise<boolean> {
  const frozen = frozenPlanOf(mutant.id);
  if (frozen === undefined) {
    console.log(`${mutant.id.padEnd(30)} FAILED  its frozen plan is missing: node scripts/mutants.ts --search ${mutant.id}`);
    return false;
  }
  const request = { type: "replay", input: frozen.input } as const;
  const [withBug, without] = await Promise.all([ask(sick, request), healthy.ask(request)]);
  const isKilled = withBug !== undefined && without === undefined;
  const why =
    without !== undefined
      ? `red without the bug too: ${without.invariant}`
      : withBug === undefined
        ? "not found"
        : `killed by ${withBug.invariant}${withBug.invariant === frozen.invariant ? "" : ` (was ${frozen.invariant})`}`;
  console.log(`${mutant.id.padEnd(30)} ${isKilled ? "ok    " : "FAILED"}  ${why}`);
  return isKilled;
}

async function search(mutant: Mutant, { sick, healthy }: Bundles, seeds: { readonly first: number; readonly count: number }): Promise<boolean> {
  const finding = await ask(sick, {
    type: "search",
    ...seeds,
    shrinkMs: Number(values["shrink-seconds"]) * 1000,
    ...(mutant.focus === undefined ? {} : { focus: mutant.focus }),
  });
  if (finding === undefined) {
    console.log(`${mutant.id.padEnd(30)} SURVIVED ${seeds.count} seeds from ${seeds.first}`);
    return false;
  }
  const innocent = await healthy.ask({ type: "replay", input: finding.input });
  if (innocent !== undefined) {
    console.log(`${mutant.id.padEnd(30)} INVALID  seed ${finding.seed} is red without the bug too: ${innocent.invariant}: ${innocent.detail}`);
    console.log(JSON.stringify(finding.input));
    return false;
  }
  const { seeds: count, simulatedSeconds, invariant, input } = finding;
  const actions = input.plan.actions.length;
  freezePlan({ mutant: mutant.id, seeds: count, simulatedSeconds, invariant, actions, input });
  console.log(
    `${mutant.id.padEnd(30)} found by seed ${finding.seed} (${count} seeds, ${simulatedSeconds} simulated s), ${invariant}, shrunk to ${actions} faults`,
  );
  return true;
}

const { values, positionals } = parseArgs({
  options: {
    ...SEED_OPTIONS,
    search: { type: "boolean" },
    durability: { type: "boolean" },
    document: { type: "boolean" },
    "shrink-seconds": { type: "string", default: "120" },
  },
  allowPositionals: true,
});
const isSearch = values.search === true;
const chosen = mutants.filter(
  ({ id, breaksDurability }) => (positionals.length === 0 || positionals.includes(id)) && (values.durability !== true || breaksDurability === true),
);
const directory = mkdtempSync(join(tmpdir(), "samsa-mutants-"));

async function judgeOrWalk(): Promise<void> {
  const range = isSearch ? undefined : seedRangeOf(values, FULL_SEEDS);
  if (range === undefined) return judgeEach();
  const searched = chosen.filter(({ test }) => test === undefined);
  await searchAll(searched, directory, range);
}

async function judgeEach(): Promise<void> {
  const seeds = { first: Number(values.first ?? 1), count: Number(values.seeds ?? 1_000) };
  const healthy = new WarmRunner(await bundleWith([], directory, "healthy"));
  const judge = async (mutant: Mutant): Promise<readonly boolean[]> => {
    if (mutant.test !== undefined) return isSearch || values.durability === true ? [] : [await killedByTest(mutant, directory)];
    const bundles = { healthy, sick: await bundleWith(mutant.edits, directory, mutant.id) };
    const results: boolean[] = [];
    if (values.durability !== true) results.push(await (isSearch ? search(mutant, bundles, seeds) : replay(mutant, bundles)));
    if (mutant.breaksDurability === true) results.push(await (isSearch ? searchDurability(mutant, bundles, seeds.count) : replayDurability(mutant, bundles)));
    return results;
  };
  const results = (await sideBySide(chosen, judge).finally(() => healthy.end())).flat();
  if (isSearch) writeDocument();
  const passed = results.filter((isAsExpected) => isAsExpected).length;
  finish({ passed, failed: results.length - passed, skipped: 0 });
}

try {
  if (values.document === true) writeDocument();
  else await judgeOrWalk();
} finally {
  rmSync(directory, { recursive: true, force: true });
}
