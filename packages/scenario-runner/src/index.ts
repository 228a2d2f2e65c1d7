export { type ScenarioResult, isGood } from "./scenario-result.ts";
export { formatExpectation, judgeOutcome, recordsLost, type ScenarioOutcome } from "./scenario-outcome.ts";
export { type Expectation, faultTypesOf, nodeName, nodesOf, type Scenario } from "./scenario.ts";
export type { ScenarioFault } from "./scenario-fault.ts";
export type { Step, Wait } from "./step.ts";
export { formatWho, type Who } from "./who.ts";
export { planted } from "./planted.ts";
export { checkSupport, FaultRefused, runScenario } from "./run/run-scenario.ts";
export type { Band } from "./recording/band.ts";
export {
  BUCKET_MS,
  type FaultRecord,
  type Leadership,
  NOBODY,
  type NodeRecord,
  type NodeState,
  type PartitionRecord,
  type RefusalRecord,
  type Recording,
  type Stillness,
} from "./recording/recording.ts";
export { type Healed, Recorder, type Struck } from "./recording/recorder.ts";
export type { ScenarioWorld, WorldFactory, WorldName } from "./run/scenario-world.ts";
export { formatResult } from "./report/format-result.ts";
export { indexPage, type IndexedReport } from "./report/html/index-page.ts";
export type { ReportInput } from "./report/html/report-input.ts";
export { reportPage } from "./report/html/report-page.ts";
export { standaloneSvg } from "./report/html/standalone-svg.ts";
export type { PictureLine, Segment, Tone } from "./report/terminal/cell.ts";
export { formatPicture, terminalPicture } from "./report/terminal/terminal-picture.ts";
export { formatEntry, Timeline, type TimelineEntry } from "./timeline/timeline.ts";
export { formatFault } from "./timeline/format-fault.ts";
export { AckGaps, type AckGap } from "./timeline/ack-gaps.ts";
export type { FaultRequest } from "./process-world/process-faults.ts";
export { processWorld, type ProcessWorldOptions } from "./process-world/process-world.ts";
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
