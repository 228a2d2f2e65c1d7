import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../..");
const VITEST = join(dirname(createRequire(import.meta.url).resolve("vitest/package.json")), "vitest.mjs");

/** In a process of its own, as a user runs it; a failed one rejects with what it wrote. */
const run = async (...args: readonly string[]): Promise<string> =>
  (await promisify(execFile)(process.execPath, args, { cwd: ROOT, env: { ...process.env, FORCE_COLOR: "0", NO_COLOR: "1" } })).stdout;

test("the example for vitest passes", async () => {
  expect(await run(VITEST, "run", "--root", "examples", "vitest/")).toContain("Tests  1 passed");
});

test("the example for jest passes with nothing but the globals that jest has", async () => {
  expect(await run(VITEST, "run", "--root", "examples", "--globals", "jest/")).toContain("Tests  1 passed");
});

test("the example for node:test passes", async () => {
  expect(await run("--test", "--test-reporter", "tap", "examples/node-test/orders.node.ts")).toContain("# pass 1");
});
