import { expect, test } from "vitest";
import { Observation } from "../src/run/observation.ts";

const scenario = { cluster: { brokers: 3 }, topic: { name: "orders", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 } };

function observed() {
  const clock = { nowMs: 0 };
  const observation = new Observation(
    scenario,
    () => clock.nowMs,
    () => undefined,
  );
  const at = (nowMs: number, step: (observation: Observation) => void): void => {
    clock.nowMs = nowMs;
    step(observation);
  };
  return { at, recording: () => observation.recording() };
}

test("all that clients are told is recorded", () => {
  const { at, recording } = observed();
  at(0, (run) => run.loadBegan());
  at(10, (run) => run.acked("orders-0", 5, 0));
  at(120, (run) => run.sendRefused("NOT_ENOUGH_REPLICAS"));
  at(230, (run) => run.sendFailed("orders-0", "REQUEST_TIMED_OUT"));
  at(299, (run) => run.loadEnded());
  expect(recording()).toMatchObject({
    load: { fromMs: 0, toMs: 299 },
    partitions: [{ acked: [5, 0, 0], errors: [0, 0, 1] }],
    refusals: { counts: [0, 1, 0], names: { NOT_ENOUGH_REPLICAS: 1 } },
  });
});

test("faults, deaths and starts are recorded when they are told, not when a node says so", () => {
  const { at, recording } = observed();
  at(100, (run) => run.event({ node: 1, kind: "broker-unfenced", broker: 2, epoch: 1 }));
  at(200, (run) => run.struck({ type: "crash", nodes: [2], text: "broker 2 is killed" }));
  at(201, (run) => run.ended(2));
  at(300, (run) => run.struck({ type: "pause", nodes: [3], text: "broker 3 is paused" }));
  at(400, (run) => run.healed());
  at(500, (run) => run.restarted(2));
  at(600, (run) => run.loadEnded());
  const { faults, nodes } = recording();
  expect(faults.map(({ text, fromMs, toMs, isOpen }) => [text, fromMs, toMs, isOpen])).toEqual([
    ["broker 2 is killed", 200, 500, false],
    ["broker 3 is paused", 300, 400, false],
  ]);
  expect(nodes[1]?.states.map(({ fromMs, value }) => [fromMs, value])).toEqual([
    [0, "starting"],
    [100, "in-service"],
    [201, "down"],
    [500, "starting"],
  ]);
});
