import { describe, expect, it } from "vitest";
import { checkGroup, type GroupCheckOptions, GroupHistory, History } from "../../src/index.ts";

const PLACE = { topic: "orders", partition: 0 };

/** A group that did all right; a test adds what is wrong. */
function setup() {
  const log = new History("run");
  const group = new GroupHistory("group");
  const hold = (process: number, fromUs: number, toUs: number, exclusiveUntilUs = toUs): void => {
    group.assigned(process, PLACE, fromUs);
    if (toUs !== Number.POSITIVE_INFINITY) group.released(process, PLACE, { atUs: toUs, exclusiveUntilUs, heardOfUs: fromUs });
  };
  const commit = (offset: number, invokedUs: number, atUs: number, outcome: "ok" | "fail" | "info" = "ok"): void =>
    group.endCommit(group.invokeCommit(1, PLACE, offset, invokedUs), { outcome, mayComeLater: outcome === "info", atUs });
  const fetch = (offset: number, askedUs: number, answeredUs = askedUs + 1): void => group.fetched(1, PLACE, { offset, askedUs, answeredUs });
  const found = (options?: GroupCheckOptions): readonly string[] => checkGroup(group, log, options).map(({ name }) => name);
  commit(1, 0, 1);
  return { log, group, hold, commit, fetch, found };
}

describe("the ownership of a partition (I-G1)", () => {
  it("may go from one member to the next, and back", () => {
    const { hold, found } = setup();
    hold(1, 10, 20);
    hold(2, 20, 30);
    hold(1, 31, 40);
    expect(found()).toEqual([]);
  });

  it("is one member's at a time", () => {
    const { hold, found } = setup();
    hold(1, 10, 30);
    hold(2, 20, 40);
    expect(found()).toEqual(["double-owned"]);
  });

  it("is one member's also where it never gave the partition up", () => {
    const { hold, found } = setup();
    hold(1, 10, Number.POSITIVE_INFINITY);
    hold(2, 20, Number.POSITIVE_INFINITY);
    expect(found()).toEqual(["double-owned"]);
  });

  it("ends by right when a member was silent for its session, whatever it believes itself", () => {
    const { hold, found } = setup();
    hold(1, 10, 30, 18);
    hold(2, 20, 40);
    expect(found()).toEqual([]);
  });
});

describe("a coordinator that was deposed and has not heard of it", () => {
  const deposed = [{ fromUs: 5, toUs: 15, tells: () => [1] }];

  it("may have told a member that it is known, and another one's offsets of before", () => {
    const { hold, commit, fetch, found } = setup();
    hold(1, 10, 30);
    hold(2, 20, 40);
    commit(5, 2, 4);
    fetch(1, 14);
    expect(found({ deposed })).toEqual([]);
    expect(found()).toEqual(["double-owned", "offset-went-back"]);
  });

  it("may have answered what was asked before it was deposed, and heard after its end", () => {
    const { commit, fetch, found } = setup();
    commit(5, 2, 3);
    fetch(1, 4, 16);
    expect(found({ deposed })).toEqual([]);
  });

  it("told what it had, and nothing else", () => {
    const { commit, fetch, found } = setup();
    commit(5, 2, 4);
    fetch(-1, 14);
    expect(found({ deposed })).toEqual(["offset-forgotten"]);
    expect(found({ deposed: [{ fromUs: 5, toUs: 15, tells: () => [-1] }] })).toEqual([]);
  });

  it("is no excuse for what was told before and after", () => {
    const { hold, commit, fetch, found } = setup();
    hold(1, 16, 30);
    hold(2, 20, 40);
    commit(5, 16, 17);
    fetch(1, 18);
    expect(found({ deposed })).toEqual(["double-owned", "offset-went-back"]);
  });
});

it("a member that was last heard of by a coordinator which was being loaded may have been out of the group already", () => {
  const { hold, fetch, found } = setup();
  hold(1, 10, 30);
  hold(2, 20, 40);
  fetch(-1, 9, 12);
  expect(found({ loading: [{ fromUs: 8, toUs: 12 }] })).toEqual(["offset-forgotten"]);
  expect(found({ loading: [{ fromUs: 11, toUs: 12 }] })).toEqual(["double-owned", "offset-forgotten"]);
});

