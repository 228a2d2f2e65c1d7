import type { Plant } from "@samsa/world";
import type { Scenario } from "./scenario.ts";

/** Batches of the topic that the broker hears before it lies. */
const AFTER_BATCHES = 20;
/** Records after the lie, so that there is something behind it. */
const RECORDS_AFTER = 500;
const TIMEOUT_MS = 20_000;

/** The scenario with a lie of a broker behind it, under load: its verdict must be red, or the verdict is worth nothing. */
export function planted(scenario: Scenario, plant: Plant): Scenario {
  const topic = scenario.topic.name;
  return {
    ...scenario,
    title: `${scenario.title}; then a broker lies (${plant})`,
    steps: [
      ...scenario.steps,
      { type: "fault", fault: { type: "plant", victim: { type: "leader", topic, partition: 0 }, plant, topic, afterBatches: AFTER_BATCHES } },
      { type: "until-acked", records: RECORDS_AFTER + AFTER_BATCHES * scenario.load.recordsPerBatch, timeoutMs: TIMEOUT_MS },
    ],
  };
}
