import type { SearchFocus, SimulationInput } from "@samsa/simulator";

/** What `mutants.ts` asks a bundle for. */
export type Request =
  | { readonly type: "replay"; readonly input: SimulationInput }
  | {
      readonly type: "search";
      readonly first: number;
      readonly count: number;
      readonly focus?: SearchFocus;
      readonly isShrunk?: boolean;
      /** How long smaller inputs are looked for. */
      readonly shrinkMs?: number;
    }
  | { readonly type: "replay-durability"; readonly input: SimulationInput }
  | { readonly type: "search-durability"; readonly seed: number; readonly runs: number };

/** What it answers where it found something. */
export interface Answers {
  readonly replay: Finding;
  readonly search: Finding;
  readonly "replay-durability": BrokenDurability;
  readonly "search-durability": BrokenDurability;
}

/** The first violation of a run. */
export interface Finding {
  readonly seed: number;
  readonly seeds: number;
  readonly simulatedSeconds: number;
  readonly invariant: string;
  readonly detail: string;
  readonly input: SimulationInput;
}

/** Why the property of acknowledged durability does not hold. */
export interface BrokenDurability {
  /** Runs of the property until it went red. */
  readonly runs: number;
  /** What was drawn lost nothing, but an invariant fired: blows were added there (`strikes.ts`). */
  readonly isStruck: boolean;
  /** As the verdict on the history names it; `threw` where no verdict was reached. */
  readonly anomaly: string;
  readonly detail: string;
  readonly input: SimulationInput;
}
