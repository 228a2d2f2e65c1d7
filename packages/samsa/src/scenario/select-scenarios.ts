import { planted, type Scenario } from "@samsa/scenario-runner";
import { scenarios } from "@samsa/scenarios";
import type { Plant } from "@samsa/world";
import { integerOption } from "../options.ts";
import { UsageError } from "../usage-error.ts";

const PLANTS: readonly Plant[] = ["drop-acked", "duplicate", "reorder"];

export interface Selection {
  readonly names: readonly string[];
  readonly all: boolean | undefined;
  readonly controllers: string | undefined;
  readonly plant: string | undefined;
}

/** In the order in which they were named. Throws `UsageError` where there is nothing by a name, or nothing is named. */
export function selectScenarios({ names, all = false, controllers, plant }: Selection): readonly Scenario[] {
  const known = [...scenarios.keys()].join(", ");
  if (all && names.length > 0) throw new UsageError("--all is every scenario: it goes without names");
  if (!all && names.length === 0) throw new UsageError(`a scenario is needed, or --all: ${known}`);
  const chosen = all
    ? [...scenarios.values()]
    : names.map((name) => {
        const scenario = scenarios.get(name);
        if (scenario === undefined) throw new UsageError(`there is no scenario ${JSON.stringify(name)}; there is ${known}`);
        return scenario;
      });
  return chosen.map((scenario) => withPlant(withControllers(scenario, controllers), plant));
}

function withControllers(scenario: Scenario, text: string | undefined): Scenario {
  if (text === undefined) return scenario;
  return { ...scenario, cluster: { ...scenario.cluster, controllers: integerOption("controllers", text, 0) } };
}

function withPlant(scenario: Scenario, text: string | undefined): Scenario {
  if (text === undefined) return scenario;
  const plant = PLANTS.find((one) => one === text);
  if (plant === undefined) throw new UsageError(`--plant is ${JSON.stringify(text)}; it must be one of ${PLANTS.join(", ")}`);
  return planted(scenario, plant);
}
