import fc from "fast-check";
import { expect, test } from "vitest";
import { majorityOf, reachedByMajority } from "../src/index.ts";

test("a majority is more than half", () => {
  expect([1, 2, 3, 4, 5, 6, 7].map(majorityOf)).toEqual([1, 2, 2, 3, 3, 4, 4]);
});

test("the value reached by a majority is the largest that more than half of the voters have", () => {
  const property = fc.property(fc.array(fc.nat(20), { minLength: 1, maxLength: 9 }), (values) => {
    const counted = values.filter((value) => values.filter((other) => other >= value).length > values.length / 2);
    expect(reachedByMajority(values)).toBe(Math.max(...counted));
  });
  fc.assert(property, { seed: 1, numRuns: 300 });
});
