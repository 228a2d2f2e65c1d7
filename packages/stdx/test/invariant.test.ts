import { expect, it } from "vitest";
import { afterMs, invariant, InvariantViolation, micros, unreachable, wallMs } from "../src/index.ts";

it("throws a violation that names the claim and its context", () => {
  const broken = (): void => invariant(false, "one leader a term", { term: 3, leaders: [1, 2] });
  expect(broken).toThrow(InvariantViolation);
  expect(broken).toThrow("invariant violated: one leader a term (term=3, leaders=[1,2])");
  expect(() => invariant(true, "fine")).not.toThrow();
});

it("tells what a switch did not expect", () => {
  expect(() => unreachable("later" as never, "every type is handled")).toThrow("every type is handled (value=later)");
});

it("counts deadlines in whole microseconds from now", () => {
  expect(afterMs({ monotonicUs: micros(1_000), wallMs: wallMs(0) }, 1.5)).toBe(2_500);
  expect(afterMs({ monotonicUs: micros(1_000), wallMs: wallMs(0) }, 0.0004)).toBe(1_000);
});
