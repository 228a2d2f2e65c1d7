import type { Fault, FaultSupportTable, Victim } from "@samsa/world";

type Resolve<T> = T extends Victim ? number : T extends readonly Victim[] ? readonly number[] : T;
type ResolveEach<F> = F extends unknown ? { readonly [Key in keyof F]: Resolve<F[Key]> } : never;

/** A fault whose victims are known by their node id. */
export type ResolvedFault = ResolveEach<Fault>;
export type ResolvedFaultOf<Type extends Fault["type"]> = Extract<ResolvedFault, { type: Type }>;

/** The simulated world does every fault itself; a planted lie is told by whoever wires the node. */
export const SIMULATED_SUPPORT: FaultSupportTable = {
  crash: "real",
  "power-loss": "real",
  stop: "real",
  pause: "real",
  partition: "real",
  reset: "real",
  stash: "real",
  corrupt: "real",
  "slow-network": "real",
  "slow-disk": "real",
  "disk-error": "real",
  "disk-full": "real",
  "log-dir-failure": "real",
  clock: "real",
  plant: "decorated",
};
