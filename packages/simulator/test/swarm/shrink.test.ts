import type { SimulationInput } from "@samsa/simulator";
import { expect, it } from "vitest";
import { shrinkSeed } from "../../src/swarm/shrink.ts";

const GROUPS = { groups: { members: 3, isStatic: true, churnEveryMs: 1_500, idleMs: 2_000 } };

/** What is left of seed 1, which has groups, where those inputs fail. */
function shrunk(isSame: (input: SimulationInput) => boolean): SimulationInput | undefined {
  return shrinkSeed(1, 10_000, { focus: GROUPS, isSame, timeLimitMs: 20_000 })?.input;
}

it("leaves out all groups where the input fails without them, and all that goes wrong", () => {
  const input = shrunk(() => true);
  expect(input).toBeDefined();
  expect(input?.groups).toBeUndefined();
  expect(input?.plan.actions).toEqual([]);
});

it("leaves one group where that is enough, with one member and nothing special about it", () => {
  const input = shrunk(({ groups = [] }) => groups.length > 0);
  expect(input?.groups).toMatchObject([{ members: 1, isStatic: false }]);
  expect(Object.keys(input?.groups?.[0] ?? {})).not.toContain("churnEveryMs");
  expect(Object.keys(input?.groups?.[0] ?? {})).not.toContain("idleMs");
});

it("keeps of a group what it needs to fail", () => {
  const input = shrunk(({ groups = [] }) => groups.some(({ members, isStatic, churnEveryMs }) => members >= 2 && isStatic && churnEveryMs !== undefined));
  expect(input?.groups).toMatchObject([{ members: 2, isStatic: true, churnEveryMs: 1_500 }]);
});

it("says nothing of a seed that does not fail", () => {
  expect(shrunk(() => false)).toBeUndefined();
});
