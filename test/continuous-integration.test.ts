import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const SCRIPT = readFileSync(".ci/run", "utf8");
const { scripts } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly scripts: Readonly<Record<string, string>> };
const MINUTES_MAX = 20;

const suites = [...SCRIPT.matchAll(/^(\w+) +\| (.+?) +\| (\d+) \| (yes|no)$/gm)].map(([, name = "", command = "", minutes = "", counts = ""]) => ({
  name,
  command,
  minutes: Number(minutes),
  countsTests: counts === "yes",
}));

test("every suite of .ci/run is an npm script that there is", () => {
  expect(suites.length).toBeGreaterThan(5);
  const commands = suites.flatMap(({ command }) => /^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? []);
  expect(commands).toHaveLength(suites.length - 1);
  expect(commands.filter((name) => scripts[name] === undefined)).toEqual([]);
});

test("the ceilings of .ci/run add up to no more than twenty minutes", () => {
  expect(suites.reduce((sum, { minutes }) => sum + minutes, 0)).toBeLessThanOrEqual(MINUTES_MAX);
});

test("CONTRIBUTING.md has a row for every suite, with its ceiling", () => {
  const contributing = readFileSync("CONTRIBUTING.md", "utf8");
  const rows = [...contributing.matchAll(/^\| `(\w+)` .*\| (\d+) min/gm)].map(([, name = "", minutes = ""]) => ({ name, minutes: Number(minutes) }));
  expect(rows).toEqual(suites.map(({ name, minutes }) => ({ name, minutes })));
});

/** What an npm script starts last is what its further arguments go to. A program may have a folder of its parts, named like it. */
function mainOf(command: string): string {
  const script = scripts[/^npm (?:run )?([\w:]+)$/.exec(command)?.[1] ?? ""] ?? "";
  const main = /node (\S+\.ts)[^&]*$/.exec(script)?.[1] ?? "";
  const folder = main.replace(/\.ts$/, "");
  const parts = existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : [];
  return [main, ...parts].map((file) => readFileSync(file, "utf8")).join("\n");
}

test("every suite that counts tests, and the kills, take --full with a range of seeds, and CONTRIBUTING.md tells of each", () => {
  const full = [...suites.filter(({ countsTests }) => countsTests), { name: "kills", command: "npm run kills" }];
  expect(full.filter(({ command }) => !mainOf(command).includes("walkSeeds("))).toEqual([]);
  const [, table = ""] = readFileSync("CONTRIBUTING.md", "utf8").split("| `--full` of");
  expect([...table.matchAll(/^\| `(\w+)` /gm)].map(([, name = ""]) => name)).toEqual(full.map(({ name }) => name));
});

test(".ci/run can be run", () => {
  expect(statSync(".ci/run").mode & 0o111).not.toBe(0);
});
