import { inputOfSeed, replayCommand } from "@samsa/simulator";
import { expect, it } from "vitest";

it("carries the whole input, as one word of a shell", () => {
  const input = inputOfSeed(7, 1_000);
  const told = { ...input, limits: { "broker.rack": "it's" } };
  const [, seed, plan = ""] = /^samsa sim --seed (\d+) --plan '(.*)'$/.exec(replayCommand(told)) ?? [];
  expect(seed).toBe("7");
  expect(JSON.parse(plan.replaceAll("'\\''", "'"))).toEqual(told);
});
