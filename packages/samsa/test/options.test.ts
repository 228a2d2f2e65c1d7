import { expect, test } from "vitest";
import { parseFault } from "../src/parse-fault.ts";
import { integerOption, readOptions } from "../src/options.ts";
import { UsageError } from "../src/usage-error.ts";

test("a number that is none is named with its option", () => {
  expect(integerOption("seed", undefined, 7)).toBe(7);
  expect(integerOption("seed", "42", 7)).toBe(42);
  for (const text of ["", "x", "1.5", "-1", "1e400"]) expect(() => integerOption("seed", text, 7)).toThrow(UsageError);
});

test("an option that nobody knows is a usage error", () => {
  expect(() => readOptions(["--nonsense"], {}, "")).toThrow(UsageError);
});

test("a fault of the command line is for the node that is asked", () => {
  expect(parseFault('{"type":"slow-disk","byMs":1,"forMs":2}', 3)).toEqual({ type: "slow-disk", byMs: 1, forMs: 2, victim: { type: "node", id: 3 } });
  expect(parseFault('{"type":"reset","losesBytes":true}', 3)).toEqual({ type: "reset", losesBytes: true });
});

test("what is no fault is a usage error that says so", () => {
  expect(() => parseFault("{", 1)).toThrow(/not JSON/);
  expect(() => parseFault("[]", 1)).toThrow(/"type"/);
});
