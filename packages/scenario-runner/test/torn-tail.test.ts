import { expect, test } from "vitest";
import { activeSegment, tornTail } from "../src/run/torn-tail.ts";

test("the end of a segment is cut within the smallest batch, and garbage is shorter than what it takes the place of", () => {
  const { position, bytes } = tornTail(1_000);
  expect(1_000 - position).toBeLessThan(61);
  expect(position + bytes.length).toBeLessThan(1_000);
  expect(new Set(bytes)).not.toContain(0);
});

test("a segment without a batch can't be torn", () => {
  expect(() => tornTail(0)).toThrow("no batch in the active segment");
});

test("the active segment is the newest one", () => {
  const names = ["00000000000000000020.index", "00000000000000000000.log", "00000000000000000020.log", "leader-epoch-checkpoint"];
  expect(activeSegment(names)).toBe("00000000000000000020.log");
  expect(() => activeSegment(["partition.metadata"])).toThrow("there is no segment");
});
