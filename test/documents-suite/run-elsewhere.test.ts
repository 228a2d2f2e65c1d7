import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ownPart, SUITES_ELSEWHERE } from "../../scripts/documents-suite/run-elsewhere.ts";

test("what other suites run is taken away, and what stands beside it is run", () => {
  expect(ownPart("npm ci && npm start     # three brokers\nnpm ci && npm test\nls # all")).toBe("npm start\n\nls # all");
});

test("of a block that other suites run as a whole, nothing is left", () => {
  expect(ownPart("# from a clean clone\nnpm ci\nnpm test   # all")).toBeUndefined();
});

test("a command that only begins like one of them is run", () => {
  expect(ownPart("npm ci --dry-run")).toBe("npm ci --dry-run");
});

test("every suite that is said to run a document's command is one of .ci/run", () => {
  const script = readFileSync(".ci/run", "utf8");
  expect(SUITES_ELSEWHERE.length).toBeGreaterThan(0);
  expect(SUITES_ELSEWHERE.filter((name) => !new RegExp(`^${name} +\\| npm `, "m").test(script))).toEqual([]);
});
