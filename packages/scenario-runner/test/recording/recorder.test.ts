import { expect, test } from "vitest";
import { NOBODY, type NodeState, Recorder } from "../../src/index.ts";
import type { NodeEvent } from "../../src/run/node-event.ts";

const topic = { name: "orders", partitions: 2, replicationFactor: 3, minInsyncReplicas: 2 };
const recorder = (controllers = 0): Recorder => new Recorder({ cluster: { brokers: 3, controllers }, topic });

const unfenced = (broker: number, epoch: number): NodeEvent => ({ node: 1, kind: "broker-unfenced", broker, epoch });
const fenced = (broker: number, epoch: number): NodeEvent => ({ node: 1, kind: "broker-fenced", broker, epoch, because: "" });
const started = (node: number): NodeEvent => ({ node, kind: "started", incarnation: "i", pageCacheSurvived: true });
const elected = (leader: number, leaderEpoch: number, isr: readonly number[]): NodeEvent => {
  return { node: 1, kind: "leader-elected", topic: "orders", partition: 0, leader, leaderEpoch, isr, because: "" };
};
const isrChanged = (isr: readonly number[], leaderEpoch: number, partitionEpoch: number): NodeEvent => {
  return { node: 1, kind: "isr-changed", topic: "orders", partition: 0, isr, leaderEpoch, partitionEpoch, because: "" };
};

/** `starting 0–50` */
const statesOf = (recorder: Recorder, node: number, nowMs: number): readonly string[] =>
  (recorder.recording(nowMs).nodes[node - 1]?.states ?? []).map(({ fromMs, toMs, value }: { fromMs: number; toMs: number; value: NodeState }) => {
    return `${value} ${fromMs}–${toMs}`;
  });

test("a broker that is killed, starts again and is unfenced is told as its states", () => {
  const run = recorder();
  run.event(100, unfenced(2, 7));
  run.nodeEnded(500, 2);
  run.event(560, fenced(2, 7));
  run.nodeStarted(900, 2);
  run.event(1_000, unfenced(2, 9));
  expect(statesOf(run, 2, 1_200)).toEqual(["starting 0–100", "in-service 100–500", "down 500–900", "starting 900–1000", "in-service 1000–1200"]);
});

test("a word on the process before, told late, takes no broker into service", () => {
  const run = recorder();
  run.event(100, unfenced(2, 7));
  run.nodeEnded(500, 2);
  run.event(510, unfenced(2, 7));
  run.nodeStarted(900, 2);
  run.event(910, unfenced(2, 7));
  expect(statesOf(run, 2, 1_000)).toEqual(["starting 0–100", "in-service 100–500", "down 500–900", "starting 900–1000"]);
});

test("a broker that is fenced and comes back under its epoch was out of service meanwhile", () => {
  const run = recorder();
  run.event(100, unfenced(3, 7));
  run.event(300, fenced(3, 7));
  run.event(400, unfenced(3, 7));
  expect(statesOf(run, 3, 500)).toEqual(["starting 0–100", "in-service 100–300", "out-of-service 300–400", "in-service 400–500"]);
});

test("a broker that was asked to stop is stopping until its process is gone", () => {
  const run = recorder();
  run.event(100, unfenced(3, 7));
  run.event(200, { node: 3, kind: "stopping" });
  run.event(210, fenced(3, 7));
  run.nodeEnded(300, 3);
  expect(statesOf(run, 3, 400)).toEqual(["starting 0–100", "in-service 100–200", "stopping 200–300", "down 300–400"]);
});

test("a controller of its own is in service while it knows the leader of the quorum", () => {
  const run = recorder(3);
  run.event(100, { node: 5, kind: "raft-role", role: "follower", term: 1, leader: 4 });
  run.event(200, { node: 5, kind: "raft-role", role: "candidate", term: 2, leader: -1 });
  run.event(300, { node: 5, kind: "raft-role", role: "leader", term: 2, leader: 5 });
  expect(statesOf(run, 5, 400)).toEqual(["starting 0–100", "in-service 100–200", "out-of-service 200–300", "in-service 300–400"]);
});

test("who led and who was in sync is told once, whoever tells it, and never by an older epoch", () => {
  const run = recorder();
  run.event(100, elected(2, 0, [2, 3, 1]));
  run.event(500, isrChanged([2, 3], 0, 1));
  run.event(600, elected(3, 1, [3]));
  run.event(601, elected(3, 1, [3]));
  run.event(605, elected(2, 0, [1, 2, 3]));
  run.event(610, isrChanged([2, 3], 0, 1));
  run.event(700, isrChanged([3, 1], 1, 3));
  run.event(710, isrChanged([3], 1, 2));
  const [partition] = run.recording(1_000).partitions;
  expect(partition?.leaders).toEqual([
    { fromMs: 100, toMs: 600, value: { leader: 2, leaderEpoch: 0 } },
    { fromMs: 600, toMs: 1_000, value: { leader: 3, leaderEpoch: 1 } },
  ]);
  expect(partition?.isr.map(({ fromMs, value }) => [fromMs, ...value])).toEqual([
    [100, 1, 2, 3],
    [500, 2, 3],
    [600, 3],
    [700, 1, 3],
  ]);
});

