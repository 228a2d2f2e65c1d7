import { expect, test } from "vitest";
import { changesBetween, standing } from "../../src/watch/changes.ts";
import { clusterView, groupView, nodeView, partitionView } from "./views.ts";

const BEFORE = clusterView();

test("nothing that changed is nothing to tell; neither are records that were written", () => {
  expect(changesBetween(BEFORE, clusterView())).toEqual([]);
  expect(changesBetween(BEFORE, clusterView({ partitions: [partitionView("orders", 0, { logEnds: new Map([[1, 99]]), highWatermark: 99 })] }))).toEqual([]);
});

test("a leader is killed: who died, who leads now, what became of the ISR, in that order", () => {
  const after = clusterView({
    nodes: [nodeView(1, { state: "killed" }), nodeView(2), nodeView(3)],
    partitions: [partitionView("orders", 0, { leader: 3, leaderEpoch: 5, isr: [3, 2] })],
  });
  expect(changesBetween(BEFORE, after)).toEqual([
    "node 1 was killed (SIGKILL)",
    "orders-0 is led by node 3 now, no longer by 1",
    "orders-0 loses 1 from its ISR, which is 2,3",
  ]);
  expect(changesBetween(after, BEFORE)).toEqual([
    "node 1 is in service",
    "orders-0 is led by node 1 now, no longer by 3",
    "orders-0 has 1 in its ISR again, which is 1,2,3",
  ]);
});

test("a partition that nobody may lead says so, and a new epoch of the same leader too", () => {
  const none = clusterView({ partitions: [partitionView("orders", 0, { leader: -1, leaderEpoch: 5, isr: [] })] });
  expect(changesBetween(BEFORE, none)).toEqual([
    "orders-0 has no leader: node 1 led, and nobody in the ISR can take over",
    "orders-0 loses 1,2,3 from its ISR, which is empty",
  ]);
  expect(changesBetween(none, BEFORE)[0]).toBe("orders-0 is led by node 1 now");
  const again = clusterView({ partitions: [partitionView("orders", 0, { leaderEpoch: 5 })] });
  expect(changesBetween(BEFORE, again)).toEqual(["orders-0 is still led by node 1, in a new epoch"]);
});

test("what happens to many partitions alike is told once", () => {
  const many = (leader: number, count: number) =>
    clusterView({ partitions: Array.from({ length: count }, (_, index) => partitionView("orders", index, { leader, leaderEpoch: leader })) });
  expect(changesBetween(many(1, 4), many(2, 4))).toHaveLength(4);
  expect(changesBetween(many(1, 5), many(2, 5))).toEqual(["each of 5 partitions (orders-0, orders-1, …) is led by node 2 now, no longer by 1"]);
});

test("topics come, grow and go; where not all partitions are named nobody can tell", () => {
  const two = clusterView({ partitions: [partitionView("orders", 0), partitionView("orders", 1), partitionView("new", 0)] });
  expect(changesBetween(BEFORE, two)).toEqual(["topic orders has 2 partitions, no longer 1", "topic new is there, with 1 partition"]);
  expect(changesBetween(two, clusterView({ partitions: [] }))).toEqual(["topic orders is gone", "topic new is gone"]);
  expect(changesBetween(BEFORE, { ...two, partitionCount: 9 })).toEqual([]);
});

test("the controller: another one, none, one again", () => {
  const none = clusterView({ controller: undefined });
  expect(changesBetween(BEFORE, clusterView({ controller: 3, controllerEpoch: 4 }))).toEqual(["node 3 is the active controller (epoch 4)"]);
  expect(changesBetween(BEFORE, none)).toEqual(["no controller is active: nothing can be created, changed or failed over"]);
  expect(changesBetween(none, none)).toEqual([]);
  expect(changesBetween(none, BEFORE)).toEqual(["node 2 is the active controller (epoch 3)"]);
});

test("cuts and their end, a pause and its end", () => {
  const cut = clusterView({ cuts: [{ a: [1], b: [2, 3] }] });
  expect(changesBetween(BEFORE, cut)).toEqual(["nothing passes between the nodes 1 and 2,3"]);
  expect(changesBetween(cut, BEFORE)).toEqual(["every cut is healed"]);
  const paused = clusterView({ nodes: [nodeView(1), nodeView(2, { state: "paused" }), nodeView(3)] });
  expect(changesBetween(BEFORE, paused)).toEqual(["node 2 is paused (SIGSTOP)"]);
  expect(changesBetween(paused, BEFORE)).toEqual(["node 2 goes on (SIGCONT)"]);
});

test("groups: new ones, states, members, another coordinator; a lag that grows is no news", () => {
  const one = clusterView({ groups: [groupView("g")] });
  expect(changesBetween(BEFORE, one)).toEqual(["group g is Stable, with 2 members, coordinated by node 1"]);
  expect(changesBetween(one, clusterView({ groups: [groupView("g", { state: "PreparingRebalance", memberCount: 1, lag: 9 })] }))).toEqual([
    "group g is PreparingRebalance, with 1 member",
  ]);
  expect(changesBetween(one, clusterView({ groups: [groupView("g", { coordinator: 3, lag: 90 })] }))).toEqual([
    "group g is coordinated by node 3 now, no longer by 1",
  ]);
});

test("while nobody answers, only processes are told of", () => {
  const blind = clusterView({ isKnown: false, controller: undefined, partitions: [], nodes: [1, 2, 3].map((id) => nodeView(id, { state: "silent" })) });
  expect(changesBetween(BEFORE, blind)).toEqual([1, 2, 3].map((id) => `node ${id} runs, but does not answer`));
});

test("whoever begins to look is told how things stand", () => {
  expect(standing(clusterView({ groups: [groupView("g")], cuts: [{ a: [1], b: [2] }], underReplicatedCount: 1 }))).toEqual([
    "node 1 is in service",
    "node 2 is in service",
    "node 3 is in service",
    "nothing passes between the nodes 1 and 2",
    "node 2 is the active controller (epoch 3)",
    "1 partition, 0 without a leader, 1 under-replicated",
    "group g is Stable, with 2 members, coordinated by node 1",
  ]);
});
