export { type ScenarioResult, isGood } from "./scenario-result.ts";
export { formatExpectation, judgeOutcome, recordsLost, type ScenarioOutcome } from "./scenario-outcome.ts";
export { type Expectation, faultTypesOf, nodeName, nodesOf, type Scenario, type Step } from "./scenario.ts";
export { planted } from "./planted.ts";
export { checkSupport, FaultRefused, runScenario } from "./run/run-scenario.ts";
export type { ScenarioWorld, WorldFactory, WorldName } from "./run/scenario-world.ts";
export { formatResult } from "./report.ts";
export { formatEntry, Timeline, type TimelineEntry } from "./timeline/timeline.ts";
export { formatFault } from "./timeline/format-fault.ts";
export { AckGaps, type AckGap } from "./timeline/ack-gaps.ts";
export { processWorld, type FaultRequest, type ProcessWorldOptions } from "./process-world/process-world.ts";
export { simulatedWorld } from "./simulated-world/simulated-world.ts";
export { type Kill, repeatedKills, type RepeatedKillsOptions, type RepeatedKillsResult } from "./endurance/repeated-kills.ts";
export { type ControllerKill, controllerKills, type ControllerKillsOptions, type ControllerKillsResult } from "./endurance/controller-kills.ts";
export { bootstrapOf, endpointsOf, LOCAL_HOST, type LocalNode, localNodeProperties, planLocalNodes, votersOf } from "./process-world/local-node.ts";
export {
  type ClientResult,
  isUnharmed,
  type NodeRestart,
  rollingRestart,
  type RollingRestartOptions,
  type RollingRestartResult,
} from "./endurance/rolling-restart.ts";
export { RESTART_CLIENTS, type RestartClient } from "./endurance/restart-load.ts";
