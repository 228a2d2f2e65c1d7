import { expect, test } from "vitest";
import { judgeOutcome, runScenario, type Scenario, simulatedWorld, type Step, type Wait, type Who } from "../src/index.ts";

const topic = "orders";
const place = { topic, partition: 0 } as const;
const leader: Who = { type: "leader", ...place };
const named: Who = { type: "named", name: "it" };

const base: Scenario = {
  name: "test",
  title: "A test",
  teaches: "",
  prose: "",
  cluster: { brokers: 3, controllers: 3, properties: { "broker.session.timeout.ms": "1500", "replica.lag.time.max.ms": "1500" } },
  topic: { name: topic, partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 500, recordsPerBatch: 10, requestTimeoutMs: 2_000 },
  steps: [],
  expectation: { type: "clean" },
};
const until = (wait: Wait, timeoutMs = 20_000): Step => ({ ...wait, timeoutMs });
const acked = until({ type: "until-acked", records: 100 });
const call = (who: Who): Step => ({ type: "name", who, name: "it" });
const crash = (victim: Who): Step => ({ type: "fault", fault: { type: "crash", victim } });
const cut = (...from: readonly Who[]): Step => ({ type: "fault", fault: { type: "partition", from, isOneWay: false } });
const isrFull = until({ type: "until-isr-full" });

async function run(steps: readonly Step[], more: Partial<Scenario> = {}) {
  const scenario = { ...base, steps, ...more };
  const told: string[] = [];
  const result = await runScenario(scenario, simulatedWorld(scenario, 1), ({ text }) => told.push(text));
  return { result, told, outcome: judgeOutcome(scenario, result) };
}
/** Indices of the lines that have these words, in the order in which the words are given. */
const placesOf = (told: readonly string[], words: readonly string[]): readonly number[] => words.map((text) => told.findIndex((line) => line.includes(text)));

