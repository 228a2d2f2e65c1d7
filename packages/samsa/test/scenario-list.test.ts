import { existsSync } from "node:fs";
import { scenarios } from "@samsa/scenarios";
import { expect, test } from "vitest";
import { formatScenarioList, scenarioListJson } from "../src/scenario/list-scenarios.ts";
import { selectScenarios } from "../src/scenario/select-scenarios.ts";
import { formatSummary } from "../src/scenario/summary-table.ts";

const NONE = { names: [], all: undefined, controllers: undefined, plant: undefined };

test("every scenario has a file of its name, says what it teaches, and ends with a look at the whole", () => {
  for (const [name, { teaches, prose, steps }] of scenarios) {
    expect(existsSync(`scenarios/${name}.ts`), name).toBe(true);
    expect(teaches.length, name).toBeGreaterThan(40);
    expect(prose.length, name).toBeGreaterThan(100);
    const waitsOnly = steps.filter((step) => step.type.startsWith("until-"));
    expect(waitsOnly.length, name).toBeGreaterThan(2);
    expect(waitsOnly.at(-1)?.type, name).toMatch(/^until-(acked|consumed|isr-full)$/);
  }
});

test("the list says of each its time-outs and how it must end", () => {
  const text = formatScenarioList();
  expect(text.split("\n\n")).toHaveLength(scenarios.size);
  expect(text).toContain("two-followers-cut-off\n  Two followers of three replicas are cut off.\n");
  expect(text).toContain(
    "3 brokers and 3 controllers, broker.heartbeat.interval.ms=250, broker.session.timeout.ms=1500, replica.lag.time.max.ms=1500; expected: clean",
  );
  expect(text).toMatch(/expected: a loss: unclean\.leader\.election\.enable allows/);
});

test("as JSON the list is one object with every scenario", () => {
  const { scenarios: listed } = JSON.parse(scenarioListJson()) as {
    readonly scenarios: readonly { readonly name: string; readonly worlds: readonly string[] }[];
  };
  expect(listed.map(({ name }) => name)).toEqual([...scenarios.keys()]);
  expect(listed.every(({ worlds }) => worlds.join() === "process,sim")).toBe(true);
});

test("scenarios are run in the order in which they are named, with controllers and lies", () => {
  const chosen = selectScenarios({ ...NONE, names: ["quorum-loss", "disk-full"], controllers: "1", plant: "reorder" });
  expect(chosen.map(({ name }) => name)).toEqual(["quorum-loss", "disk-full"]);
  expect(chosen.map(({ cluster }) => cluster.controllers)).toEqual([1, 1]);
  expect(chosen.every(({ steps }) => steps.some((step) => step.type === "fault" && step.fault.type === "plant"))).toBe(true);
  expect(selectScenarios({ ...NONE, all: true })).toHaveLength(scenarios.size);
});

test.each([
  [{ ...NONE }, "a scenario is needed, or --all: leader-failover, "],
  [{ ...NONE, names: ["nonsense"] }, 'there is no scenario "nonsense"; there is leader-failover, '],
  [{ ...NONE, names: ["disk-full"], all: true }, "--all is every scenario: it goes without names"],
  [{ ...NONE, names: ["disk-full"], plant: "lie" }, '--plant is "lie"; it must be one of drop-acked, duplicate, reorder'],
] as const)("%j can't be run, and the reason is said", (selection, message) => {
  expect(() => selectScenarios(selection)).toThrow(message);
});

test("the table has a line for each run, and says what was not as expected", () => {
  const run = { scenario: "disk-full", world: "sim", seed: 7, tookMs: 1_240, acked: 90, longestGapMs: 12.4 } as const;
  const good = { isAsExpected: true, inWords: "clean" };
  const bad = { isAsExpected: false, inWords: "VIOLATED; expected: clean" };
  expect(
    formatSummary([
      { ...run, outcome: good },
      { ...run, world: "process", seed: undefined, outcome: bad },
    ]),
  ).toBe(
    [
      "SCENARIO   WORLD    SEED  TIME   ACKNOWLEDGED  LONGEST WAIT  VERDICT",
      "disk-full  sim      7     1.2 s  90            12 ms         clean",
      "disk-full  process  -     1.2 s  90            12 ms         NOT AS EXPECTED: VIOLATED; expected: clean",
      "",
      "1 of 2 runs as expected, in 2.5 s",
    ].join("\n"),
  );
});
