import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inputOfSeed, shrinkSeed, type SimulationInput } from "@samsa/simulator";
import { expect, test } from "vitest";
import { describeFailure } from "../src/sim/failure-story.ts";
import { readPlan } from "../src/sim/read-plan.ts";
import { type Run, runOnce } from "../src/sim/run-once.ts";

const ofSeed = inputOfSeed(1, 2_000);
const crash = { atMs: 500, fault: { type: "crash", victim: { type: "node", id: 1 }, restartAfterMs: 300 } } as const;

test("a plan takes the place of the seed's faults", () => {
  expect(readPlan(JSON.stringify({ actions: [crash] }), ofSeed)).toEqual({ ...ofSeed, plan: { actions: [crash] } });
});

test("a plan may be a file, and may be the whole input of an earlier run", () => {
  const directory = mkdtempSync(join(tmpdir(), "samsa-plan-"));
  const earlier = { ...inputOfSeed(9, 3_000), plan: { actions: [crash] } };
  writeFileSync(join(directory, "plan.json"), JSON.stringify(earlier));
  expect(readPlan(join(directory, "plan.json"), ofSeed)).toEqual(earlier);
  rmSync(directory, { recursive: true });
});

test("what is no plan is refused with what is wrong", () => {
  expect(() => readPlan("{", ofSeed)).toThrow(/neither a file nor JSON/);
  expect(() => readPlan("{}", ofSeed)).toThrow(/"actions"/);
  expect(() => readPlan('{"actions":[{"atMs":1,"fault":{"type":"crsh"}}]}', ofSeed)).toThrow(/crsh.*is not an action/);
  expect(() => readPlan('{"plan":{"actions":[]}}', ofSeed)).toThrow(/looks like a whole input, but has no seed/);
});

test("shrinking begins with the seed's own input and ends with the smallest that fails alike", () => {
  const seed = 2;
  const own = inputOfSeed(seed, 2_000);
  expect(own.plan.actions.length).toBeGreaterThan(1);
  const tried: SimulationInput[] = [];
  const isSame = (input: SimulationInput): boolean => {
    tried.push(input);
    return input.plan.actions.length > 0;
  };
  const shrunk = shrinkSeed(seed, 2_000, { isSame, timeLimitMs: 10_000 });
  expect(tried[0]).toEqual(own);
  expect(shrunk?.input.plan.actions).toHaveLength(1);
  expect(shrunk?.attempts).toBe(tried.length);
  expect(shrinkSeed(seed, 2_000, { isSame: () => false, timeLimitMs: 10_000 })).toBeUndefined();
});

test("a failure is told as a story: the invariant, the plan, what happened, and the command that replays it", () => {
  const input = { ...ofSeed, plan: { actions: [crash] } };
  const run: Run = { ...runOnce(input), violations: [{ invariant: "I-P10", detail: "it's gone" }] };
  const story = describeFailure(run, 0);
  expect(story).toContain("VIOLATED with seed 1: I-P10\n  it's gone");
  expect(story).toContain("The plan: 1 fault:\n  0.500 s after the load began: crash of node 1, started again after 300 ms");
  expect(story).toMatch(/fault: crash/);
  expect(story).toMatch(/fault: crash[^]*broker 1 starts/);
  const command = /samsa sim --seed 1 --plan '(.*)'$/.exec(story)?.[1] ?? "";
  expect(readPlan(command, inputOfSeed(2, 1))).toEqual(input);
});
