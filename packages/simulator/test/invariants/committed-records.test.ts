import type { HostedReplica } from "@samsa/broker";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { CommittedRecords } from "../../src/invariants/committed-records.ts";
import type { BatchMark } from "../../src/invariants/ghost-partition.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const KEY = "topic:0";
const PLACE = { key: KEY, topic: "orders", partition: 0 };
const lost: BatchMark = { baseOffset: 5, endOffset: 10, leaderEpoch: 0, crc: 0xaa };
const kept: BatchMark = { baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 0xbb };
/** The epoch of the leader that was elected without `lost`. */
const LOSING_EPOCH = 4;

/** `kept` is committed, and `lost` was, until it was excused. */
function lossyGhost(): Ghost {
  const ghost = new Ghost(combined(3));
  const committed = ghost.partition(PLACE);
  committed.append(kept, 0);
  committed.append(lost, 0);
  committed.forget(lost.baseOffset, LOSING_EPOCH, "every replica lost power");
  return ghost;
}

interface Held {
  readonly leaderEpoch: number;
  readonly log: readonly BatchMark[];
  /** Where it starts; else at 0. */
  readonly start?: number;
}

const view = { id: 1 } as unknown as NodeView;

const hostedOf = (role: "leader" | "follower", { leaderEpoch, log, start = 0 }: Held): HostedReplica => {
  const end = log.at(-1)?.endOffset ?? start;
  return {
    ...PLACE,
    log: {
      isReady: true,
      logStartOffset: start,
      appendedEnd: end,
      writtenEnd: end,
      latestEpoch: 0,
      segmentSpans: () => [{ path: "", baseOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, knownOffset: 0, knownPosition: 0 }],
      batchesIn: (from: number, to: number) => log.filter(({ baseOffset, endOffset }) => endOffset > from && baseOffset < to),
    },
    replica: { role, leaderEpoch, highWatermark: end },
  } as unknown as HostedReplica;
};

function look(ghost: Ghost, hosted: HostedReplica): string[] {
  const reports: string[] = [];
  new CommittedRecords((invariant) => reports.push(invariant)).afterTurn(view, ghost, { changed: [hosted], effects: [] });
  return reports;
}

/** What is reported of a replica whose high watermark now covers its log, after `lost` was excused. */
function reportsOf(held: Held & { readonly isJustRestarted?: boolean }): string[] {
  const ghost = lossyGhost();
  const hosted = hostedOf("follower", held);
  ghost.replicaMemory(ghost.memoryOf(view), hosted).isCurrent = held.isJustRestarted !== true;
  return look(ghost, hosted);
}

/** The same of one that leads, and has led for a while. */
function reportsOfLeader(ghost: Ghost, held: Held): string[] {
  const hosted = hostedOf("leader", held);
  Object.assign(ghost.replicaMemory(ghost.memoryOf(view), hosted), { isCurrent: true, role: "leader", leaderEpoch: held.leaderEpoch });
  return look(ghost, hosted);
}

it("lets a replica that has not heard of the lossy election believe in what was lost", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [kept, lost] })).toEqual([]);
});

it("does not let one that has heard of it", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, lost] })).toEqual(["I-P1"]);
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH + 1, log: [kept, lost] })).toEqual(["I-P1"]);
});

it("lets one that has heard of it, but only just read its high watermark from before", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, lost], isJustRestarted: true })).toEqual([]);
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, { ...lost, crc: 0xcc }], isJustRestarted: true })).toEqual(["I-P1"]);
});

it("does not let one read a high watermark from before above what the log got since, which nobody committed", () => {
  const since: BatchMark = { baseOffset: 5, endOffset: 10, leaderEpoch: LOSING_EPOCH, crc: 0xee };
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, since], isJustRestarted: true })).toEqual(["I-P1"]);
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH + 1, log: [kept, since], isJustRestarted: true })).toEqual(["I-P1"]);
});

it.each([
  ["of other content", { ...lost, crc: 0xcc }],
  ["of another epoch", { ...lost, leaderEpoch: 1 }],
  ["of another length", { ...lost, endOffset: 9 }],
])("lets nobody believe in a batch %s in the place of what was lost", (_, other) => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [kept, other] })).toEqual(["I-P1"]);
});

it("excuses nothing that was kept", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [{ ...kept, crc: 0xcc }] })).toEqual(["I-P1"]);
});

