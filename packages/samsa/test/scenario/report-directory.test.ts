import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { scenarios } from "@samsa/scenarios";
import { commandOf } from "../../src/scenario/command-of.ts";
import type { FinishedRun } from "../../src/scenario/output.ts";
import { ReportDirectory } from "../../src/scenario/report-directory.ts";
import { runInSimulation } from "../../src/scenario/run-once.ts";
import { UsageError } from "../../src/usage-error.ts";

let directory = "";
let run: FinishedRun | undefined;

/** One run, under any seed. */
async function finished(seed?: number): Promise<FinishedRun> {
  const scenario = scenarios.get("leader-failover");
  if (scenario === undefined) throw new RangeError("there is no leader-failover");
  run ??= await runInSimulation({ scenario, tell: () => undefined, introduce: () => undefined }, 1);
  const { seed: known, ...plain } = run;
  return seed === undefined || known === undefined ? plain : { ...plain, seed: { ...known, seed } };
}

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-report-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

test("one run is one page, in a directory that is made", async () => {
  const reports = new ReportDirectory(join(directory, "a", "b"));
  const path = reports.add(await finished(), "samsa scenario run leader-failover");
  expect(path).toBe(join(directory, "a", "b", "leader-failover.html"));
  expect(readFileSync(path, "utf8")).toContain("samsa scenario run leader-failover");
  expect(reports.finish()).toBeUndefined();
  expect(existsSync(join(directory, "a", "b", "index.html"))).toBe(false);
});

test("runs of one scenario don't overwrite each other, and the table leads to each", async () => {
  const reports = new ReportDirectory(directory);
  const files = [reports.add(await finished(7), ""), reports.add(await finished(8), ""), reports.add(await finished(), ""), reports.add(await finished(), "")];
  const names = ["leader-failover.html", "leader-failover-seed-8.html", "leader-failover-2.html", "leader-failover-3.html"];
  expect(files).toEqual(names.map((name) => join(directory, name)));
  const table = readFileSync(reports.finish() ?? "", "utf8");
  for (const name of names) expect(table).toContain(`href="${name}"`);
});

test("what is no directory is said before anything runs", () => {
  writeFileSync(join(directory, "file"), "");
  expect(() => new ReportDirectory(join(directory, "file"))).toThrow(UsageError);
});

test("the command that runs it again has what changed the scenario, and the seed", async () => {
  const plain = { controllers: undefined, plant: undefined };
  expect(commandOf(await finished(), plain)).toBe("samsa scenario run leader-failover");
  expect(commandOf(await finished(7), { controllers: "3", plant: undefined })).toBe("samsa scenario run leader-failover --world sim --seed 7 --controllers 3");
  expect(commandOf(await finished(), { ...plain, plant: "reorder" })).toBe("samsa scenario run leader-failover --plant reorder");
});
