import { inputOfSeed } from "@samsa/simulator";
import { expect, it } from "vitest";

const shapes = Array.from({ length: 300 }, (_, index) => inputOfSeed(1 + index, 60_000)).flatMap(({ compaction }) => compaction ?? []);

it("retention looks at some of the logs that are compacted, and deletes the oldest of some of these", () => {
  const retained = shapes.filter(({ isRetained }) => isRetained === true);
  const deleting = shapes.filter(({ retainedBytes }) => retainedBytes !== undefined);
  expect(retained.length).toBeGreaterThan(20);
  expect(retained.length).toBeLessThan(shapes.length);
  expect(deleting.length).toBeGreaterThan(10);
  expect(deleting.length).toBeLessThan(retained.length);
  expect(deleting.every(({ isRetained }) => isRetained === true)).toBe(true);
});
