import type { SimulationInput } from "@samsa/simulator";
import { expect, it } from "vitest";
import { shrinkSeed } from "../../src/swarm/shrink.ts";

const HABITS = { isAutoCommitting: true, seekEveryMs: 300, pauseEveryMs: 200, maxPollRecords: 1, secondStrategy: "roundrobin" } as const;
const GROUPS = { groups: { members: 3, strategy: "range", isStatic: true, churnEveryMs: 1_500, idleMs: 2_000, ...HABITS } } as const;

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
  const names = Object.keys(input?.groups?.[0] ?? {});
  for (const special of ["churnEveryMs", "idleMs", ...Object.keys(HABITS)]) expect(names).not.toContain(special);
});

it("keeps of a group what it needs to fail", () => {
  const input = shrunk(({ groups = [] }) => groups.some(({ members, isStatic, churnEveryMs }) => members >= 2 && isStatic && churnEveryMs !== undefined));
  expect(input?.groups).toMatchObject([{ members: 2, isStatic: true, churnEveryMs: 1_500 }]);
});

it("keeps of what its members do the one thing that it needs to fail", () => {
  const input = shrunk(({ groups = [] }) => groups.some(({ seekEveryMs }) => seekEveryMs !== undefined));
  expect(input?.groups).toMatchObject([{ members: 1, seekEveryMs: 300 }]);
  expect(Object.keys(input?.groups?.[0] ?? {}).filter((name) => name in HABITS)).toEqual(["seekEveryMs"]);
});

it("says nothing of a seed that does not fail", () => {
  expect(shrunk(() => false)).toBeUndefined();
});
