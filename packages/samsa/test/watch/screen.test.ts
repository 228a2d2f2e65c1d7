import { expect, test } from "vitest";
import { screenOf } from "../../src/watch/screen.ts";
import { clusterView, groupView, nodeView, partitionView } from "./views.ts";

const WIDE = { rows: 30, columns: 120 };
const textOf = (...args: Parameters<typeof screenOf>): readonly string[] => screenOf(...args).map(({ text }) => text);
const told = (count: number) => Array.from({ length: count }, (_, index) => ({ at: "12:00:00", sentence: `change ${index}` }));

test("nodes, groups, partitions and below what changed", () => {
  const view = clusterView({
    nodes: [nodeView(1, { state: "killed" }), nodeView(2), nodeView(3, { leads: undefined, replicas: undefined }), nodeView(4, { isBroker: false })],
    partitions: [
      partitionView("orders", 0, { leader: 2, isr: [3, 2], logEnds: new Map([[2, 42]]) }),
      partitionView("orders", 1, { leader: -1, isr: [], highWatermark: undefined }),
    ],
    groups: [groupView("readers"), groupView("writers", { state: "Empty", memberCount: 0, lag: 3, isLagWhole: false })],
    cuts: [{ a: [1], b: [2, 3] }],
    leaderlessCount: 1,
    underReplicatedCount: 2,
  });
  expect(textOf(view, told(1), WIDE)).toEqual([
    "Bootstrap   127.0.0.1:9092",
    "Controller  node 2, epoch 3",
    "Partitions  2 (1 without a leader, 2 under-replicated)",
    "Cut off     1 | 2,3",
    "",
    "Node  State    Role               Leads  InSync",
    "1     killed   broker+controller  1      3 of 3",
    "2     running  broker+controller  1      3 of 3",
    "3     running  broker+controller  ?      ?",
    "4     running  controller         -      -",
    "",
    "Group    State   Members  Lag        Coordinator",
    "readers  Stable  2        7          1",
    "writers  Empty   0        3 or more  1",
    "",
    "Partition  Leader  Epoch  ISR    HighWatermark  LogEnds",
    "orders-0   2       4      2,3    41             1*:? 2:42 3:?",
    "orders-1   none    4      empty  ?              1*:42 2*:42 3*:41",
    "",
    "12:00:00  change 0",
    "q or Ctrl-C leaves",
  ]);
});

test("trouble has a tone of its own, beside the words", () => {
  const view = clusterView({
    nodes: [nodeView(1, { state: "fenced" }), nodeView(2, { state: "paused" })],
    partitions: [partitionView("orders", 0, { leader: -1, isr: [] }), partitionView("orders", 1, { isr: [1] })],
    controller: undefined,
  });
  const tones = new Map(screenOf(view, [], WIDE).map(({ text, tone }) => [text.split(" ")[0], tone]));
  expect(["1", "2", "orders-0", "orders-1", "Controller"].map((name) => tones.get(name))).toEqual(["bad", "doubtful", "bad", "doubtful", "bad"]);
});

test("partitions that do not fit are counted, those that nobody named among them", () => {
  const partitions = Array.from({ length: 100 }, (_, index) => partitionView("orders", index));
  const lines = textOf(clusterView({ partitions, partitionCount: 250 }), told(3), { rows: 30, columns: 80 });
  const shown = lines.filter((line) => line.startsWith("orders-")).length;
  expect(shown).toBeGreaterThan(5);
  expect(lines).toContain(`… and ${250 - shown} more partitions`);
  expect(lines.slice(-4)).toEqual(["12:00:00  change 0", "12:00:00  change 1", "12:00:00  change 2", "q or Ctrl-C leaves"]);
  const few = textOf(clusterView({ partitions: partitions.slice(0, 2), partitionCount: 7 }), [], WIDE);
  expect(few).toContain("… and 5 more partitions");
});

test("of many nodes and groups what does not fit is counted, and the changes keep their place", () => {
  const nodes = Array.from({ length: 40 }, (_, index) => nodeView(index + 1));
  const groups = Array.from({ length: 40 }, (_, index) => groupView(`g${index}`));
  const lines = textOf(clusterView({ nodes, groups }), told(50), { rows: 40, columns: 80 });
  expect(lines.join("\n")).toMatch(/… and \d+ more nodes/);
  expect(lines.at(-2)).toBe("12:00:00  change 49");
  const grouped = textOf(clusterView({ groups }), [], { rows: 40, columns: 80 });
  expect(grouped).toContain("… and 34 more groups");
});

test("no size of a terminal is exceeded, however small", () => {
  const partitions = Array.from({ length: 20 }, (_, index) => partitionView("a-topic-with-a-long-name", index));
  const view = clusterView({ partitions, groups: [groupView("g")], cuts: [{ a: [1], b: [2] }] });
  for (let rows = 1; rows <= 60; rows++) {
    const lines = textOf(view, told(50), { rows, columns: 20 });
    expect(lines.length).toBeLessThanOrEqual(rows);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(20);
  }
});