it("counts what an uncleanly elected leader has fetched, and not written yet, as committed when it has written it: it may die with it, and nobody else need have it", () => {
  const ghost = new Ghost(combined(3));
  for (const batch of [kept, lost]) ghost.partition(PLACE).append(batch, 0);
  ghost.uncleanElections.set(KEY, { leaderEpoch: LOSING_EPOCH, because: "it is allowed" });
  const leader = hostedOf("leader", { leaderEpoch: LOSING_EPOCH, log: [kept, lost] });
  Object.assign(leader.log, { writtenEnd: kept.endOffset });
  Object.assign(leader.replica, { highWatermark: kept.endOffset });
  expect(look(ghost, leader)).toEqual([]);
  expect([ghost.partition(PLACE).end, ghost.uncleanElections.size]).toEqual([kept.endOffset, 0]);
  expect(reportsOfLeader(ghost, { leaderEpoch: LOSING_EPOCH, log: [kept, lost] })).toEqual([]);
  expect(ghost.partition(PLACE).end).toBe(lost.endOffset);
});

it("goes on where the log of an uncleanly elected leader starts, when that has deleted all that others have, and more; and from nowhere else", () => {
  const afterwards: BatchMark = { baseOffset: 20, endOffset: 25, leaderEpoch: LOSING_EPOCH, crc: 0xee };
  const elected = (): Ghost => {
    const ghost = new Ghost(combined(3));
    ghost.partition(PLACE).append(kept, 0);
    ghost.partition(PLACE).startsAt(afterwards.baseOffset, LOSING_EPOCH);
    ghost.uncleanElections.set(KEY, { leaderEpoch: LOSING_EPOCH, because: "it is allowed" });
    expect(look(ghost, hostedOf("leader", { leaderEpoch: LOSING_EPOCH, log: [], start: afterwards.baseOffset }))).toEqual([]);
    return ghost;
  };
  const ghost = elected();
  expect(ghost.partition(PLACE).end).toBe(afterwards.baseOffset);
  expect(reportsOfLeader(ghost, { leaderEpoch: LOSING_EPOCH, log: [afterwards], start: afterwards.baseOffset })).toEqual([]);
  expect(ghost.partition(PLACE).end).toBe(afterwards.endOffset);
  const behindAHole = { ...afterwards, baseOffset: 22 };
  expect(reportsOfLeader(elected(), { leaderEpoch: LOSING_EPOCH, log: [behindAHole], start: behindAHole.baseOffset })).toEqual(["I-P1"]);

  // Another one is elected uncleanly that has only what was there before: from there it goes on again.
  ghost.uncleanElections.set(KEY, { leaderEpoch: LOSING_EPOCH + 1, because: "it is allowed" });
  const other = { ...lost, leaderEpoch: LOSING_EPOCH + 1 };
  expect(look(ghost, hostedOf("leader", { leaderEpoch: LOSING_EPOCH + 1, log: [kept] }))).toEqual([]);
  expect(reportsOfLeader(ghost, { leaderEpoch: LOSING_EPOCH + 1, log: [kept, other] })).toEqual([]);
  expect(ghost.partition(PLACE).end).toBe(other.endOffset);
});

it("counts as committed what a leader commits and deletes in one turn, so that the next batch goes on from there", () => {
  const ghost = new Ghost(combined(3));
  ghost.partition(PLACE).append(kept, 0);
  const hosted = hostedOf("leader", { leaderEpoch: 0, log: [kept, lost], start: lost.endOffset });
  Object.assign(ghost.replicaMemory(ghost.memoryOf(view), hosted), { isCurrent: true, role: "leader", leaderEpoch: 0, highWatermark: kept.endOffset });
  expect(look(ghost, hosted)).toEqual([]);
  expect(ghost.partition(PLACE).end).toBe(lost.endOffset);
});

it("counts as committed what a leader commits and tells in the turn in which it begins to close its log", () => {
  const ghost = new Ghost(combined(3));
  ghost.partition(PLACE).append(kept, 0);
  const hosted = hostedOf("leader", { leaderEpoch: 0, log: [kept, lost] });
  Object.assign(hosted.log, { isReady: false });
  Object.assign(ghost.replicaMemory(ghost.memoryOf(view), hosted), { isCurrent: true, role: "leader", leaderEpoch: 0, highWatermark: kept.endOffset });
  expect(look(ghost, hosted)).toEqual([]);
  expect(ghost.partition(PLACE).end).toBe(lost.endOffset);
});

