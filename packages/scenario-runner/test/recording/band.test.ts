import { expect, test } from "vitest";
import { BandList } from "../../src/recording/band.ts";

test("bands follow each other, the last one until the end", () => {
  const list = new BandList<string>();
  list.change(0, "starting");
  list.change(300, "in-service");
  expect(list.until(1_000)).toEqual([
    { fromMs: 0, toMs: 300, value: "starting" },
    { fromMs: 300, toMs: 1_000, value: "in-service" },
  ]);
});

test("what is told again is no change", () => {
  const list = new BandList<readonly number[]>((a, b) => a.join() === b.join());
  list.change(0, [1, 2]);
  list.change(10, [1, 2]);
  expect(list.until(20)).toEqual([{ fromMs: 0, toMs: 20, value: [1, 2] }]);
});

test("what is changed again within no time was never so, and what it was before goes on", () => {
  const list = new BandList<number>();
  list.change(0, 1);
  list.change(50, 2);
  list.change(50, 1);
  list.change(60, 3);
  expect(list.until(100)).toEqual([
    { fromMs: 0, toMs: 60, value: 1 },
    { fromMs: 60, toMs: 100, value: 3 },
  ]);
});

test("what begins at the end or behind it is no band", () => {
  const list = new BandList<number>();
  list.change(0, 1);
  list.change(100, 2);
  list.change(200, 3);
  expect(list.until(100)).toEqual([{ fromMs: 0, toMs: 100, value: 1 }]);
});
