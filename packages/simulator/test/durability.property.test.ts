import fc from "fast-check";
import { faultPlan, replayCommand, runSimulation, simulationInput, type SimulationInput } from "@samsa/simulator";
import { expect, it } from "vitest";

const DURATION_MS = 12_000;
/** A fixed seed for the suite; `npm test -- --full` draws others. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20_261_121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 40);

/** acks, min.insync.replicas, replication factor, workload and faults, all drawn; the topic's shape covers every pairing. */
const inputs: fc.Arbitrary<SimulationInput> = fc.nat({ max: 2 ** 31 - 1 }).chain((seed) =>
  fc
    .tuple(
      simulationInput(seed, DURATION_MS),
      fc.constantFrom<-1 | 0 | 1>(-1, -1, -1, 1, 0),
      fc.constantFrom(1, 2, 3),
      fc.constantFrom(1, 2, 3),
      faultPlan(DURATION_MS),
    )
    .map(([input, acks, replicationFactor, minInsyncReplicas, plan]) => ({
      ...input,
      plan,
      topic: { ...input.topic, replicationFactor, minInsyncReplicas: Math.min(minInsyncReplicas, replicationFactor) },
      load: { ...input.load, acks, isIdempotent: input.load.isIdempotent && acks === -1 },
    })),
);

/**
 * I-P11, acked durability: what was acknowledged with acks=all is there unless at least min.insync.replicas of the replicas that
 * held it lost it with their power; with acks=1 and 0 only what their settings permit is gone, and it is said to be.
 */
it("keeps every acknowledged record that the settings promise to keep, whatever the plan of faults", () => {
  let acked = 0;
  let permitted = 0;
  fc.assert(
    fc.property(inputs, (input) => {
      const { violations, verdict } = runSimulation(input);
      expect(violations, `replay it with: ${replayCommand(input)}`).toEqual([]);
      acked += verdict?.counts.acked ?? 0;
      permitted += verdict?.permitted.length ?? 0;
    }),
    { seed: SEED, numRuns: RUNS, endOnFailure: false },
  );
  // A campaign that acknowledged nothing, or never saw a permitted loss, has not looked; a few runs are no campaign.
  if (RUNS < 40) return;
  expect(acked).toBeGreaterThan(RUNS * 50);
  expect(permitted).toBeGreaterThan(0);
}, 600_000);
