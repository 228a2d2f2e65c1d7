import type { Mutant } from "../../mutants/mutant.ts";
import { type SeedRange, walkSeeds } from "../seed-range.ts";
import { finish } from "../tally.ts";
import { ask, bundleWith } from "./mutant-bundle.ts";

/** Few, for after each block it is the next mutant's turn. */
const BLOCK_SEEDS = 50;

/** Every mutant that is not found yet has its turn with each block of seeds, so that the range is a measure of how far all of them are. */
export async function searchAll(chosen: readonly Mutant[], directory: string, range: SeedRange): Promise<void> {
  const pending = new Set(chosen);
  const bundles = new Map<Mutant, string>();
  const turn = async (mutant: Mutant, { first, seeds }: SeedRange, signal: AbortSignal): Promise<void> => {
    const bundle = bundles.get(mutant) ?? (await bundleWith(mutant.edits, directory, mutant.id));
    bundles.set(mutant, bundle);
    const focus = mutant.focus === undefined ? {} : { focus: mutant.focus };
    const finding = await ask(bundle, { type: "search", first, count: seeds, isShrunk: false, ...focus }, signal);
    if (finding === undefined) return;
    pending.delete(mutant);
    console.log(`${mutant.id.padEnd(30)} found by seed ${finding.seed}, ${finding.invariant}`);
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
  for (const { id } of pending) console.log(`${id.padEnd(30)} ${wasStopped ? "SKIPPED not found yet" : `SURVIVED ${range.seeds} seeds from ${range.first}`}`);
  finish({ passed: chosen.length - pending.size, failed: wasStopped ? 0 : pending.size, skipped: wasStopped ? pending.size : 0 }, wasStopped);
}
