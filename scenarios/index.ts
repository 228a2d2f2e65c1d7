import type { Scenario } from "@samsa/scenario-runner";
import { leaderFailover } from "./leader-failover.ts";

/** Every scenario by its name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map([leaderFailover].map((scenario) => [scenario.name, scenario]));
