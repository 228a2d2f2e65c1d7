import type { HostedReplica } from "@samsa/broker";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { ProducerSequences } from "../../src/invariants/producer-sequences.ts";

interface Written {
  readonly epoch: number;
  readonly sequence: number;
  /** Else producer 7. */
  readonly producerId?: number;
  readonly sizeInBytes?: number;
  /** Else 0. */
  readonly leaderEpoch?: number;
}

const RECORDS = 2;

const PLACE = { key: "topic:0", topic: "orders", partition: 0 };

/** What is reported of a log of batches of two records each, looked at when so many of them were written; producer 7 wrote them all. */
function reportsOf(
  batches: readonly Written[],
  { looks = [batches.length], start = 0, hasLost = false, producerId = 7, role = "leader", ghost = new Ghost(combined(3)) } = {},
): string[] {
  const reports: string[] = [];
  const check = new ProducerSequences((invariant) => reports.push(invariant));
  if (hasLost) ghost.gaveUp("orders", producerId);
  const log = batches.map(({ epoch, sequence, producerId: writer = 7, sizeInBytes = 100, leaderEpoch = 0 }, at) => ({
    baseOffset: at * RECORDS,
    endOffset: (at + 1) * RECORDS,
    leaderEpoch,
    crc: at,
    sizeInBytes,
    producerId: writer,
    producerEpoch: epoch,
    baseSequence: sequence,
    isControl: false,
  }));
  for (const count of looks) {
    const hosted = {
      ...PLACE,
      replica: { role },
      log: {
        isReady: true,
        logStartOffset: start,
        appendedEnd: count * RECORDS,
        segmentSpans: () => [{ path: "", baseOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, knownOffset: 0, knownPosition: 0 }],
        batchesIn: (from: number, to: number) => log.filter(({ baseOffset, endOffset }) => endOffset > from && baseOffset < to),
      },
    } as unknown as HostedReplica;
    check.afterTurn({ id: 1, incarnation: 1 } as unknown as NodeView, ghost, { changed: [hosted], effects: [] });
  }
  return reports;
}

const first = { epoch: 0, sequence: 0 };
const next = { epoch: 0, sequence: RECORDS };

it("is content with sequences that follow each other, also from one look to the next, and with the last one there is", () => {
  expect(reportsOf([first, next], { looks: [1, 2] })).toEqual([]);
  expect(
    reportsOf([
      { epoch: 0, sequence: 2 ** 31 - 1 },
      { epoch: 0, sequence: 1 },
    ]),
  ).toEqual([]);
});

it("is not content with a batch that is there twice, or a gap (I-T4)", () => {
  expect(reportsOf([first, first])).toEqual(["I-T4"]);
  expect(reportsOf([first, first], { looks: [1, 2] })).toEqual(["I-T4"]);
  expect(reportsOf([first, { epoch: 0, sequence: 3 }])).toEqual(["I-T4"]);
});

it("wants a new epoch to begin at 0, to be higher, and to have its reason", () => {
  expect(reportsOf([first, { epoch: 1, sequence: 0 }], { hasLost: true })).toEqual([]);
  expect(reportsOf([first, { epoch: 1, sequence: 0 }])).toEqual(["I-T4"]);
  expect(reportsOf([first, { epoch: 1, sequence: 0 }], { hasLost: true, producerId: 8 })).toEqual(["I-T4"]);
  expect(reportsOf([first, { epoch: 1, sequence: 2 }], { hasLost: true })).toEqual(["I-T4"]);
  expect(reportsOf([{ epoch: 1, sequence: 0 }, next], { hasLost: true })).toEqual(["I-T4"]);
});

describe("where less is known than a producer wrote", () => {
  it("takes what a log begins with as it is, and wants what follows to follow", () => {
    expect(reportsOf([first, { epoch: 0, sequence: 40 }], { start: RECORDS })).toEqual([]);
    expect(reportsOf([first, { epoch: 0, sequence: 40 }, { epoch: 0, sequence: 40 }], { start: RECORDS })).toEqual(["I-T4"]);
  });

  it("takes any sequence behind a batch in no epoch, and no other one behind that", () => {
    const inNone = { epoch: -1, sequence: 0 };
    expect(reportsOf([inNone, { epoch: 0, sequence: 40 }], { hasLost: true })).toEqual([]);
    expect(reportsOf([inNone, { epoch: 0, sequence: 40 }, { epoch: 0, sequence: 42 }], { hasLost: true })).toEqual([]);
    expect(reportsOf([inNone, { epoch: 0, sequence: 40 }, { epoch: 0, sequence: 40 }], { hasLost: true })).toEqual(["I-T4"]);
  });

  it("takes no batch in no epoch behind one that is in one", () => {
    expect(reportsOf([first, { epoch: -1, sequence: 0 }])).toEqual(["I-T4"]);
  });
});

