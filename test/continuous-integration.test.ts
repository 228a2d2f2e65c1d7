import { readFileSync, statSync } from "node:fs";
import { expect, test } from "vitest";

const SCRIPT = readFileSync(".ci/run", "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
const MINUTES_MAX = 20;

const suites = [...SCRIPT.matchAll(/^(\w+) +\| (.+?) +\| (\d+) \| (yes|no)$/gm)].map(([, name = "", command = "", minutes = ""]) => ({
  name,
  command,
  minutes: Number(minutes),
}));

test("every suite of .ci/run is an npm script that there is", () => {
  expect(suites.length).toBeGreaterThan(5);
  const commands = suites.flatMap(({ command }) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? []);
  expect(commands).toHaveLength(suites.length - 1);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test("the ceilings of .ci/run add up to less than twenty minutes", () => {
  expect(suites.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThan(MINUTES_MAX);
});

test("CONTRIBUTING.md has a row for every suite, with its ceiling", () => {
  const contributing = readFileSync("CONTRIBUTING.md", "utf8");
  const rows = [...contributing.matchAll(/^\| `(\w+)` .*\| (\d+) min/gm)].map(([, name = "", minutes = ""]) => ({ name, minutes: Number(minutes) }));
  expect(rows).toEqual(suites.map(({ name, minutes }) => ({ name, minutes })));
});

test(".ci/run can be run", () => {
  expect(statSync(".ci/run").mode & 0o111).not.toBe(0);
});
