import { inputOfSeed, type SimulationInput } from "@samsa/simulator";
import { expect, it } from "vitest";
import { SWARM_CLIENTS } from "../../src/swarm/fault-draws.ts";

const inputs = Array.from({ length: 200 }, (_, index) => inputOfSeed(1 + index, 60_000)).filter(({ groups }) => groups !== undefined);

const isIdle = ({ groups = [] }: SimulationInput): boolean => groups.some(({ idleMs }) => idleMs !== undefined);
const cutsClients = ({ plan }: SimulationInput): boolean =>
  plan.actions.some(({ fault }) => fault.type === "partition" && fault.from.some((victim) => victim.type === "node" && victim.id === SWARM_CLIENTS));

it("some groups are idle for longer than offsets are kept, where no clock jumps", () => {
  const idle = inputs.filter(isIdle);
  expect(idle.length).toBeGreaterThan(3);
  for (const { groups = [], limits, plan } of idle) {
    const keptMs = Number(limits["offsets.retention.minutes"]) * 60_000;
    expect(groups.every(({ idleMs = 0 }) => idleMs > keptMs)).toBe(true);
    expect(plan.actions.filter(({ fault }) => fault.type === "clock")).toEqual([]);
  }
});

it("some members are given few records at a time, and some stop reading now and then", () => {
  const groups = inputs.flatMap((input) => input.groups ?? []);
  const few = groups.filter(({ maxPollRecords }) => maxPollRecords !== undefined);
  const paused = groups.filter(({ pauseEveryMs }) => pauseEveryMs !== undefined);
  for (const some of [few, paused]) {
    expect(some.length).toBeGreaterThan(10);
    expect(some.length).toBeLessThan(groups.length / 2);
  }
});

it("some consumers commit by themselves, and some members go back now and then", () => {
  const groups = inputs.flatMap((input) => input.groups ?? []);
  const automatic = groups.filter(({ isAutoCommitting }) => isAutoCommitting === true);
  const sought = groups.filter(({ seekEveryMs }) => seekEveryMs !== undefined);
  for (const some of [automatic, sought]) {
    expect(some.length).toBeGreaterThan(10);
    expect(some.length).toBeLessThan(groups.length / 2);
  }
});

it("offsets expire soon nowhere else", () => {
  for (const { limits } of inputs.filter((input) => !isIdle(input))) expect(limits["offsets.retention.minutes"]).toBeUndefined();
});

it("some clients are cut off, and some members prefer another assignor than the others", () => {
  expect(inputs.filter(cutsClients).length).toBeGreaterThan(5);
  expect(inputs.flatMap(({ groups = [] }) => groups).filter(({ strategy, secondStrategy = strategy }) => secondStrategy !== strategy).length).toBeGreaterThan(
    5,
  );
});