describe("committed offsets (I-G5, I-G6)", () => {
  it("may be told as long as no later one is acknowledged", () => {
    const { commit, fetch, found } = setup();
    fetch(1, 2);
    commit(5, 10, 20);
    fetch(5, 21);
    fetch(1, 15, 25);
    fetch(5, 15, 25);
    expect(found()).toEqual([]);
  });

  it("are not forgotten once one was acknowledged", () => {
    const { fetch, found } = setup();
    fetch(-1, 0, 5);
    expect(found()).toEqual([]);
    fetch(-1, 2);
    expect(found()).toEqual(["offset-forgotten"]);
  });

  it("do not go back to one before the last that was acknowledged", () => {
    const { commit, fetch, found } = setup();
    commit(5, 10, 20);
    fetch(1, 21);
    expect(found()).toEqual(["offset-went-back"]);
  });

  it("go back where a client said so", () => {
    const { commit, fetch, found } = setup();
    commit(5, 10, 20);
    commit(2, 30, 40);
    fetch(2, 41);
    expect(found()).toEqual([]);
  });

  it("are what somebody committed, and not what was refused for certain", () => {
    const { commit, fetch, found } = setup();
    commit(7, 10, 20, "fail");
    fetch(7, 21);
    fetch(9, 22);
    expect(found()).toEqual(["offset-went-back", "offset-went-back"]);
  });

  it("may be those of a commit that nobody knows the outcome of as long as its generation lasts, and no longer", () => {
    const { group, commit, fetch, found } = setup();
    group.began(1, 5);
    group.endCommit(group.invokeCommit(1, PLACE, 3, 10), { outcome: "info", mayComeLater: true, atUs: 12, generationId: 1 });
    commit(5, 20, 30);
    fetch(3, 31);
    group.began(2, 40);
    expect(found()).toEqual([]);
    commit(6, 41, 50);
    fetch(3, 51);
    expect(found()).toEqual(["offset-went-back"]);
  });

  it("may be those of a commit that nobody knows the outcome of nor the generation, at any time from its beginning on", () => {
    const { commit, fetch, found } = setup();
    commit(3, 10, 12, "info");
    commit(5, 20, 30);
    fetch(3, 31);
    expect(found()).toEqual([]);
    fetch(3, 5, 6);
    expect(found()).toEqual(["offset-went-back"]);
  });

  it("are owed no more from when faults may have taken them", () => {
    const { fetch, hold, found } = setup();
    fetch(-1, 2, 10);
    hold(1, 12, 30);
    hold(2, 20, 40);
    const lostAt = (atUs: number): GroupCheckOptions => ({ offsetsLost: { fromUs: atUs, toUs: atUs } });
    expect(found(lostAt(10))).toEqual([]);
    expect(found(lostAt(11))).toEqual(["offset-forgotten"]);
    expect(found(lostAt(25))).toEqual(["double-owned", "offset-forgotten"]);
  });

  it("are owed again that were committed when faults had taken what they may", () => {
    const { commit, fetch, found } = setup();
    const lost = { offsetsLost: { fromUs: 10, toUs: 20 } };
    commit(5, 12, 13);
    fetch(1, 15);
    fetch(-1, 16);
    fetch(5, 17);
    expect(found(lost)).toEqual([]);
    fetch(7, 18);
    expect(found(lost)).toEqual(["offset-went-back"]);
    commit(7, 21, 22);
    fetch(7, 23);
    expect(found(lost)).toEqual(["offset-went-back"]);
    fetch(5, 24);
    fetch(-1, 25);
    expect(found(lost)).toEqual(["offset-forgotten", "offset-went-back", "offset-went-back"]);
  });

  it("and a member that had been taken out may be back, but not before records had gone", () => {
    const { group, hold, found } = setup();
    group.assigned(1, PLACE, 10);
    group.released(1, PLACE, { atUs: 40, exclusiveUntilUs: 30, heardOfUs: 29 });
    hold(2, 20, 28);
    const lostAt = (atUs: number): GroupCheckOptions => ({ offsetsLost: { fromUs: atUs, toUs: atUs } });
    expect(found(lostAt(29))).toEqual([]);
    expect(found(lostAt(30))).toEqual(["double-owned"]);
    expect(found()).toEqual(["double-owned"]);
  });

  it("and partitions are owed again when nobody goes by what the group was any more", () => {
    const { group, hold, found } = setup();
    const lost = { offsetsLost: { fromUs: 10, toUs: 20 } };
    const later = 40_000_000;
    group.began(7, 5);
    group.began(1, 30);
    group.began(2, later);
    hold(1, 5, later);
    hold(2, 30, later);
    const commit = (generationId: number, atUs: number): void =>
      group.endCommit(group.invokeCommit(1, PLACE, 1, atUs), { outcome: "ok", mayComeLater: false, atUs: atUs + 1, generationId });
    commit(1, 40);
    commit(2, later + 1);
    expect(found(lost)).toEqual([]);
    hold(1, later, later + 20);
    hold(2, later + 10, later + 30);
    commit(1, later + 2);
    expect(found(lost)).toEqual(["double-owned", "stale-commit"]);
  });
});

