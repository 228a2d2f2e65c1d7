import type { HostedReplica } from "@samsa/broker";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import type { BatchMark } from "../../src/invariants/ghost-partition.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { MatchingBatches } from "../../src/invariants/matching-batches.ts";

interface Look {
  readonly node: number;
  readonly log: readonly BatchMark[];
  readonly epochs?: readonly { readonly epoch: number; readonly startOffset: number }[];
  readonly end?: number;
  /** Where its files begin; else at 0. */
  readonly firstSegment?: number;
  /** What lies before is deleted; else what lies before its files. */
  readonly start?: number;
  /** Before it some replica was compacted; undefined: the topic is none that is. */
  readonly compactedEnd?: number;
  /** The last epoch of the log that was compacted; else 2. */
  readonly compactedIn?: number;
  /** It leads this epoch. */
  readonly leads?: number;
}

const first: BatchMark = { baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 1 };
const second: BatchMark = { baseOffset: 5, endOffset: 8, leaderEpoch: 2, crc: 2 };
const EPOCHS = [
  { epoch: 0, startOffset: 0 },
  { epoch: 2, startOffset: 5 },
];

/** What is reported when replicas are looked at one after the other. */
function reportsOf(...looks: readonly Look[]): string[] {
  const reports: string[] = [];
  const check = new MatchingBatches((invariant) => reports.push(invariant));
  for (const { node, log, epochs, end, firstSegment = 0, start = firstSegment, leads, compactedEnd, compactedIn = 2 } of looks) {
    const hosted = {
      key: "topic:0",
      topic: "orders",
      partition: 0,
      replica: leads === undefined ? { role: "follower" } : { role: "leader", leaderEpoch: leads },
      log: {
        isReady: true,
        logStartOffset: start,
        firstSegmentOffset: firstSegment,
        appendedEnd: end ?? log.at(-1)?.endOffset ?? start,
        epochEntries: epochs ?? EPOCHS,
        segmentSpans: () => [{ path: "", baseOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, knownOffset: 0, knownPosition: 0 }],
        batchesIn: (from: number, to: number) => log.filter(({ baseOffset, endOffset }) => endOffset > from && baseOffset < to),
      },
    } as unknown as HostedReplica;
    const ghost = Object.assign(new Ghost(combined(3)), { isCompacted: () => compactedEnd !== undefined });
    ghost.partition(hosted).compactedUpTo(compactedEnd ?? 0, compactedIn);
    check.afterTurn({ id: node, incarnation: 1 } as unknown as NodeView, ghost, { changed: [hosted], effects: [] });
  }
  return reports;
}

it("is content with logs that are prefixes of one another, and with one that was cut and grew again", () => {
  const other = { ...second, leaderEpoch: 3, crc: 3 };
  const epochs = [
    { epoch: 0, startOffset: 0 },
    { epoch: 3, startOffset: 5 },
  ];
  expect(reportsOf({ node: 1, log: [first, second] }, { node: 2, log: [first] }, { node: 2, log: [first, second] })).toEqual([]);
  expect(reportsOf({ node: 1, log: [first, second] }, { node: 1, log: [first, other], epochs })).toEqual([]);
});

it.each([
  ["content", { ...second, crc: 9 }],
  ["length", { ...second, endOffset: 9 }],
])("is not content with other %s at the same offset and epoch (I-P4)", (_, other) => {
  expect(reportsOf({ node: 1, log: [first, second] }, { node: 2, log: [first, other] })).toEqual(["I-P4"]);
});

it("is not content with a hole (I-P13)", () => {
  expect(reportsOf({ node: 1, log: [first, { ...second, baseOffset: 6 }] })).toEqual(["I-P13"]);
  expect(reportsOf({ node: 1, log: [first], end: 6 })).toEqual(["I-P13"]);
});

