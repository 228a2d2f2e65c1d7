import { type CheckOptions, checkHistory, type Excuse, History } from "@samsa/history";
import { micros, type NodeId } from "@samsa/stdx";
import type { TraceBody, TraceEvent } from "@samsa/world";
import { describe, expect, it } from "vitest";
import { ExcuseBook } from "../src/excuses.ts";
import { GhostPartition } from "../src/invariants/ghost-partition.ts";

const AT = { topic: "orders", partition: 0 };

function bookOf(...events: readonly (readonly [atUs: number, node: number, event: TraceBody])[]): ExcuseBook {
  return bookOfWorld(() => true, events);
}

function bookOfWorld(isUp: (node: number) => boolean, events: readonly (readonly [atUs: number, node: number, event: TraceBody])[]): ExcuseBook {
  const book = new ExcuseBook();
  for (const [atUs, node, event] of events) book.add({ seq: 0, t: micros(0), node: node as NodeId, event } satisfies TraceEvent, atUs, isUp);
  return book;
}

const leads = (leaderEpoch: number, startOffset: number): TraceBody => ({ kind: "became-leader", ...AT, leaderEpoch, startOffset });
const follows = (leaderEpoch: number): TraceBody => ({ kind: "became-follower", ...AT, leader: 2, leaderEpoch, endOffset: 0 });
const kindsOf = (excuses: readonly Excuse[]) => excuses.map(({ kind }) => kind);
const boundsOf = ({ offsets, sentBeforeUs }: { offsets?: object; sentBeforeUs?: number }) => ({ ...offsets, sentBeforeUs });

it("excuses nothing under one leader", () => {
  expect(bookOf([10, 1, leads(0, 0)], [20, 2, follows(0)]).ofLeaderChanges([])).toEqual([]);
});

it("excuses with acks=1 what a leader took that another one followed, if it was sent before the first had stopped to lead", () => {
  const book = bookOf([10, 1, leads(0, 3)], [50, 2, leads(1, 7)], [60, 1, follows(1)]);
  expect(kindsOf(book.ofLeaderChanges([]))).toEqual(["acks-1"]);
  expect(book.ofLeaderChanges([]).map(boundsOf)).toEqual([{ startOffset: 3, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 60 }]);
});

it("takes the start of a process for the end of what it led before", () => {
  const restarted: TraceBody = { kind: "started", incarnation: "a", pageCacheSurvived: true };
  const book = bookOf([10, 1, leads(0, 0)], [30, 1, restarted], [50, 2, leads(1, 7)]);
  expect(book.ofLeaderChanges([]).map(boundsOf)).toEqual([{ startOffset: 0, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 30 }]);
});

it("does not wait for a dead leader to come back", () => {
  const restarted: TraceBody = { kind: "started", incarnation: "a", pageCacheSurvived: true };
  const book = bookOfWorld(
    (node) => node !== 1,
    [
      [10, 1, leads(0, 0)],
      [50, 2, leads(1, 7)],
      [60_000, 1, restarted],
    ],
  );
  expect(book.ofLeaderChanges([]).map(boundsOf)).toEqual([{ startOffset: 0, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 50 }]);
});

it("excuses a committed record that an unclean election lost if it was sent before that leader began", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 9, leaderEpoch: 0, crc: 1 }, 0);
  ghost.forget(4, 3, "everybody lost power");
  const book = bookOf([10, 1, leads(0, 0)], [70, 1, leads(3, 4)]);
  expect(kindsOf(book.ofLosses([ghost]))).toEqual(["unclean-election"]);
  expect(book.ofLosses([ghost]).map(boundsOf)).toEqual([{ startOffset: 4, endOffset: 9, sentBeforeUs: 70 }]);
});

it("excuses what a leader committed that had not heard of that election, if it was sent before it had stopped to lead", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 9, leaderEpoch: 0, crc: 1 }, 0);
  ghost.forget(4, 3, "unclean elections are allowed");
  expect(ghost.losesAtOnce({ baseOffset: 9, endOffset: 11, leaderEpoch: 0, crc: 2 }, 0)).toBe(true);
  const book = bookOf([10, 1, leads(0, 0)], [70, 2, leads(3, 4)], [90, 1, follows(3)]);
  expect(book.ofLosses([ghost]).map(boundsOf)).toEqual([
    { startOffset: 4, endOffset: 9, sentBeforeUs: 70 },
    { startOffset: 9, endOffset: 11, sentBeforeUs: 90 },
  ]);
});

it("excuses records before a log's start; that one is read elsewhere only where it may be there twice", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  const because = "because retention deletes old records";
  expect(new ExcuseBook().ofDeletions([ghost], { because, isIdempotent: true })).toEqual([]);
  ghost.startsAt(7, 0);
  const [excuse] = new ExcuseBook().ofDeletions([ghost], { because, isIdempotent: true });
  expect(excuse).toEqual({ ...AT, offsets: { startOffset: 0, endOffset: 7 }, isOfAbsence: true, permits: ["lost", "unseen"], kind: "deletion", because });
  const [ofTwo, ofCopies] = new ExcuseBook().ofDeletions([ghost], { because, isIdempotent: false });
  expect(ofTwo?.permits).toContain("misplaced");
  expect(ofCopies).toEqual({ ...AT, offsets: { startOffset: 0, endOffset: 7 }, isOfCopies: true, permits: ["reordered"], kind: "deletion", because });
});

