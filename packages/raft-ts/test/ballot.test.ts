import { expect, test } from "vitest";
import { Ballot } from "../src/ballot.ts";

const NONE: ReadonlySet<number> = new Set();

function ballot(granted: readonly number[], refused: readonly number[]): Ballot {
  const made = new Ballot([1, 2, 3, 4, 5]);
  for (const voter of granted) made.count(voter, true);
  for (const voter of refused) made.count(voter, false);
  return made;
}

test("a ballot is won by a majority of the voters, not of the answers", () => {
  expect(ballot([1, 2], [3]).outcome(NONE)).toBe("open");
  expect(ballot([1, 2, 4], [3]).outcome(NONE)).toBe("won");
});

test("a voter counts once, however often its answer arrives", () => {
  expect(ballot([1, 2, 2, 2], []).outcome(NONE)).toBe("open");
});

test("a ballot is lost as soon as too many refused", () => {
  expect(ballot([1], [2, 3]).outcome(NONE)).toBe("open");
  expect(ballot([1], [2, 3, 4]).outcome(NONE)).toBe("lost");
});

test("nobody waits for the answer of a process that is not there, but one that it gave counts", () => {
  expect(ballot([1], [2, 3]).outcome(new Set([4]))).toBe("lost");
  expect(ballot([1, 4, 5], [2, 3]).outcome(new Set([4]))).toBe("won");
});

test("a grant is not taken back by a refusal that arrives later", () => {
  expect(ballot([1, 2, 3], [3]).outcome(NONE)).toBe("won");
});
