import { describe, expect, test } from "vitest";
import { ANY_DIRECTORY, encodeVoters } from "../src/index.ts";
import { VoterHistory } from "../src/voter-history.ts";
import { VoterSet } from "../src/voter-set.ts";
import { entry, replica, voter, voters } from "./support/replicas.ts";

const named = (index: number, ...ids: readonly number[]) => entry(index, 1, [...encodeVoters(voters(...ids))], "voters");
const idsOf = (set: VoterSet | undefined) => set?.voters.map(({ id }) => id);

describe("the voters along the log", () => {
  const history = () => {
    const made = new VoterHistory({ index: 0, voters: new VoterSet(voters(1, 2)) });
    for (const each of [named(1, 1, 2), entry(2, 1), named(5, 1, 2, 3), named(9, 1, 3)]) made.append(each);
    return made;
  };

  test("are those of the last entry that named some, as of any index", () => {
    expect([0, 1, 4, 5, 8, 9, 20].map((index) => history().at(index).voters.size)).toEqual([2, 2, 2, 3, 3, 2, 2]);
    expect(idsOf(history().latest.voters)).toEqual([1, 3]);
  });

  test("are those before it again when the entry is truncated", () => {
    const made = history();
    made.truncateFrom(9);
    expect(idsOf(made.latest.voters)).toEqual([1, 2, 3]);
    made.truncateFrom(1);
    expect(made.latest.index).toBe(0);
  });

  test("are kept from the newest that a snapshot covers", () => {
    const made = history();
    made.compactTo(6);
    expect(made.at(6).index).toBe(5);
    expect(made.at(1).index).toBe(5);
  });

  test("that are in force are the latest and, while it may not be committed, those before; never those that the first entry has named", () => {
    expect(history().inForce(9).map(idsOf)).toEqual([[1, 3]]);
    expect(history().inForce(0).map(idsOf)).toEqual([
      [1, 2, 3],
      [1, 3],
    ]);
    const first = new VoterHistory({ index: 0, voters: new VoterSet(voters(1, 2)) });
    first.append(named(1, 1, 2));
    expect(first.inForce(0).length).toBe(1);
  });
});

describe("a set of voters", () => {
  test("knows a voter by its id and its disk", () => {
    const set = new VoterSet(voters(3, 1));
    expect(set.voters.map(({ id }) => id)).toEqual([1, 3]);
    expect([set.has(replica(1)), set.has({ id: 1, directoryId: "other" }), set.has(replica(2))]).toEqual([true, false, false]);
  });

  test("takes any disk for a voter whose disk is not known, needs all votes meanwhile, and is pinned once", () => {
    const set = new VoterSet([voter(1), { id: 2, directoryId: ANY_DIRECTORY, address: "" }, voter(3)]);
    expect([set.has({ id: 2, directoryId: "x" }), set.isPinned, set.votesToWin]).toEqual([true, false, 3]);
    const pinned = set.pinned(() => "x");
    expect([pinned.has({ id: 2, directoryId: "x" }), pinned.has({ id: 2, directoryId: "y" }), pinned.votesToWin]).toEqual([true, false, 2]);
    expect(pinned.get(1)?.directoryId).toBe("d1");
  });
});