it("excuses disorder with another copy where the first copy of the record before may be deleted, and no other disorder", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.startsAt(1, 0);
  /** Two records sent and acknowledged together, and what is read from offset 1 on, in the place of [first, second, first, second]. */
  function conclusionOf(excuses: readonly Excuse[], read: readonly number[], acks: readonly number[]): string {
    const history = new History("run1");
    const values = [0, 1].map(() => history.invokeSend(0, AT, 10));
    values.forEach((value, index) => history.ackSend(value, acks[index], 20));
    // Somebody else's.
    for (let other = 0; other < 2; other++) history.invokeSend(5, AT, 10);
    const final = history.beginFinalRead(9, AT, { startOffset: 1, endOffset: 1 + read.length });
    read.forEach((value, index) => final.stream.add(1 + index, value));
    final.complete();
    return checkHistory(history, { acks: 1, isIdempotent: false, maxInFlight: 1, excuses }).conclusion;
  }
  const excuses = new ExcuseBook().ofDeletions([ghost], { because: "records were deleted", isIdempotent: false });
  expect(conclusionOf([], [1, 0, 1], [2, 3])).toBe("violated");
  expect(conclusionOf(excuses, [1, 0, 1], [2, 3])).not.toBe("violated");
  expect(conclusionOf(excuses, [1, 0], [2, 1])).toBe("violated");
  // The copy before it would have lain at 2, where nothing was deleted, and another record is.
  expect(conclusionOf(excuses, [2, 3, 1, 0, 1], [4, 5])).toBe("violated");
});

it("excuses a deletion no longer at what a leader writes anew that was elected without it", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 9, leaderEpoch: 0, crc: 1 }, 0);
  ghost.startsAt(7, 0);
  ghost.forget(4, 3, "unclean elections are allowed");
  const excusesOf = (): object[] =>
    bookOf([10, 1, leads(0, 0)], [70, 2, leads(3, 4)])
      .ofDeletions([ghost], { because: "", isIdempotent: true })
      .map(boundsOf);
  const before = { startOffset: 0, endOffset: 7, sentBeforeUs: 70 };
  expect(excusesOf()).toEqual([before, { startOffset: 0, endOffset: 4, sentBeforeUs: undefined }]);
  // The leader of before has not heard of it, and deletes on.
  ghost.startsAt(8, 0);
  expect(excusesOf()).toEqual([before, { startOffset: 0, endOffset: 4, sentBeforeUs: undefined }]);
  ghost.startsAt(5, 3);
  expect(excusesOf()).toEqual([before, { startOffset: 0, endOffset: 5, sentBeforeUs: undefined }]);
});

describe("the order of records with acks=0", () => {
  const NO_ANSWER: CheckOptions = { acks: 0, isIdempotent: false, maxInFlight: 1 };
  /** Two records of one producer, sent at 10 and 30 µs, that lie the other way round. */
  function conclusionOf(excuses: CheckOptions["excuses"] = [], partition = AT.partition): string {
    const history = new History("run1");
    const target = { ...AT, partition };
    for (const atUs of [10, 30]) history.ackSend(history.invokeSend(0, target, atUs), undefined, atUs + 5);
    const read = history.beginFinalRead(9, target, { startOffset: 0, endOffset: 2 });
    [1, 0].forEach((value, offset) => read.stream.add(offset, value));
    read.complete();
    return checkHistory(history, { ...NO_ANSWER, excuses }).conclusion;
  }

  it("is owed on one connection to one leader", () => {
    const book = bookOf([1, 1, leads(0, 0)]);
    expect(book.ofReconnections([AT], [])).toEqual([]);
    expect(conclusionOf()).toBe("violated");
  });

  it("is not owed where a connection broke between the two; where one broke before or after, and in other partitions, it is", () => {
    const brokenAt = (...atUs: readonly number[]): CheckOptions["excuses"] => bookOf([1, 1, leads(0, 0)]).ofReconnections([AT], [1, ...atUs]);
    expect(conclusionOf(brokenAt(20))).toBe("allowed");
    expect(conclusionOf(brokenAt(35, 90))).toBe("allowed");
    expect(conclusionOf(brokenAt(10))).toBe("violated");
    expect(conclusionOf(brokenAt(36, 90))).toBe("violated");
    expect(conclusionOf(brokenAt(20), 1)).toBe("violated");
  });

  it("is not owed to what was sent before a leader came back, to which the first connection may still be open", () => {
    const other = bookOf([1, 1, leads(0, 0)], [20, 2, leads(1, 1)]);
    expect(other.ofReconnections([AT], [])).toEqual([]);
    const back = bookOf([1, 1, leads(0, 0)], [15, 2, leads(1, 1)], [20, 1, leads(2, 1)]);
    expect(conclusionOf(back.ofReconnections([AT], []))).toBe("allowed");
    const tooEarly = bookOf([1, 1, leads(0, 0)], [5, 2, leads(1, 1)], [9, 1, leads(2, 1)]);
    expect(conclusionOf(tooEarly.ofReconnections([AT], []))).toBe("violated");
    const tooLate = bookOf([1, 1, leads(0, 0)], [5_000_036, 2, leads(1, 1)], [5_000_050, 1, leads(2, 1)]);
    expect(conclusionOf(tooLate.ofReconnections([AT], []))).toBe("violated");
  });

  it("permits nothing else", () => {
    expect(bookOf([1, 1, leads(0, 0)]).ofReconnections([AT], [20])[0]?.permits).toEqual(["reordered"]);
  });
});