test("nobody is the active controller until one says so, and when it is gone", () => {
  const run = recorder();
  run.event(100, { node: 1, kind: "controller", isActive: true, epoch: 1 });
  run.nodeEnded(500, 1);
  run.event(501, { node: 1, kind: "controller", isActive: true, epoch: 1 });
  run.event(600, { node: 3, kind: "controller", isActive: true, epoch: 2 });
  run.event(700, { node: 2, kind: "controller", isActive: false, epoch: 1 });
  expect(run.recording(800).controllers.map(({ fromMs, value }) => [fromMs, value])).toEqual([
    [0, NOBODY],
    [100, 1],
    [500, NOBODY],
    [600, 3],
  ]);
});

test("acknowledged records and errors are counted for each tenth of a second of the load", () => {
  const run = recorder();
  run.loadBegan(50);
  run.acked(60, "orders-0", 10);
  run.acked(99, "orders-0", 5);
  run.acked(100, "orders-0", 1);
  run.sendFailed(250, "orders-0", "NOT_ENOUGH_REPLICAS");
  run.loadEnded(320);
  run.acked(330, "orders-0", 2);
  run.sendFailed(9_000, "orders-0", "REQUEST_TIMED_OUT");
  const recording = run.recording(9_100);
  expect([recording.endMs, recording.load]).toEqual([330, { fromMs: 50, toMs: 320 }]);
  expect(recording.partitions[0]).toMatchObject({
    acked: [15, 1, 0, 2],
    errors: [0, 0, 1, 0],
    errorsAfter: 1,
    errorNames: { NOT_ENOUGH_REPLICAS: 1, REQUEST_TIMED_OUT: 1 },
  });
});

test("an acknowledgement that is told before the load began is its beginning", () => {
  const run = recorder();
  run.acked(40, "orders-0", 1);
  run.loadBegan(50);
  run.loadEnded(60);
  expect(run.recording(70).load).toEqual({ fromMs: 40, toMs: 60 });
});

test("the longest gap is of those that ended after the first fault", () => {
  const run = recorder();
  for (const atMs of [0, 400]) run.acked(atMs, "orders-0", 1);
  run.struck(410, { type: "crash", nodes: [2], text: "broker 2 is killed" });
  for (const atMs of [500, 550]) run.acked(atMs, "orders-0", 1);
  run.loadEnded(600);
  expect(run.recording(600).partitions[0]?.longestGap).toEqual({ fromMs: 400, toMs: 500, isOpen: false });
});

test("a partition that is never acknowledged again has a gap until the load's end", () => {
  const run = recorder();
  run.acked(400, "orders-0", 1);
  run.struck(410, { type: "crash", nodes: [2], text: "broker 2 is killed" });
  run.loadEnded(2_000);
  const [first, second] = run.recording(9_000).partitions;
  expect(first?.longestGap).toEqual({ fromMs: 400, toMs: 2_000, isOpen: true });
  expect(second?.longestGap).toBeUndefined();
});

test("a killed node's fault lasts until a process of it starts, a pause until it is healed, and what is not healed until the end", () => {
  const run = recorder();
  run.struck(100, { type: "crash", nodes: [2], text: "killed" });
  run.struck(150, { type: "pause", nodes: [3], text: "paused" });
  run.struck(200, { type: "disk-full", nodes: [1], text: "full" });
  run.healed(300, { type: "pause", node: 3 });
  run.nodeStarted(400, 2);
  run.loadEnded(500);
  expect(run.recording(600).faults.map(({ text, fromMs, toMs, isOpen }) => [text, fromMs, toMs, isOpen])).toEqual([
    ["killed", 100, 400, false],
    ["paused", 150, 300, false],
    ["full", 200, 500, true],
  ]);
});

test("a heal of everything ends what lasts, but starts no process", () => {
  const run = recorder();
  run.struck(100, { type: "crash", nodes: [2], text: "killed" });
  run.struck(150, { type: "partition", nodes: [3], text: "cut off" });
  run.healed(300);
  run.event(350, started(2));
  run.loadEnded(500);
  expect(run.recording(500).faults.map(({ toMs }) => toMs)).toEqual([350, 300]);
});

test("a fault that ends by itself does so, unless it is healed before", () => {
  const run = recorder();
  run.struck(100, { type: "pause", nodes: [1], text: "", forMs: 50 });
  run.struck(100, { type: "slow-disk", nodes: [1], text: "", forMs: 1_000 });
  run.healed(200);
  run.loadEnded(500);
  expect(run.recording(500).faults.map(({ toMs, isOpen }) => [toMs, isOpen])).toEqual([
    [150, false],
    [200, false],
  ]);
});

test("answers after which the producer tried again are counted by time and by name", () => {
  const run = recorder();
  run.sendRefused(10, "NOT_ENOUGH_REPLICAS");
  run.sendRefused(20, "NOT_LEADER_OR_FOLLOWER");
  run.sendRefused(110, "NOT_ENOUGH_REPLICAS");
  run.loadEnded(150);
  expect(run.recording(150).refusals).toEqual({ counts: [2, 1], names: { NOT_ENOUGH_REPLICAS: 2, NOT_LEADER_OR_FOLLOWER: 1 } });
});

test("a fault that is over when it was done is a moment", () => {
  const run = recorder();
  run.struck(100, { type: "reset", nodes: [], text: "every connection breaks" });
  expect(run.recording(500).faults).toMatchObject([{ fromMs: 100, toMs: 100, isOpen: false }]);
});
