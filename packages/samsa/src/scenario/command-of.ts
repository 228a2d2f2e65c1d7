import type { FinishedRun } from "./output.ts";

/** What changed the scenario, as it was typed. */
export interface Changes {
  readonly controllers: string | undefined;
  readonly plant: string | undefined;
}

/** The command line that runs it again; in the simulated world exactly so. */
export function commandOf({ scenario, seed }: Pick<FinishedRun, "scenario" | "seed">, { controllers, plant }: Changes): string {
  return [
    `samsa scenario run ${scenario.name}`,
    ...(seed === undefined ? [] : [`--world sim --seed ${seed.seed}`]),
    ...(controllers === undefined ? [] : [`--controllers ${controllers}`]),
    ...(plant === undefined ? [] : [`--plant ${plant}`]),
  ].join(" ");
}
