import type { Fault } from "@samsa/world";
import { expect, test } from "vitest";
import { FaultRefused, formatResult, isGood, planted, runScenario, type Scenario, simulatedWorld, type Step } from "../src/index.ts";
import type { Observation } from "../src/run/observation.ts";

const topic = "orders";
const leaderOf = { type: "leader", topic, partition: 0 } as const;

const scenario = (steps: readonly Step[]): Scenario => ({
  name: "test",
  title: "A test",
  teaches: "",
  prose: "",
  cluster: { brokers: 3 },
  topic: { name: topic, partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 500, recordsPerBatch: 10 },
  steps,
  expectation: { type: "clean" },
});
const acked = (records: number, timeoutMs = 20_000): Step => ({ type: "until-acked", records, timeoutMs });
const kill: Step = { type: "fault", fault: { type: "crash", victim: leaderOf } };

async function run(steps: readonly Step[], seed: number) {
  const told: string[] = [];
  const world = simulatedWorld(scenario(steps), seed);
  const result = await runScenario(scenario(steps), world, ({ text }) => told.push(text));
  return { result, told, traceHash: world.traceHash };
}

const failover = [acked(200), kill, acked(200), { type: "restart" }, { type: "until-isr-full", timeoutMs: 20_000 }] as const;

test("a leader that dies and returns is told as a story with a clean verdict", async () => {
  const { result, told } = await run(failover, 1);
  expect(formatResult(result)).toContain("Clean: every one of");
  expect(isGood(result)).toBe(true);
  const order = [
    "is killed (SIGKILL) (leader of orders-0",
    "is fenced",
    "leader epoch 1",
    "orders-0 is acknowledged again",
    "starts again on the data it had",
    "every replica is in the ISR",
  ];
  const found = order.map((text) => told.findIndex((line) => line.includes(text)));
  expect(found).not.toContain(-1);
  expect(found).toEqual([...found].sort((a, b) => a - b));
});

test("one seed tells one story, another seed another", async () => {
  const [first, again, other] = [await run(failover, 3), await run(failover, 3), await run(failover, 4)];
  expect(again.traceHash).toBe(first.traceHash);
  expect(again.result).toEqual(first.result);
  expect(other.traceHash).not.toBe(first.traceHash);
});

test("a wait that runs out fails the scenario, and what was acknowledged is judged nevertheless", async () => {
  const { result } = await run([acked(100), kill, kill, acked(1_000_000, 2_000)], 1);
  expect(isGood(result)).toBe(false);
  expect(result.failures[0]).toMatch(/^only \d+ of 1000000 records were acknowledged in 2000 ms$/);
  expect(result.verdict.counts.acked).toBeGreaterThan(0);
});

test("replicas that differ fail a run whose readers were given everything; after another failure they are not compared", async () => {
  const difference = "orders-0 on brokers 1 and 2 differ from offset 5 on";
  const runWith = async (steps: readonly Step[]) => {
    const inner = simulatedWorld(scenario(steps), 1);
    const factory = {
      ...inner,
      create: (observation: Observation) => Object.assign(inner.create(observation), { replicaDifferences: async () => [difference] }),
    };
    return runScenario(scenario(steps), factory, () => undefined);
  };
  const differing = await runWith([acked(100)]);
  expect([differing.verdict.isClean, differing.failures, isGood(differing)]).toEqual([true, [difference], false]);
  expect(differing.timeline.at(-1)?.text).toBe(`FAILED: ${difference}`);
  expect((await runWith([acked(1_000_000, 2_000)])).failures).toEqual([expect.stringContaining("records were acknowledged in 2000 ms")]);
});

test("with acks=1 too nothing may be lost that no excuse names, whoever led", async () => {
  const [first, second] = [0, 1].map((index) => ({ type: "follower", topic, partition: 0, index }) as const);
  const strikes = [first, second].map((victim): Step => ({ type: "fault", fault: { type: "pause", victim: victim ?? leaderOf } }));
  const lossy: Scenario = {
    ...scenario([acked(200), ...strikes, acked(100), kill, { type: "heal" }, acked(200), { type: "restart" }, { type: "until-isr-full", timeoutMs: 20_000 }]),
    topic: { name: topic, partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
    load: { acks: 1, isIdempotent: false, maxInFlight: 1, recordsPerSecond: 500, recordsPerBatch: 10 },
  };
  const honest = simulatedWorld(lossy, 1);
  expect((await runScenario(lossy, honest, () => undefined)).verdict.conclusion).toBe("allowed");
  const strict = simulatedWorld(lossy, 1);
  const withoutExcuses = { ...strict, create: (observation: Observation) => Object.assign(strict.create(observation), { excuses: () => [] }) };
  expect((await runScenario(lossy, withoutExcuses, () => undefined)).verdict.conclusion).toBe("violated");
});

test("a fault that a world can't do is refused by name before anything starts", async () => {
  const lie: Fault = { type: "plant", victim: leaderOf, plant: "duplicate", topic, afterBatches: 1 };
  await expect(run([{ type: "fault", fault: lie }], 1)).rejects.toThrow(FaultRefused);
  await expect(run([{ type: "fault", fault: lie }], 1)).rejects.toThrow('scenario test needs what the world "sim" can\'t do: plant');
});

test("a planted scenario does all that the scenario does, and then lies under load", () => {
  const honest = scenario(failover);
  const { steps } = planted(honest, "reorder");
  expect(steps.slice(0, failover.length)).toEqual(honest.steps);
  expect(steps.slice(failover.length)).toMatchObject([
    { type: "fault", fault: { type: "plant", plant: "reorder", victim: leaderOf, topic } },
    { type: "until-acked" },
  ]);
});

test("a loss that the settings allow is told with its reason, and is neither clean nor a violation", async () => {
  const lossy: Scenario = {
    ...scenario([acked(300), { type: "fault", fault: { type: "power-loss", victim: leaderOf } }, { type: "restart" }, acked(200)]),
    topic: { name: topic, partitions: 1, replicationFactor: 1, minInsyncReplicas: 1 },
  };
  const conclusions = new Set<string>();
  for (let seed = 1; seed <= 3; seed++) {
    const result = await runScenario(lossy, simulatedWorld(lossy, seed), () => undefined);
    expect([seed, result.failures, result.verdict.anomalies]).toEqual([seed, [], []]);
    conclusions.add(result.verdict.conclusion);
    if (result.verdict.conclusion !== "allowed") continue;
    expect(isGood(result)).toBe(false);
    expect(formatResult(result)).toMatch(/ALLOWED LOSS, not clean: because everybody in ISR and ELR had lost its power \(min.insync.replicas is 1\)/);
  }
  expect([...conclusions]).toContain("allowed");
});
