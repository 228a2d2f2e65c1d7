import { expect, it } from "vitest";
import { CONFORMANCE_CASES, runCase, runCaseAsync } from "../src/conformance/index.ts";
import type { ConformanceCase, ConformanceWorld } from "../src/conformance/index.ts";

const noWorld = undefined as never as ConformanceWorld;

it("names each case once", () => {
  expect(new Set(CONFORMANCE_CASES.map(({ name }) => name)).size).toBe(CONFORMANCE_CASES.length);
});

it("fails a case whose claim the world does not make true, naming both", async () => {
  const one: ConformanceCase = {
    name: "water is wet",
    *run() {
      yield { what: "it rains", holds: () => false };
    },
  };
  expect(() => runCase(one, noWorld, (holds) => holds())).toThrow("water is wet: it rains");
  await expect(runCaseAsync(one, noWorld, async (holds) => holds())).rejects.toThrow("water is wet: it rains");
});

it("runs a case to its end", () => {
  let steps = 0;
  const one: ConformanceCase = {
    name: "three steps",
    *run() {
      for (steps = 1; steps < 3; steps++) yield { what: "go on", holds: () => true };
    },
  };
  runCase(one, noWorld, (holds) => holds());
  expect(steps).toBe(3);
});
