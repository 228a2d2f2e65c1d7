import fc from "fast-check";
import { ackedDurability, replayCommand } from "@samsa/simulator";
import { expect, it } from "vitest";

/** A fixed seed for the suite; `npm test -- --full` draws others. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 40);

/** The mutants marked `breaksDurability` show that the same property goes red by the history alone. */
it("keeps every acknowledged record that the settings promise to keep, whatever the plan of faults", () => {
  let acked = 0;
  let permitted = 0;
  fc.assert(
    ackedDurability({
      ran: ({ input, violations, verdict }) => {
        expect(violations, `replay it with: ${replayCommand(input)}`).toEqual([]);
        acked += verdict?.counts.acked ?? 0;
        permitted += verdict?.permitted.length ?? 0;
      },
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: false },
  );
  // A campaign that acknowledged nothing, or never saw a permitted loss, has not looked; a few runs are no campaign.
  if (RUNS < 40) return;
  expect(acked).toBeGreaterThan(RUNS * 50);
  expect(permitted).toBeGreaterThan(0);
}, 600_000);
