import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runChaos } from "./support/chaos.ts";

const swarm = fc.record({
  crashes: fc.boolean(),
  powerLoss: fc.boolean(),
  cuts: fc.boolean(),
  resets: fc.boolean(),
  pauses: fc.boolean(),
  killsLeaders: fc.boolean(),
  tinyAppends: fc.boolean(),
});

/** Fixed, so that a run is repeatable; the two variables make a longer campaign of it. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 60);

describe("a quorum under faults", () => {
  for (const size of [1, 3, 5]) {
    test(`of ${size} keeps all safety properties after every step, and makes progress once healed`, () => {
      const marks = { elections: 0, truncations: 0, committed: 0, tornTails: 0 };
      const property = fc.property(fc.nat(0x7fff_ffff), fc.boolean(), swarm, (seed, hasRefusals, families) => {
        const cluster = runChaos({ seed, size, hasRefusals, swarm: families, steps: 150 });
        for (const key of Object.keys(marks) as (keyof typeof marks)[]) marks[key] += cluster.checker.marks[key];
      });
      fc.assert(property, { seed: SEED, numRuns: size === 1 ? Math.ceil(RUNS / 4) : RUNS });
      // A campaign that never met what it looks for is a failed campaign; a few runs are no campaign.
      if (RUNS < 60) return;
      expect(marks.elections).toBeGreaterThan(RUNS / 4);
      expect(marks.committed).toBeGreaterThan(RUNS);
      expect(marks.tornTails).toBeGreaterThan(0);
      if (size > 1) expect(marks.truncations).toBeGreaterThan(0);
    });
  }
});