describe("in a compacted topic", () => {
  const emptied = { epoch: 0, sequence: -1, producerId: -1, sizeInBytes: 61 };
  const compacted = (): Ghost => Object.assign(new Ghost(combined(3)), { isCompacted: () => true });

  it("takes a sequence that is still to come behind what was emptied, of a later epoch any, and none twice", () => {
    const later = { epoch: 0, sequence: 9 * RECORDS };
    expect(reportsOf([first, emptied, later], { ghost: compacted() })).toEqual([]);
    expect(reportsOf([first, emptied, later])).toEqual(["I-T4"]);
    expect(reportsOf([first, next, emptied, next], { ghost: compacted() })).toEqual(["I-T4"]);
    expect(reportsOf([next, emptied, first], { ghost: compacted() })).toEqual(["I-T4"]);
    expect(reportsOf([first, emptied, next, { epoch: 0, sequence: 9 * RECORDS }], { ghost: compacted() })).toEqual(["I-T4"]);
    expect(reportsOf([first, emptied, { epoch: 1, sequence: 40 }], { ghost: compacted(), hasLost: true })).toEqual([]);
    expect(reportsOf([first, { epoch: 1, sequence: 40 }], { ghost: compacted(), hasLost: true })).toEqual(["I-T4"]);
  });

  it("knows that a process need not remember what is gone", () => {
    const ghost = compacted();
    reportsOf([emptied, { epoch: 0, sequence: 3 * RECORDS }], { ghost });
    const isForgotten = (at: number): boolean => ghost.forgottenBatches.has("topic:0", { producerId: 7, producerEpoch: 0, baseSequence: at * RECORDS });
    expect([0, 2, 3, 4].map(isForgotten)).toEqual([true, true, false, false]);
  });
});

it("tells what a process found that leads and need not remember, and nothing of what came later", () => {
  const ghost = new Ghost(combined(3));
  const batches = [0, 1, 2, 3].map((at) => ({ epoch: 0, sequence: at * RECORDS }));
  const isForgotten = (at: number): boolean => ghost.forgottenBatches.has("topic:0", { producerId: 7, producerEpoch: 0, baseSequence: at * RECORDS });
  reportsOf(batches, { role: "follower", ghost });
  expect([0, 1, 2, 3].map(isForgotten)).toEqual([false, false, false, false]);
  reportsOf(batches, { looks: [2, 4], ghost });
  expect([0, 1, 2, 3].map(isForgotten)).toEqual([true, false, false, false]);
  // The check is another one, as for another process.
  reportsOf(batches, { ghost });
  expect([0, 1, 2, 3].map(isForgotten)).toEqual([true, true, true, false]);
});

describe("where a leader was elected that has deleted what it had of a producer, without what came then", () => {
  const told = ({ startMax = RECORDS, lost = 1, leaderEpoch = 1, epoch = 1, before = first }): string[] => {
    const ghost = new Ghost(combined(3));
    const committed = ghost.partition(PLACE);
    committed.append({ baseOffset: 0, endOffset: RECORDS, leaderEpoch: 0, crc: 0 }, 0);
    committed.append({ baseOffset: RECORDS, endOffset: 2 * RECORDS, leaderEpoch: 0, crc: 1 }, 0);
    committed.startsAt(startMax, 0);
    committed.forget((2 - lost) * RECORDS, 1, "everybody lost power");
    return reportsOf([before, { epoch, sequence: 9 * RECORDS, leaderEpoch }], { hasLost: true, ghost });
  };

  it("is content with any sequence, of a follower that has not deleted it", () => {
    expect(told({})).toEqual([]);
    expect(told({ epoch: 0 })).toEqual([]);
  });

  it("is not content with an earlier epoch (I-T4)", () => {
    expect(told({ epoch: 0, before: { ...first, epoch: 1 } })).toEqual(["I-T4"]);
  });

  it("is not content with any where it was not deleted, nothing was lost, or its leader goes on (I-T4)", () => {
    expect(told({ startMax: RECORDS - 1 })).toEqual(["I-T4"]);
    expect(told({ lost: 0 })).toEqual(["I-T4"]);
    expect(told({ leaderEpoch: 0 })).toEqual(["I-T4"]);
  });
});
