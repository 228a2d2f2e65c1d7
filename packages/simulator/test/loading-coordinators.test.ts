import type { TraceEvent } from "@samsa/world";
import { expect, it } from "vitest";
import { LoadingCoordinators } from "../src/loading-coordinators.ts";

const AT = { topic: "__consumer_offsets", partition: 0 };
const traced = (node: number, event: object): TraceEvent => ({ seq: 0, t: 0, node, event }) as TraceEvent;
const elected = (leader: number, leaderEpoch: number, of: { topic: string; partition: number } = AT): TraceEvent =>
  traced(9, { kind: "leader-elected", ...of, leader, leaderEpoch, isr: [], because: "" });
const active = (node: number, leaderEpoch: number): TraceEvent =>
  traced(node, { kind: "group-coordinator", partition: 0, leaderEpoch, isActive: true, highWatermark: 0 });

it("a coordinator is being loaded from its election until it is active", () => {
  const loading = new LoadingCoordinators();
  loading.add(elected(1, 3), 10);
  loading.add(elected(1, 3, { topic: "orders", partition: 0 }), 11);
  expect(loading.spans(0)).toEqual([{ fromUs: 10, toUs: Number.POSITIVE_INFINITY }]);
  loading.add(active(1, 3), 20);
  expect(loading.spans(0)).toEqual([{ fromUs: 10, toUs: 20 }]);
  expect(loading.spans(1)).toEqual([]);
});

it("an election that a later controller tells of again was long ago", () => {
  const loading = new LoadingCoordinators();
  loading.add(elected(1, 3), 10);
  loading.add(active(1, 3), 20);
  loading.add(elected(1, 3), 30);
  expect(loading.spans(0)).toEqual([{ fromUs: 10, toUs: 20 }]);
});

it("one that never comes to be active answers until its process dies, or it hears of a later epoch", () => {
  const loading = new LoadingCoordinators();
  loading.add(elected(1, 3), 10);
  loading.add(traced(1, { kind: "became-leader", ...AT, leaderEpoch: 3, startOffset: 0 }), 12);
  loading.add(traced(2, { kind: "became-follower", ...AT, leaderEpoch: 4, leader: 3, endOffset: 0 }), 13);
  loading.died(2, 14);
  expect(loading.spans(0)).toEqual([{ fromUs: 10, toUs: Number.POSITIVE_INFINITY }]);
  loading.add(traced(1, { kind: "became-follower", ...AT, leaderEpoch: 4, leader: 2, endOffset: 0 }), 15);
  loading.add(elected(2, 4), 20);
  loading.died(2, 22);
  expect(loading.spans(0)).toEqual([
    { fromUs: 10, toUs: 15 },
    { fromUs: 20, toUs: 22 },
  ]);
});

it("nobody is no coordinator", () => {
  const loading = new LoadingCoordinators();
  loading.add(elected(-1, 3), 10);
  expect(loading.spans(0)).toEqual([]);
});