it("does not excuse with acks=1 what the leader had committed", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 1 }, 0);
  ghost.append({ baseOffset: 5, endOffset: 6, leaderEpoch: 1, crc: 1 }, 1);
  const book = bookOf([10, 1, leads(0, 3)], [50, 2, leads(1, 5)], [60, 1, follows(1)]);
  expect(book.ofLeaderChanges([ghost]).map(boundsOf)).toEqual([{ startOffset: 5, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 60 }]);
});

it("says which node was elected in whose place, and why a loss was allowed", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 9, leaderEpoch: 0, crc: 1 }, 0);
  ghost.forget(4, 3, "node 1 was elected uncleanly, which unclean.leader.election.enable of orders allows");
  const book = bookOf([10, 1, leads(0, 0)], [70, 2, leads(3, 4)]);
  expect(book.ofLosses([ghost]).map(({ because }) => because)).toEqual(["node 1 was elected uncleanly, which unclean.leader.election.enable of orders allows"]);
  expect(book.ofLeaderChanges([]).map(({ because }) => because)).toEqual([
    "with acks=1 a record may vanish with the leader that acknowledged it: node 2 followed node 1 in epoch 3, after epoch 0",
  ]);
});

/** Records 0 to 3 of partitions 0 and 1, each acknowledged at the offset of its number, and read back as far as `kept` says. */
function historyOf(kept: readonly [number, number]): History {
  const history = new History("run1");
  for (const partition of [0, 1]) {
    const target = { topic: AT.topic, partition };
    for (let value = 0; value < 4; value++) history.ackSend(history.invokeSend(0, target, value * 10), value, value * 10 + 5);
    const read = history.beginFinalRead(9, target, { startOffset: 0, endOffset: kept[partition] ?? 0 });
    for (let value = 0; value < (kept[partition] ?? 0); value++) read.stream.add(value, value);
    read.complete();
  }
  return history;
}

describe("a loss with safe settings, where something lossy has happened too", () => {
  const SAFE: CheckOptions = { acks: "all", isIdempotent: true, maxInFlight: 5 };
  /** Partition 0 lost offset 3 and what was sent before 35 µs. */
  const excuses = (() => {
    const ghost = new GhostPartition(AT.topic, 0);
    ghost.append({ baseOffset: 0, endOffset: 4, leaderEpoch: 0, crc: 1 }, 0);
    ghost.forget(3, 1, "everybody lost power");
    return bookOf([1, 1, leads(0, 0)], [35, 1, leads(1, 3)]).ofLosses([ghost]);
  })();
  const conclusionOf = (kept: readonly [number, number], given = excuses) => checkHistory(historyOf(kept), { ...SAFE, excuses: given }).conclusion;

  it("is allowed for the record that it covers, and not clean", () => {
    expect(conclusionOf([3, 4])).toBe("allowed");
  });

  it("is a violation for another partition", () => {
    expect(conclusionOf([3, 3])).toBe("violated");
  });

  it("is a violation for another topic", () => {
    expect(
      conclusionOf(
        [3, 4],
        excuses.map((excuse) => ({ ...excuse, topic: "payments" })),
      ),
    ).toBe("violated");
  });

  it("is a violation for another offset", () => {
    expect(conclusionOf([2, 4])).toBe("violated");
  });

  it("is a violation for a record that was sent after it", () => {
    expect(
      conclusionOf(
        [3, 4],
        excuses.map((excuse) => ({ ...excuse, sentBeforeUs: 30 })),
      ),
    ).toBe("violated");
  });

  it("with acks=1 is a violation for what another broker had acknowledged, which leads still", () => {
    const changed = bookOf([1, 1, leads(0, 0)], [2, 1, follows(1)], [2, 2, leads(1, 0)]).ofLeaderChanges([]);
    const { conclusion } = checkHistory(historyOf([3, 4]), { ...SAFE, acks: 1, excuses: changed, hasStableLeader: () => true });
    expect(conclusion).toBe("violated");
  });
});
