import { describe, expect, test } from "vitest";
import { runChaos } from "./support/chaos.ts";
import { addMarks, newMarks } from "./support/marks.ts";

/** Fixed, so that a run is repeatable; the two variables make a longer campaign of it. */
const FIRST_SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 1);
const SEEDS = Number(process.env["SAMSA_SEEDS"] ?? 120);

describe("a quorum under faults", () => {
  test("keeps all safety properties after every step, and does all that is asked of it once healed", () => {
    const marks = newMarks();
    for (let seed = FIRST_SEED; seed < FIRST_SEED + SEEDS; seed++) addMarks(marks, runSeed(seed));
    // A campaign that never met what it looks for is a failed campaign; a few runs are no campaign.
    if (SEEDS < 100) return;
    for (const [name, count] of Object.entries(marks)) expect(count, name).toBeGreaterThan(SEEDS / 10);
  });
});

function runSeed(seed: number): ReturnType<typeof newMarks> {
  try {
    return runChaos(seed).checker.marks;
  } catch (error) {
    throw new Error(`seed ${seed}: SAMSA_FIRST_SEED=${seed} SAMSA_SEEDS=1 npx vitest run packages/raft-ts/test/chaos`, { cause: error });
  }
}