describe("commits (I-G4)", () => {
  it("are of the generation that there is, as far as members were told of it when they were sent", () => {
    const { group, found } = setup();
    const commit = (generationId: number, invokedUs: number): void =>
      group.endCommit(group.invokeCommit(1, PLACE, 1, invokedUs), { outcome: "ok", mayComeLater: false, atUs: invokedUs + 50, generationId });
    group.began(1, 10);
    commit(1, 15);
    group.began(2, 20);
    commit(2, 25);
    expect(found()).toEqual([]);
    commit(1, 26);
    expect(found()).toEqual(["stale-commit"]);
  });

  it("are of a new group when the one before of that name was deleted, of whose generations members may hear late", () => {
    const { group, found } = setup();
    const later = 40_000_000;
    const commit = (generationId: number, invokedUs: number): void =>
      group.endCommit(group.invokeCommit(1, PLACE, 1, invokedUs), { outcome: "ok", mayComeLater: false, atUs: invokedUs + 50, generationId });
    group.began(6, 10);
    group.began(7, 30);
    group.began(1, 40);
    commit(1, 50);
    expect(found({ deletedUs: [20] })).toEqual([]);
    expect(found({ deletedUs: [60] })).toEqual(["stale-commit"]);
    expect(found()).toEqual(["stale-commit"]);
    group.began(2, later);
    commit(1, later + 10);
    expect(found({ deletedUs: [20] })).toEqual(["stale-commit"]);
  });
});

describe("a member that was given a partition (I-G5)", () => {
  const start = (fromOffset: number, firstOffset: number) => ({ process: 1, fromOffset, firstOffset, atUs: 9 });

  it("begins where it was told that the group goes on, or later", () => {
    const { group, found } = setup();
    group.startedReading(PLACE, start(5, 5));
    group.startedReading(PLACE, start(5, 9));
    group.startedReading(PLACE, start(-1, 0));
    expect(found()).toEqual([]);
    group.startedReading(PLACE, start(5, 4));
    expect(found()).toEqual(["reprocessed"]);
    expect(found({ mayHaveLostRecords: () => true })).toEqual([]);
  });
});

describe("a member that reads on from where it was told, or where it went (I-L8)", () => {
  const log = new History("run");
  const read = log.beginFinalRead(9, PLACE, { startOffset: 4, endOffset: 7 });
  log.addToFinalRead(
    read,
    PLACE,
    [4, 6].map((offset) => ({ offset, text: "" })),
  );
  const foundFor = (fromOffset: number, firstOffset: number, options?: GroupCheckOptions): readonly string[] => {
    const { group, fetch } = setup();
    fetch(1, 3);
    group.processed(PLACE, [4, 6]);
    group.startedReading(PLACE, { process: 1, fromOffset, firstOffset, atUs: 9, isSought: true });
    // Of what is on the way to its end nothing is known.
    return checkGroup(group, log, options).map(({ name }) => name);
  };

  it("is given the first record that there is from there on", () => {
    expect(foundFor(-1, 6)).toEqual([]);
    read.complete();
    expect(foundFor(-1, 2)).toEqual([]);
    expect(foundFor(-1, 4)).toEqual([]);
    expect(foundFor(5, 6)).toEqual([]);
    expect(foundFor(-1, 6)).toEqual(["skipped"]);
    expect(foundFor(4, 6)).toEqual(["skipped"]);
    expect(foundFor(5, 4)).toEqual(["reprocessed"]);
    expect(foundFor(4, 6, { mayHaveLostRecords: () => true })).toEqual([]);
    expect(foundFor(4, 6, { startMax: () => 4 })).toEqual(["skipped"]);
    expect(foundFor(4, 6, { startMax: () => 5 })).toEqual([]);
  });
});

describe("a consumer that commits by itself (I-L8)", () => {
  it("commits nothing from the first record on that its program has not processed", () => {
    const { group, found } = setup();
    const began = (offset: number, unprocessedFrom: number | undefined) =>
      group.beganCommit(PLACE, { process: 1, offset, invokedUs: 9, automatic: { unprocessedFrom } });
    began(5, undefined);
    began(5, 5);
    expect(found()).toEqual([]);
    began(5, 4);
    expect(found()).toEqual(["early-commit"]);
  });
});

