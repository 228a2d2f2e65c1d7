import { checkHistory, History } from "@samsa/history";
import { type ReportInput, runScenario, type Scenario, type ScenarioResult, simulatedWorld } from "../../src/index.ts";
import { handmadeRun, type HandmadeShape } from "./handmade-run.ts";

const topic = "orders";

export const FAILOVER: Scenario = {
  name: "failover",
  title: "A leader dies and returns",
  teaches: "A replica that is in sync takes over.",
  prose: "Its partition has to be led by another replica.",
  cluster: { brokers: 3 },
  topic: { name: topic, partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 500, recordsPerBatch: 10 },
  steps: [
    { type: "until-acked", records: 500, timeoutMs: 20_000 },
    { type: "fault", fault: { type: "crash", victim: { type: "leader", topic, partition: 0 } } },
    { type: "until-acked", records: 500, timeoutMs: 20_000 },
    { type: "restart" },
    { type: "until-isr-full", timeoutMs: 20_000 },
    { type: "until-acked", records: 150, timeoutMs: 20_000 },
  ],
  expectation: { type: "clean" },
};

let run: Promise<ScenarioResult> | undefined;

/** The same run, to the bit, whenever it is run: once is enough. */
export const simulatedRun = async (): Promise<ScenarioResult> => (run ??= runScenario(FAILOVER, simulatedWorld(FAILOVER, 7), () => undefined));

/** What names and sentences are, where they are not the report's own. */
export interface ForeignWords {
  readonly name: string;
  readonly sentence: string;
}

/** A report of a run by hand that nothing speaks well of. */
export function handmadeReport(shape: HandmadeShape, { name, sentence }: ForeignWords): ReportInput {
  const { recording, timeline, faults } = handmadeRun({ ...shape, topicName: name, faultText: sentence });
  const verdict = checkHistory(new History("t"), { acks: "all", isIdempotent: true, maxInFlight: 1 });
  const lost = { name: "lost", topic: name, partition: 0, offset: 12, value: 34, detail: sentence } as const;
  return {
    scenario: {
      ...FAILOVER,
      name,
      title: sentence,
      teaches: sentence,
      expectation: { type: "loss", kind: "acks-1", because: sentence },
      prose: sentence,
      cluster: shape.cluster,
      topic: { ...FAILOVER.topic, name, partitions: shape.partitions },
    },
    outcome: { isAsExpected: false, inWords: sentence },
    command: sentence,
    result: {
      scenario: name,
      world: "sim",
      verdict: { ...verdict, conclusion: "violated", anomalies: [lost], permitted: [{ ...lost, because: sentence }] },
      failures: [sentence],
      faults,
      timeline,
      startToFirstAckMs: 600,
      longestGaps: [],
      longestGapsBefore: [],
      recording,
      residentBytes: {},
    },
  };
}
