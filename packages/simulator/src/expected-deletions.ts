import type { SimulationInput } from "./swarm/simulation-input.ts";

/** Which of a run's limits let records go. */
const retentionOf = (limits: SimulationInput["limits"]): readonly string[] =>
  ["log.retention.bytes", "log.retention.ms"].filter((key) => limits[key] !== undefined).map((key) => `${key}=${limits[key]}`);

/** Clocks that jump, or go wrong, tell no age. */
export function compactionOf({ compaction, limits, plan }: SimulationInput): { readonly looksAtKeys: boolean; readonly deleteRetentionMs: number | undefined } {
  const hasTrueClocks = plan.actions.every(({ fault }) => fault.type !== "clock");
  const deleteRetentionMs = hasTrueClocks ? Number(limits["log.cleaner.delete.retention.ms"] ?? 0) : undefined;
  return { looksAtKeys: compaction !== undefined, deleteRetentionMs };
}

/** By time any number of bytes may go. */
export function retainedBytesOf(limits: SimulationInput["limits"]): number | undefined {
  if (limits["log.retention.ms"] !== undefined) return 0;
  const bytes = Number(limits["log.retention.bytes"] ?? -1);
  return bytes < 0 ? undefined : bytes;
}

/** Why records may be gone that were not lost. */
export function deletionsOf({ limits, deletesEveryMs }: SimulationInput): string | undefined {
  const settings = retentionOf(limits);
  const reasons = settings.length === 0 ? [] : [`retention deletes old records: ${settings.join(", ")}`];
  if (deletesEveryMs !== undefined) reasons.push("an operator has records deleted");
  return reasons.length === 0 ? undefined : `because ${reasons.join(", and ")}`;
}
