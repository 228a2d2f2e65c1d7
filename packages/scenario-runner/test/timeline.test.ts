import { nodeId } from "@samsa/stdx";
import { expect, test } from "vitest";
import { formatEntry, nodeName, Timeline, type TimelineEntry } from "../src/index.ts";

function recorded() {
  const clock = { nowMs: 0 };
  const entries: TimelineEntry[] = [];
  const timeline = new Timeline(
    () => clock.nowMs,
    (entry) => entries.push(entry),
    (node) => nodeName({ brokers: 3, controllers: 3 }, node),
  );
  return { clock, timeline, texts: () => entries.map(({ text }) => text), entries };
}

const elected = {
  kind: "leader-elected",
  topic: "orders",
  partition: 0,
  leader: 2,
  leaderEpoch: 3,
  isr: [2, 3],
  because: "its control address refuses connections",
} as const;

test("an election is told with leader, epoch, ISR and reason", () => {
  const { timeline, texts } = recorded();
  timeline.event({ node: 1, ...elected });
  expect(texts()).toEqual(["broker 2 leads orders-0, leader epoch 3, ISR 2 3: its control address refuses connections"]);
});

test("a partition without a leader is told as such", () => {
  const { timeline, texts } = recorded();
  timeline.event({ node: 1, ...elected, leader: -1, isr: [2] });
  expect(texts()).toEqual(["orders-0 has no leader, leader epoch 3: its control address refuses connections"]);
});

test("one election that two controllers tell for different reasons is told once", () => {
  const { timeline, texts } = recorded();
  timeline.event({ node: 1, ...elected });
  timeline.event({ node: 2, ...elected, because: "decided by an earlier controller" });
  expect(texts()).toHaveLength(1);
});

test("the first acknowledgement of a run is told, and the first of each partition after a fault", () => {
  const { clock, timeline, texts } = recorded();
  timeline.acked("orders-0", 0);
  timeline.acked("orders-0", 10);
  clock.nowMs = 100;
  timeline.fault("broker 1 is killed", ["orders-0", "orders-1"]);
  timeline.acked("orders-0", 20);
  timeline.acked("orders-1", undefined);
  timeline.event({ node: 2, ...elected });
  timeline.acked("orders-0", 30);
  timeline.acked("orders-0", 40);
  const told = ["first acknowledged record: orders-0 at offset 0", "broker 1 is killed", "orders-0 is acknowledged again, at offset 30"];
  expect(texts().filter((text) => !text.includes(" leads "))).toEqual(told);
});

test("times count from the start and from the newest fault", () => {
  const { clock, timeline, entries } = recorded();
  timeline.say("before");
  clock.nowMs = 1_000;
  timeline.fault("a fault", []);
  clock.nowMs = 1_041;
  timeline.say("after");
  expect(entries.map(formatEntry)).toEqual(["  0.000 s             before", "  1.000 s   +0.000 s  a fault", "  1.041 s   +0.041 s  after"]);
});

test("what is too small for the story is left out", () => {
  const { timeline, texts } = recorded();
  timeline.event({ node: 1, kind: "append", topic: "orders", partition: 0, baseOffset: 0, endOffset: 1, leaderEpoch: 0 });
  timeline.event({ node: 1, kind: "log-recovered", path: "orders-0/0.log", endOffset: 5, droppedBytes: 0 });
  expect(texts()).toEqual([]);
});

test("a node that is a controller and nothing else is not called a broker", () => {
  const { timeline, texts } = recorded();
  timeline.event({ node: 3, kind: "controller", isActive: true, epoch: 1 });
  timeline.event({ node: 5, kind: "controller", isActive: true, epoch: 2 });
  timeline.event({ node: 5, kind: "log-recovered", path: "__cluster_metadata-0/quorum.wal", endOffset: 5, droppedBytes: 3 });
  expect(texts()).toEqual([
    "broker 3 is the active controller, epoch 1",
    "controller 5 is the active controller, epoch 2",
    "controller 5 dropped 3 torn bytes of __cluster_metadata-0/quorum.wal",
  ]);
});

test("each node's word that the quorum is lost, and found, is told once; the wait of a first start is not", () => {
  const { timeline, texts } = recorded();
  const lost = { kind: "quorum-lost", forMs: 812, missing: [nodeId(4), nodeId(6)], isFirstStart: false } as const;
  timeline.event({ node: 5, ...lost, isFirstStart: true });
  timeline.event({ node: 5, ...lost });
  timeline.event({ node: 5, ...lost, forMs: 10_812 });
  timeline.event({ node: 1, ...lost });
  timeline.event({ node: 1, kind: "quorum-found", leader: nodeId(4), afterMs: 12_000 });
  expect(texts()).toEqual([
    "controller 5 says that the metadata quorum has had no leader for 812 ms: voters 4, 6 can't be reached",
    "broker 1 says that the metadata quorum has had no leader for 812 ms: voters 4, 6 can't be reached",
    "broker 1 has found the leader of the metadata quorum, node 4, after 12000 ms",
  ]);
});
