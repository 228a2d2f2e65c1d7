import { expect, test } from "vitest";
import { Ballot } from "../src/ballot.ts";
import { ANY_DIRECTORY } from "../src/index.ts";
import { VoterSet } from "../src/voter-set.ts";
import { replica, voter, voters } from "./support/replicas.ts";

const NONE: ReadonlySet<number> = new Set();

function ballot(granted: readonly number[], refused: readonly number[]): Ballot {
  const made = new Ballot(new VoterSet(voters(1, 2, 3, 4, 5)));
  for (const id of granted) made.count(replica(id), true);
  for (const id of refused) made.count(replica(id), false);
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

test("what a replica says that is no voter, or one with another disk, does not count", () => {
  const made = ballot([1, 2], []);
  made.count(replica(6), true);
  made.count({ id: 3, directoryId: "new" }, true);
  expect(made.outcome(NONE)).toBe("open");
});

test("while a disk is unknown all voters are needed, and their answers tell the disks", () => {
  const made = new Ballot(new VoterSet([voter(1), { id: 2, directoryId: ANY_DIRECTORY, address: "" }, voter(3)]));
  made.count(replica(1), true);
  made.count({ id: 2, directoryId: "learnt" }, true);
  expect(made.outcome(NONE)).toBe("open");
  expect(made.outcome(new Set([3]))).toBe("lost");
  made.count(replica(3), true);
  expect(made.outcome(NONE)).toBe("won");
  expect(made.directoryOf(2)).toBe("learnt");
});
