import type { ResolvedFault } from "@samsa/simulator";
import type { Fault, Victim } from "@samsa/world";
import type { Who } from "./who.ts";

type Asked<T> = T extends Victim ? Who : T extends readonly Victim[] ? readonly Who[] : T;

/** A fault whose victims are known by their roles. What lasts, lasts until a step heals it, or until its `forMs` is over if that is given. */
export type ScenarioFault = FaultWith<Fault>;
type FaultWith<F> = F extends unknown
  ? { readonly [Key in keyof F as Key extends "forMs" ? never : Key]: Asked<F[Key]> } & ("forMs" extends keyof F ? { readonly forMs?: number } : unknown)
  : never;

/** No scenario takes so long, and a timer can count it: until it is healed. */
const UNTIL_HEALED_MS = 24 * 60 * 60 * 1000;

const LASTING: ReadonlySet<Fault["type"]> = new Set(["pause", "partition", "slow-network", "slow-disk", "disk-full", "log-dir-failure"]);

/** Whom the fault names, in its order. */
export function victimsOf(fault: ScenarioFault): readonly Who[] {
  if ("from" in fault) return fault.from;
  return "victim" in fault && fault.victim !== undefined ? [fault.victim] : [];
}

/** `nodes`: the ids of `victimsOf`, in the same order. */
export function resolvedFault(fault: ScenarioFault, nodes: readonly number[]): ResolvedFault {
  const ids = "from" in fault ? { from: nodes } : nodes.length === 0 ? {} : { victim: nodes[0] };
  const lasting = LASTING.has(fault.type) && !("forMs" in fault && fault.forMs !== undefined) ? { forMs: UNTIL_HEALED_MS } : {};
  return { ...fault, ...ids, ...lasting } as ResolvedFault;
}
