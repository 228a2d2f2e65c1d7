import type { Scenario } from "@samsa/scenario-runner";
import { leaderFailover } from "./leader-failover.ts";
import { quorumLoss } from "./quorum-loss.ts";

/** Every scenario by its name. */
export const scenarios: ReadonlyMap<string, Scenario> = new Map([leaderFailover, quorumLoss].map((scenario) => [scenario.name, scenario]));
