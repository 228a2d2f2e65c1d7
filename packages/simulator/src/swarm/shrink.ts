import fc from "fast-check";
import type { FaultAction } from "@samsa/world";
import { type SearchFocus, simulationInput } from "./arbitraries.ts";
import type { GroupShape, SimulationInput } from "./simulation-input.ts";

export interface Shrunk {
  readonly input: SimulationInput;
  /** Runs that it took. */
  readonly attempts: number;
}

export interface ShrinkOptions {
  readonly focus?: SearchFocus;
  /** It still fails in the same way. */
  readonly isSame: (input: SimulationInput) => boolean;
  readonly timeLimitMs: number;
}

/**
 * Makes the input of a seed smaller as long as time allows: first by what was drawn, then by what groups there are, which are drawn beside it, and by
 * leaving out single actions, for a storm is drawn as one. Undefined if the seed's own input does not fail.
 */
export function shrinkSeed(seed: number, durationMs: number, { focus, isSame, timeLimitMs }: ShrinkOptions): Shrunk | undefined {
  let attempts = 0;
  const isSmaller = (input: SimulationInput): boolean => {
    attempts++;
    return isSame(input);
  };
  // Run 0 of a check and the sample of `inputOfSeed` are the same draw.
  const drawn = fc.check(
    fc.property(simulationInput(seed, durationMs, focus), (input) => !isSmaller(input)),
    { seed, numRuns: 1, interruptAfterTimeLimit: timeLimitMs / 2, markInterruptAsFailure: false },
  );
  const [input] = drawn.counterexample ?? [];
  if (input === undefined) return undefined;
  const limits = { isSame: isSmaller, timeLimitMs: timeLimitMs / 4 };
  return { input: shrinkActions(shrinkGroups(input, limits), limits), attempts };
}

/** Leaves out single actions of the plan, as long as time allows and the input still fails. */
export function shrinkActions(input: SimulationInput, { isSame, timeLimitMs }: Pick<ShrinkOptions, "isSame" | "timeLimitMs">): SimulationInput {
  const withActions = (actions: readonly FaultAction[]): SimulationInput => ({ ...input, plan: { actions } });
  const fewer = fc.check(
    fc.property(fc.subarray([...input.plan.actions]), (actions) => !isSame(withActions(actions))),
    { numRuns: 1, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: false, examples: [[[...input.plan.actions]]] },
  );
  return withActions(fewer.counterexample?.[0] ?? input.plan.actions);
}

/** What is special about a group where it has it. */
const SPECIAL = [
  "churnEveryMs",
  "idleMs",
  "isAutoCommitting",
  "seekEveryMs",
  "pauseEveryMs",
  "maxPollRecords",
  "secondStrategy",
] as const satisfies readonly (keyof GroupShape)[];
type Special = (typeof SPECIAL)[number];

/** What of a group may be left out. */
type GroupPart = { readonly index: number } & ({ readonly type: "group" | "static" | Special } | { readonly type: "member"; readonly member: number });

/** Leaves out groups, members of them, and what is special about them, as long as time allows and the input still fails. */
function shrinkGroups(input: SimulationInput, { isSame, timeLimitMs }: Pick<ShrinkOptions, "isSame" | "timeLimitMs">): SimulationInput {
  const { groups = [] } = input;
  const parts = groups.flatMap(partsOf);
  if (parts.length === 0) return input;
  const fewer = fc.check(
    fc.property(fc.subarray(parts), (kept) => !isSame(withParts(input, kept))),
    { numRuns: 1, interruptAfterTimeLimit: timeLimitMs, markInterruptAsFailure: false, examples: [[parts]] },
  );
  return withParts(input, fewer.counterexample?.[0] ?? parts);
}

function partsOf(group: GroupShape, index: number): readonly GroupPart[] {
  const special = SPECIAL.filter((name) => group[name] !== undefined);
  return [
    { type: "group", index },
    ...Array.from({ length: group.members - 1 }, (_, member): GroupPart => ({ type: "member", index, member })),
    ...[...(group.isStatic ? (["static"] as const) : []), ...special].map((type): GroupPart => ({ type, index })),
  ];
}

function withParts(input: SimulationInput, kept: readonly GroupPart[]): SimulationInput {
  const { groups = [], ...rest } = input;
  const left = groups.flatMap((group, index): GroupShape[] => {
    const has = (type: GroupPart["type"]): boolean => kept.some((part) => part.index === index && part.type === type);
    if (!has("group")) return [];
    const members = 1 + kept.filter((part) => part.index === index && part.type === "member").length;
    const plain = SPECIAL.filter((name) => !has(name)).reduce(without, group);
    return [{ ...plain, members, isStatic: has("static") }];
  });
  return left.length === 0 ? rest : { ...rest, groups: left };
}

function without(group: GroupShape, name: Special): GroupShape {
  const { [name]: _, ...rest } = group;
  return rest;
}