describe("records (I-L8)", () => {
  const withFinalRead = (): ReturnType<typeof setup> => {
    const made = setup();
    made.fetch(1, 2);
    const read = made.log.beginFinalRead(9, PLACE, { startOffset: 2, endOffset: 4 });
    made.log.addToFinalRead(read, PLACE, [
      { offset: 2, text: "" },
      { offset: 3, text: "" },
    ]);
    read.complete();
    return made;
  };

  it("that are in the log in the end are processed by somebody", () => {
    const { group, found } = withFinalRead();
    group.processed(PLACE, [2]);
    expect(found()).toEqual(["unprocessed"]);
    group.processed(PLACE, [3, 4]);
    expect(found()).toEqual([]);
  });

  it("that were deleted before anybody read them, and are back, are owed to nobody", () => {
    const { group, found } = withFinalRead();
    group.processed(PLACE, [3]);
    expect(found({ startMax: () => 2 })).toEqual(["unprocessed"]);
    expect(found({ startMax: () => 3 })).toEqual([]);
  });

  it("that may lie where others were processed are owed to nobody", () => {
    const { group, found } = withFinalRead();
    group.processed(PLACE, [2]);
    expect(found({ mayHaveLostRecords: ({ partition }) => partition === 0 })).toEqual([]);
  });
});

describe("a group", () => {
  it("that does not come to rest when all is calm is wrong (I-L9)", () => {
    const { group, found } = setup();
    group.unsettled = "nobody holds orders-0";
    expect(found()).toEqual(["unsettled"]);
  });

  it("whose member fails is wrong (I-L9), unless a static member was fenced in whose place another one came", () => {
    const { group, found } = setup();
    group.failed({ process: 1, error: "FENCED_INSTANCE_ID", atUs: 20 });
    expect(found()).toEqual(["failed"]);
    group.joinedAs(1, "seat-0", 1);
    group.joinedAs(2, "seat-1", 2);
    expect(found()).toEqual(["failed"]);
    group.joinedAs(3, "seat-0", 20);
    expect(found()).toEqual([]);
    group.failed({ process: 3, error: "GROUP_AUTHORIZATION_FAILED", atUs: 30 });
    expect(found()).toEqual(["failed"]);
  });

  it("has the last one who came under a static member's name: it is not fenced, but by a request that an earlier one may have sent not long ago, or where the coordinator has just taken over", () => {
    const second = 1_000_000;
    const failedAt = (atUs: number, process = 2, options: GroupCheckOptions = {}): readonly string[] => {
      const { group, found } = setup();
      group.joinedAs(1, "seat-0", 1);
      group.ended(1, 5 * second);
      group.joinedAs(2, "seat-0", 6 * second);
      group.failed({ process, error: "FENCED_INSTANCE_ID", atUs });
      return found(options);
    };
    const loadedAt = (toUs: number): GroupCheckOptions => ({ loading: [{ fromUs: toUs - 1, toUs }] });
    expect(failedAt(60 * second, 2, loadedAt(58 * second))).toEqual([]);
    expect(failedAt(60 * second, 3, loadedAt(58 * second))).toEqual(["failed"]);
    expect(failedAt(60 * second, 2, loadedAt(61 * second))).toEqual(["failed"]);
    expect(failedAt(60 * second, 2, loadedAt(20 * second))).toEqual(["failed"]);
    expect(failedAt(7 * second)).toEqual([]);
    expect(failedAt(60 * second)).toEqual(["failed"]);
    expect(failedAt(60 * second, 1)).toEqual([]);
    expect(failedAt(3 * second, 1)).toEqual(["failed"]);
  });

  it("of which no commit was acknowledged proves nothing", () => {
    expect(checkGroup(new GroupHistory("group"), new History("run")).map(({ name }) => name)).toEqual(["no-evidence"]);
  });

  it("of which no commit was acknowledged before all records were deleted owes no proof, but does where there never was a record", () => {
    const group = new GroupHistory("group");
    const foundAfter = (offset: number): readonly string[] => {
      const log = new History("run");
      log.beginFinalRead(9, PLACE, { startOffset: offset, endOffset: offset }).complete();
      return checkGroup(group, log).map(({ name }) => name);
    };
    group.fetched(1, PLACE, { offset: -1, askedUs: 1, answeredUs: 2 });
    expect(foundAfter(235)).toEqual([]);
    expect(foundAfter(0)).toEqual(["no-evidence"]);
    expect(checkGroup(group, new History("run")).map(({ name }) => name)).toContain("no-evidence");
  });

  it("of which nobody has asked for what is committed of some records proves nothing of them", () => {
    const { group, log, commit, fetch, found } = setup();
    const read = log.beginFinalRead(9, PLACE, { startOffset: 0, endOffset: 1 });
    log.addToFinalRead(read, PLACE, [{ offset: 0, text: "" }]);
    group.processed(PLACE, [0]);
    expect(found()).toEqual([]);
    read.complete();
    expect(found()).toEqual(["no-evidence"]);
    commit(1, 3, 9);
    fetch(1, 8, 10);
    expect(found()).toEqual([]);
    const other = { topic: "orders", partition: 1 };
    const empty = log.beginFinalRead(9, other, { startOffset: 0, endOffset: 0 });
    empty.complete();
    group.partition(other);
    expect(found()).toEqual([]);
  });
});