describe("in a compacted topic", () => {
  const second: BatchMark = { baseOffset: 5, endOffset: 10, leaderEpoch: 0, crc: 0xaa };
  const third: BatchMark = { baseOffset: 10, endOffset: 12, leaderEpoch: 2, crc: 0xee };
  const empty = { sizeInBytes: 61, producerId: -1 };
  const committedGhost = (compactedEnd: number): Ghost => {
    const ghost = Object.assign(new Ghost(combined(3)), { isCompacted: () => true });
    for (const batch of [kept, second, third]) ghost.partition(PLACE).append(batch, batch.leaderEpoch);
    ghost.partition(PLACE).compactedUpTo(compactedEnd, third.leaderEpoch);
    return ghost;
  };
  type Log = readonly (BatchMark & Partial<typeof empty>)[];
  const become = (...log: Log): string[] => becomeWhere(third.endOffset, log);
  const becomeWhere = (compactedEnd: number, log: Log): string[] => {
    const [followed, led] = [committedGhost(compactedEnd), committedGhost(compactedEnd)];
    const memory = followed.replicaMemory(followed.memoryOf(view), hostedOf("follower", { leaderEpoch: 2, log }));
    memory.isCurrent = true;
    return [...look(followed, hostedOf("follower", { leaderEpoch: 2, log })), ...look(led, hostedOf("leader", { leaderEpoch: 3, log }))];
  };

  it("is content with a batch of other content, and with an empty one for several of one epoch", () => {
    expect(become(kept, { ...second, crc: 0x11 }, third)).toEqual([]);
    expect(become({ ...kept, endOffset: 10, crc: 0x12, ...empty }, third)).toEqual([]);
    expect(become(kept, second, { ...third, crc: 0x13 })).toEqual([]);
  });

  it("is not content with either where nothing was compacted yet (I-P1)", () => {
    for (const compactedEnd of [0, second.endOffset - 1]) {
      expect(becomeWhere(compactedEnd, [kept, { ...second, crc: 0x11 }, third])).toEqual(["I-P1", "I-P1"]);
      expect(becomeWhere(compactedEnd, [{ ...kept, endOffset: 10, crc: 0x12, ...empty }, third])).toEqual(["I-P1", "I-P1"]);
    }
    expect(becomeWhere(second.endOffset, [kept, { ...second, crc: 0x11 }, third])).toEqual([]);
    expect(becomeWhere(second.endOffset, [kept, second, { ...third, crc: 0x13 }])).toEqual(["I-P1", "I-P2", "I-P1"]);
  });

  it("is not content with either where an unclean election cut what was compacted, and its leader wrote something else (I-P1)", () => {
    const since: BatchMark = { baseOffset: 5, endOffset: 10, leaderEpoch: 3, crc: 0xbb };
    const ghostSince = (compactedIn: number): Ghost => {
      const ghost = committedGhost(third.endOffset);
      ghost.partition(PLACE).forget(kept.endOffset, since.leaderEpoch, "everybody lost power");
      ghost.partition(PLACE).append(since, since.leaderEpoch);
      ghost.partition(PLACE).compactedUpTo(third.endOffset, compactedIn);
      return ghost;
    };
    const followed = (compactedIn: number, log: Log): string[] => {
      const ghost = ghostSince(compactedIn);
      const hosted = hostedOf("follower", { leaderEpoch: since.leaderEpoch, log });
      ghost.replicaMemory(ghost.memoryOf(view), hosted).isCurrent = true;
      return look(ghost, hosted);
    };
    for (const other of [
      { ...since, crc: 0x11 },
      { ...since, ...empty, crc: 0x12 },
    ]) {
      expect(followed(third.leaderEpoch, [kept, other])).toEqual(["I-P1"]);
      expect(followed(since.leaderEpoch, [kept, other])).toEqual([]);
    }
    expect(followed(third.leaderEpoch, [{ ...kept, crc: 0x13 }, since])).toEqual([]);
  });

  it("lets a replica that has not heard of an unclean election believe in what compaction made of a batch that it lost, and in nothing else", () => {
    const told = (compactedEnd: number, batch: BatchMark): string[] => {
      const ghost = committedGhost(compactedEnd);
      ghost.partition(PLACE).forget(second.endOffset, 4, "everybody lost power");
      return look(ghost, hostedOf("follower", { leaderEpoch: 3, log: [kept, second, batch] }));
    };
    expect(told(third.endOffset, { ...third, crc: 0x13 })).toEqual([]);
    expect(told(second.endOffset, { ...third, crc: 0x13 })).toEqual(["I-P1"]);
    expect(told(third.endOffset, { ...third, endOffset: 11 })).toEqual(["I-P1"]);
    expect(told(third.endOffset, { ...third, leaderEpoch: 1 })).toEqual(["I-P1"]);
  });

  it("is not content with one that ends elsewhere, has records of several, is of another epoch, or reaches across two", () => {
    expect(become(kept, { ...second, endOffset: 9, crc: 0x11 }, { ...third, baseOffset: 9 })).toContain("I-P1");
    expect(become({ ...kept, endOffset: 10, crc: 0x12 }, third)).toContain("I-P1");
    expect(become({ ...kept, leaderEpoch: 1, crc: 0x12 }, second, third)).toContain("I-P1");
    expect(become(kept, { ...second, endOffset: 12, crc: 0x12, ...empty })).toEqual(["I-P1", "I-P2", "I-P1"]);
  });
});