describe("in a compacted topic", () => {
  const empty = { sizeInBytes: 61, producerId: -1, crc: 77 };
  const EPOCH = [{ epoch: 0, startOffset: 0 }];
  const next: BatchMark = { baseOffset: 5, endOffset: 8, leaderEpoch: 0, crc: 2 };

  it("is content with a batch of other content, and an empty one in the place of some, wherever the log is looked at first", () => {
    const whole: Look = { node: 1, log: [first, next], epochs: EPOCH };
    expect(reportsOf({ ...whole, compactedEnd: 9 }, { ...whole, node: 2, log: [first, { ...next, crc: 9 }], compactedEnd: 9 })).toEqual([]);
    expect(reportsOf({ ...whole, compactedEnd: 9 }, { ...whole, log: [{ ...first, ...empty, endOffset: 8 }], compactedEnd: 9 })).toEqual([]);
    expect(reportsOf(whole, { ...whole, log: [{ ...first, ...empty, endOffset: 8 }] })).toEqual(["I-P4"]);
  });

  it("is not content with either where nothing was compacted yet (I-P4)", () => {
    for (const compactedEnd of [0, 5, 7]) {
      const whole: Look = { node: 1, log: [first, next], epochs: EPOCH, compactedEnd };
      expect(reportsOf(whole, { ...whole, node: 2, log: [first, { ...next, crc: 9 }] })).toEqual(["I-P4"]);
      expect(reportsOf(whole, { ...whole, node: 2, log: [{ ...first, ...empty, endOffset: 8 }] })).toEqual(["I-P4"]);
    }
  });

  it("is not content with either where what was compacted had nothing of that epoch yet: an unclean election has cut it since (I-P4)", () => {
    const epochs = EPOCHS;
    for (const [compactedIn, told] of [
      [1, ["I-P4"]],
      [2, []],
    ] as const) {
      const whole: Look = { node: 1, log: [first, second], epochs, compactedEnd: 9, compactedIn };
      expect(reportsOf(whole, { ...whole, node: 2, log: [first, { ...second, crc: 9 }] })).toEqual(told);
      expect(reportsOf(whole, { ...whole, node: 2, log: [{ ...first, crc: 9 }, second] })).toEqual([]);
    }
  });

  it("is not content with a hole, or another end", () => {
    const whole: Look = { node: 1, log: [first, next], epochs: EPOCH, compactedEnd: 9 };
    expect(reportsOf(whole, { ...whole, node: 2, log: [{ ...first, ...empty, endOffset: 4 }, next] })).toEqual(["I-P13"]);
    expect(reportsOf(whole, { ...whole, node: 2, log: [first, { ...next, crc: 9, endOffset: 9 }] })).toEqual(["I-P4"]);
  });
});

describe("where records are deleted", () => {
  const third: BatchMark = { baseOffset: 8, endOffset: 9, leaderEpoch: 2, crc: 3 };
  const fromSecond = [{ epoch: 2, startOffset: 5 }];

  it("is content with a log whose oldest segments went, and with one that begins anew further on and grows in one turn", () => {
    expect(reportsOf({ node: 1, log: [first, second] }, { node: 1, log: [second, third], epochs: fromSecond, firstSegment: 5 })).toEqual([]);
    expect(reportsOf({ node: 1, log: [] }, { node: 1, log: [second], epochs: fromSecond, firstSegment: 5 })).toEqual([]);
    expect(reportsOf({ node: 1, log: [] }, { node: 1, log: [], firstSegment: 8 })).toEqual([]);
  });

  it("is content with a start within a batch, of which the epochs say nothing before it", () => {
    expect(reportsOf({ node: 1, log: [second], epochs: [{ epoch: 2, startOffset: 6 }], firstSegment: 5, start: 6 })).toEqual([]);
    expect(reportsOf({ node: 1, log: [first, second], epochs: [{ epoch: 2, startOffset: 6 }], start: 6 })).toEqual([]);
  });

  it("is not content with a hole behind the first segment's begin, though it lies before the log's start (I-P13)", () => {
    expect(reportsOf({ node: 1, log: [third], epochs: fromSecond, firstSegment: 5, start: 6 })).toEqual(["I-P13"]);
    expect(reportsOf({ node: 1, log: [] }, { node: 1, log: [third], epochs: fromSecond, firstSegment: 5 })).toEqual(["I-P13"]);
    expect(reportsOf({ node: 1, log: [], end: 9, firstSegment: 8 })).toEqual(["I-P13"]);
  });

  it("is not content with epochs that the first batch readers are given contradicts (I-P12)", () => {
    expect(reportsOf({ node: 1, log: [second], epochs: [{ epoch: 1, startOffset: 6 }], firstSegment: 5, start: 6 })).toEqual(["I-P12"]);
  });
});

it("is not content with epochs that fall, or that the batches contradict (I-P12)", () => {
  expect(reportsOf({ node: 1, log: [first], epochs: [...EPOCHS, { epoch: 1, startOffset: 9 }] })).toEqual(["I-P12"]);
  expect(reportsOf({ node: 1, log: [first, second], epochs: [{ epoch: 0, startOffset: 0 }] })).toEqual(["I-P12"]);
});

it("is not content with a leader whose log does not end in its own epoch, though it has written nothing in it (I-P12)", () => {
  expect(reportsOf({ node: 1, log: [first, second], leads: 2 })).toEqual([]);
  expect(reportsOf({ node: 1, log: [first, second], leads: 3 })).toEqual(["I-P12"]);
});
