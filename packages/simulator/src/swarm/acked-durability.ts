import type { Anomaly } from "@samsa/history";
import fc from "fast-check";
import { runSimulation, type SimulationResult } from "../run-simulation.ts";
import { faultPlan, simulationInput } from "./arbitraries.ts";
import type { SimulationInput } from "./simulation-input.ts";

const DURATION_MS = 12_000;

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

export interface AckedDurabilityOptions {
  /** Told of each run that kept the rule; it may throw as well. */
  readonly ran?: (result: SimulationResult) => void;
}

/** Acknowledged records that are gone though nothing permits it: the verdict of what clients read, not of what is inside. */
const goneThoughPromised = ({ verdicts }: SimulationResult): readonly Anomaly[] =>
  verdicts.flatMap(({ verdict }) => verdict.anomalies.filter(({ name }) => name === "lost" || name === "unseen"));

/**
 * I-P11 (`reliability.md` §3.3), acked durability: what was acknowledged with acks=all is there unless at least
 * min.insync.replicas of the replicas that held it lost it with their power; with acks=1 and 0 only what their settings permit is
 * gone. No invariant ends a run before its history is judged.
 */
export const ackedDurability = ({ ran }: AckedDurabilityOptions = {}): fc.IPropertyWithHooks<[SimulationInput]> =>
  fc.property(inputs, (input) => {
    const result = runSimulation(input, { endsBy: "history" });
    const gone = goneThoughPromised(result);
    if (gone.length > 0) throw new BrokenPromise(gone);
    ran?.(result);
  });

/** Acknowledged records are gone, and nothing permits it: what the property found, told to whoever shrinks it; nobody meets it in production. */
export class BrokenPromise extends Error {
  readonly code = "BROKEN_PROMISE";
  readonly anomalies: readonly Anomaly[];

  constructor(anomalies: readonly Anomaly[]) {
    super(anomalies.map(({ name, topic, partition, detail }) => `${name}: ${topic}-${partition}: ${detail}`).join("\n"));
    this.name = "BrokenPromise";
    this.anomalies = anomalies;
  }
}