describe("after an unclean election", () => {
  const old: BatchMark = { baseOffset: 10, endOffset: 12, leaderEpoch: 0, crc: 0xdd };
  const leads = (leaderEpoch: number, log: readonly BatchMark[], ghost = lossyGhost()) => ({ ghost, reports: reportsOfLeader(ghost, { leaderEpoch, log }) });

  it("lets the leader of before, which has not heard of it, go on with what is lost as soon as it is committed", () => {
    const { ghost, reports } = leads(0, [kept, lost, old]);
    expect(reports).toEqual([]);
    const committed = ghost.partition(PLACE);
    expect(committed.end).toBe(kept.endOffset);
    expect(committed.isExcusedIn(LOSING_EPOCH - 1, old)).toBe(true);
    expect(committed.isExcusedIn(LOSING_EPOCH, old)).toBe(false);
    expect(committed.excused.map(({ fromOffset, toOffset, committedIn }) => [fromOffset, toOffset, committedIn])).toEqual([
      [5, 10, undefined],
      [10, 12, 0],
    ]);
  });

  it("lets it leave nothing out, and have nothing else in the place of what is lost", () => {
    expect(leads(0, [kept, lost, { ...old, baseOffset: 11 }]).reports).toEqual(["I-P1"]);
    expect(leads(0, [kept, { ...lost, crc: 0xcc }, old]).reports).toEqual(["I-P1"]);
  });

  it("counts as committed again what was lost, where a later one elects somebody who has it still, and knows it for committed", () => {
    const ghost = lossyGhost();
    const later = LOSING_EPOCH + 1;
    const hosted = hostedOf("follower", { leaderEpoch: LOSING_EPOCH, log: [kept, lost] });
    const memory = ghost.replicaMemory(ghost.memoryOf(view), hosted);
    expect(look(ghost, hosted)).toEqual([]);
    Object.assign(memory, { isCurrent: true, role: "follower", leaderEpoch: LOSING_EPOCH, highWatermark: lost.endOffset });
    ghost.uncleanElections.set(KEY, { leaderEpoch: later, because: "unclean elections are allowed" });
    expect(look(ghost, hostedOf("leader", { leaderEpoch: later, log: [kept, lost] }))).toEqual([]);
    expect(ghost.partition(PLACE).end).toBe(lost.endOffset);
    Object.assign(memory, { isCurrent: true, highWatermark: 0 });
    expect(look(ghost, hostedOf("follower", { leaderEpoch: later, log: [kept, lost] }))).toEqual([]);
    expect(look(ghost, hostedOf("follower", { leaderEpoch: later, log: [kept, { ...lost, crc: 0xcc }] }))).toEqual(["I-P1"]);
  });

  it("counts what the new leader writes as committed", () => {
    const written: BatchMark = { baseOffset: 5, endOffset: 6, leaderEpoch: LOSING_EPOCH, crc: 0xee };
    const { ghost, reports } = leads(LOSING_EPOCH, [kept, written]);
    expect(reports).toEqual([]);
    expect(ghost.partition(PLACE).end).toBe(6);
  });
});

describe("where records are deleted", () => {
  const other: BatchMark = { ...kept, crc: 0xcc };

  it("does not look at what lies before a log's start, though its files still hold it", () => {
    expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [other], start: 5 })).toEqual([]);
  });

  it("looks at a batch of which readers are given a part (I-P1)", () => {
    expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [other], start: 4 })).toEqual(["I-P1"]);
  });

  /** What is said of a new leader of a clean election, when ten records are committed. */
  function reportsOfElected(held: Omit<Held, "leaderEpoch">, deletedEnd = 10): string[] {
    const ghost = new Ghost(combined(3));
    for (const batch of [kept, lost]) ghost.partition(PLACE).append(batch, 0);
    ghost.partition(PLACE).startsAt(deletedEnd, 0);
    return look(ghost, hostedOf("leader", { leaderEpoch: 1, ...held }));
  }

  it("lets a new leader be without committed records only where its log starts behind them, as one did with reason (I-P2)", () => {
    expect(reportsOfElected({ log: [kept, lost] })).toEqual([]);
    expect(reportsOfElected({ log: [], start: 10 })).toEqual([]);
    expect(reportsOfElected({ log: [], start: 9 })).toEqual(["I-P2"]);
    expect(reportsOfElected({ log: [], start: 10 }, 9)).toEqual(["I-P2"]);
    expect(reportsOfElected({ log: [{ ...lost, crc: 0xcc }], start: 10 })).toEqual([]);
    expect(reportsOfElected({ log: [lost], start: 5 })).toEqual([]);
    expect(reportsOfElected({ log: [kept], start: 5 })).toEqual(["I-P2"]);
    expect(reportsOfElected({ log: [{ ...lost, crc: 0xcc }], start: 9 })).toEqual(["I-P2", "I-P1"]);
  });
});
