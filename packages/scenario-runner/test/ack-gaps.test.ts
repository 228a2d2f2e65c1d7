import { expect, test } from "vitest";
import { AckGaps } from "../src/index.ts";

test("the longest time between two acknowledgements is kept for each partition, the longest first", () => {
  const gaps = new AckGaps();
  for (const atMs of [0, 10, 200, 210]) gaps.acked("orders-0", atMs);
  for (const atMs of [5, 305, 310]) gaps.acked("orders-1", atMs);
  expect(gaps.longestGaps()).toEqual([
    { partition: "orders-1", fromMs: 5, toMs: 305 },
    { partition: "orders-0", fromMs: 10, toMs: 200 },
  ]);
});

test("a gap that is open when counting begins anew belongs to what comes then", () => {
  const gaps = new AckGaps();
  gaps.acked("orders-0", 0);
  gaps.acked("orders-0", 50);
  expect(gaps.restart()).toEqual([{ partition: "orders-0", fromMs: 0, toMs: 50 }]);
  gaps.acked("orders-0", 90);
  expect(gaps.longestGaps()).toEqual([{ partition: "orders-0", fromMs: 50, toMs: 90 }]);
});

test("a partition acknowledged once has no gap", () => {
  const gaps = new AckGaps();
  gaps.acked("orders-0", 7);
  expect(gaps.longestGaps()).toEqual([]);
  expect(gaps.lastAckAtMs("orders-0")).toBe(7);
});