test("a cut lasts until the heal, and a name stays with the node that had the role", async () => {
  const steps = [acked, call(leader), cut(named), until({ type: "until-leader", ...place, notBy: named }), acked, { type: "heal" }, isrFull, acked] as const;
  const { told, outcome } = await run(steps);
  expect(outcome).toEqual({ isAsExpected: true, inWords: "clean" });
  const places = placesOf(told, ["is it from here on", "is cut off from the other nodes", "is fenced", "leader epoch 1", "everything heals", "every replica"]);
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test("what a broker refuses is waited for by Kafka's name, and an ISR by its size", async () => {
  const followers = [0, 1].map((index): Who => ({ type: "follower", ...place, index }));
  const steps = [acked, cut(...followers), until({ type: "until-isr", ...place, size: 1 }), until({ type: "until-send-errors", error: "NOT_ENOUGH_REPLICAS" })];
  const { told, outcome } = await run([...steps, { type: "heal" }, isrFull, acked]);
  expect(outcome.isAsExpected).toBe(true);
  expect(told.filter((line) => line === "the producer is told NOT_ENOUGH_REPLICAS, and tries again")).toHaveLength(1);
});

test("a disk that is wiped while its node is down is empty when it starts, and everything is copied", async () => {
  const { told, outcome } = await run([acked, call(leader), crash(named), acked, { type: "wipe", who: named }, { type: "restart" }, isrFull, acked]);
  expect(outcome.isAsExpected).toBe(true);
  expect(told.some((line) => /^broker \d starts again on an empty disk$/.test(line))).toBe(true);
});

test("a segment that is torn while its node is down loses its last batch there, and nowhere else", async () => {
  const dropped = until({ type: "until-torn-end-dropped", who: named, ...place });
  const steps = [acked, call(leader), crash(named), acked, { type: "tear", who: named, ...place }, { type: "restart" }, dropped, isrFull, acked] as const;
  const { told, outcome } = await run(steps);
  expect(outcome.isAsExpected).toBe(true);
  expect(told.some((line) => /dropped [1-9]\d* torn bytes of orders-0/.test(line))).toBe(true);
});

test("a log that comes back whole has nothing torn at its end, and one whose broker is down is not read back", async () => {
  const dropped = until({ type: "until-torn-end-dropped", who: named, ...place }, 2_000);
  const whole = await run([acked, call(leader), crash(named), acked, { type: "restart" }, isrFull, dropped]);
  expect(whole.result.failures).toEqual([expect.stringMatching(/^broker \d dropped nothing when it read orders-0 back in 2000 ms$/)]);
  const down = await run([acked, call(leader), crash(named), acked, dropped]);
  expect(down.result.failures).toEqual([expect.stringMatching(/^broker \d did not read orders-0 back in 2000 ms$/)]);
});

test("only what is down can be wiped or torn", async () => {
  expect((await run([acked, { type: "wipe", who: leader }])).result.failures).toEqual(["the leader of orders-0 is not down: its disk can't be wiped"]);
  expect((await run([acked, { type: "tear", who: leader, ...place }])).result.failures).toEqual([
    "the leader of orders-0 is not down: no segment of it can be torn",
  ]);
});

test("a name that nobody has fails the step that needs it", async () => {
  expect((await run([acked, crash({ type: "named", name: "the king" })])).result.failures).toEqual(["nobody is the king when crash is to strike"]);
});

test("a node that is down is not killed again", async () => {
  const { told, result, outcome } = await run([acked, call(leader), crash(named), crash(named), { type: "restart" }, isrFull, acked]);
  expect(outcome.isAsExpected).toBe(true);
  expect(result.faults).toHaveLength(1);
  expect(told.some((line) => /^broker \d is down already$/.test(line))).toBe(true);
});

test.each([
  [{ type: "until-no-leader", ...place }, /^orders-0 still had a leader in 2000 ms$/],
  [{ type: "until-fenced", who: leader }, /^broker \d was not fenced in 2000 ms$/],
  [{ type: "until-leader", ...place, notBy: leader }, /^orders-0 was not led by another than the leader of orders-0 in 2000 ms$/],
  [{ type: "until-isr", ...place, size: 1 }, /^the ISR of orders-0 was \d \d \d in 2000 ms$/],
  [{ type: "until-send-errors", error: "NOT_ENOUGH_REPLICAS" }, /^the producer was never told NOT_ENOUGH_REPLICAS in 2000 ms$/],
  [{ type: "until-consumed", records: 1 }, /^only 0 of 1 records were given to the group in 2000 ms$/],
  [{ type: "until-acked", records: 1_000_000, partition: 0 }, /^only \d+ of 1000000 records of orders-0 were acknowledged in 2000 ms$/],
] as const)("a wait for what never comes says what was there instead: %j", async (wait, problem) => {
  const { result, outcome } = await run([acked, until(wait, 2_000)]);
  expect(result.failures).toEqual([expect.stringMatching(problem)]);
  expect(result.verdict.isClean).toBe(true);
  expect(outcome.isAsExpected).toBe(false);
});

test("after a step that fails everything is repaired, so that what was acknowledged can be judged", async () => {
  const { result, told } = await run([acked, crash(leader), cut({ type: "follower", ...place }), until({ type: "until-consumed", records: 1 }, 2_000)]);
  expect(result.failures).toHaveLength(1);
  expect(result.verdict.isClean).toBe(true);
  expect(placesOf(told, ["FAILED", "everything heals", "starts again on the data it had", "the final read is over"])).not.toContain(-1);
});

test("a group's members have to process every acknowledged record, wherever their coordinator is", async () => {
  const load = { ...base.load, group: { groupId: "billing", members: 2 } };
  const consumed = until({ type: "until-consumed", records: 200 });
  const steps = [consumed, crash({ type: "coordinator", groupId: "billing" }), consumed, { type: "restart" }, isrFull, consumed] as const;
  const { outcome, result } = await run(steps, { load });
  expect([outcome.inWords, result.failures]).toEqual(["clean", []]);
});

test("the ISR is not full by what was told before a member of it died", async () => {
  // Who could tell that the broker is gone is gone too: the ISR has all three until there is a new controller, and then the broker starts again.
  const leaderAndController = [crash({ type: "active-controller" }), call(leader), crash(named)];
  const { told, outcome } = await run([acked, ...leaderAndController, until({ type: "until-controller" }), { type: "restart" }, isrFull, acked]);
  expect(outcome.isAsExpected).toBe(true);
  const places = placesOf(told, ["is unfenced, broker epoch 3", "every replica is in the ISR"]);
  expect(places).not.toContain(-1);
  expect(places).toEqual(places.toSorted((a, b) => a - b));
});

test("a broker that is asked to stop is let go, and has ended when the step is over; one that dies is fenced for another reason", async () => {
  const stop: Step = { type: "fault", fault: { type: "stop", victim: named } };
  const letGo = (timeoutMs?: number): Step => until({ type: "until-fenced", who: named, because: "controlled shutdown" }, timeoutMs);
  const { told, outcome, result } = await run([acked, call(leader), stop, letGo(), acked, { type: "restart" }, isrFull, acked]);
  expect(outcome.isAsExpected).toBe(true);
  const lane = result.recording.nodes.find(({ id }) => told.some((line) => line.startsWith(`broker ${id} is asked to stop`)));
  expect(lane?.states.slice(-4).map(({ value }) => value)).toEqual(["stopping", "down", "starting", "in-service"]);

  const died = await run([acked, call(leader), crash(named), letGo(2_000)]);
  expect(died.result.failures).toEqual([
    expect.stringMatching(/^broker \d was fenced for another reason \(its control address refuses connections\) in 2000 ms$/),
  ]);
});
