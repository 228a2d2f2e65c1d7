import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const BUNDLE = "dist/samsa.mjs";

let directory = "";

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-report-"));
});
afterAll(() => rmSync(directory, { recursive: true }));

const samsa = (...args: readonly string[]) => spawnSync(process.execPath, [BUNDLE, "scenario", "run", ...args], { encoding: "utf8" });

test("two scenarios give two pictures between story and verdict, two pages and their table", () => {
  const reports = join(directory, "reports");
  const { status, stdout, stderr } = samsa("leader-failover", "quorum-loss", "--seed", "7", "--report", reports);
  expect(stderr).toBe("");
  expect(stdout.match(/the final read is over\n\n +0 s .*longest gap\norders-0 +[█▅▂·]+ .* ms\n[^]*?\nFrom the start/g)).toHaveLength(2);
  expect(stdout).toContain(`Report: ${join(reports, "leader-failover.html")}`);
  expect(readdirSync(reports).toSorted()).toEqual(["index.html", "leader-failover.html", "quorum-loss.html"]);
  expect(readFileSync(join(reports, "quorum-loss.html"), "utf8")).toContain("samsa scenario run quorum-loss --world sim --seed 7");
  expect(status).toBe(0);
});

test("a report of many seeds, or where nothing can be written, is refused before anything runs", () => {
  expect(samsa("leader-failover", "--seeds", "2", "--report", directory)).toMatchObject({ status: 2, stdout: "" });
  expect(samsa("leader-failover", "--seed", "1", "--report", "/dev/null/reports")).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("/dev/null/reports can't be written"),
  });
});

test("with --json the recording is part of the result, and no picture is among it", () => {
  const { status, stdout } = samsa("leader-failover", "--seed", "7", "--json");
  const [line = "", ...rest] = stdout.trimEnd().split("\n");
  expect(rest).toEqual([]);
  expect(JSON.parse(line)).toMatchObject({ recording: { bucketMs: 100, partitions: [{ name: "orders-0" }, {}, {}], faults: [{ type: "crash" }] } });
  expect(status).toBe(0);
});
