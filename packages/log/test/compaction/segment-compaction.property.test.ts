import { batches, compressionPorts, deleteHorizonOf, encodeBatch, isEmptyRange, nextOffsetOf, partitionLeaderEpochOf } from "@samsa/protocol/records";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchHeaderAt } from "../../src/batch-header.ts";
import type { CompactionRules } from "../../src/compaction/batch-compaction.ts";
import { readKeyed } from "../../src/compaction/batch-compaction.ts";
import { KeyOffsets } from "../../src/compaction/key-offsets.ts";
import { SegmentCompaction } from "../../src/compaction/segment-compaction.ts";
import { wholeLogOf, whyNoCompaction } from "../support/keyed-work.ts";
import { keyed, recordsIn } from "../support/keyed.ts";
import { joined } from "../support/random-work.ts";
import { setBaseOffset, setPartitionLeaderEpoch } from "@samsa/protocol/records";

const SEED = 20261122;
const NOW_MS = 1_000_000;
const RETENTION_MS = 500;

/** As they stand in a log. */
function logOf(produced: readonly { readonly batch: Uint8Array; readonly epoch: number }[]): Uint8Array {
  let baseOffset = 0;
  return joined(
    produced.map(({ batch, epoch }) => {
      const stored = batch.slice();
      setBaseOffset(stored, 0, baseOffset);
      setPartitionLeaderEpoch(stored, 0, epoch);
      baseOffset = nextOffsetOf(stored);
      return stored;
    }),
  );
}

function keysOf(log: Uint8Array): KeyOffsets {
  const keys = new KeyOffsets(1_000_000);
  for (const position of batches(log)) {
    const walk = readKeyed(log, position, compressionPorts())?.walk();
    while (walk?.next() === true) if (walk.keyStart >= 0) keys.put(walk);
  }
  return keys;
}

function compacted(log: Uint8Array, rules: Partial<CompactionRules> = {}): Uint8Array {
  const compaction = new SegmentCompaction({
    baseOffset: 0,
    intervalBytes: 100,
    rules: {
      keys: keysOf(log),
      endOffset: Number.MAX_SAFE_INTEGER,
      nowMs: NOW_MS,
      deleteRetentionMs: RETENTION_MS,
      isLastOfProducer: () => false,
      compression: compressionPorts(),
      ...rules,
    },
  });
  for (const position of batches(log)) compaction.push(batchHeaderAt(log, position), log, position);
  compaction.finish();
  return joined(compaction.take());
}

const spansOf = (log: Uint8Array): string[] =>
  [...batches(log)].map((at) => `${batchHeaderAt(log, at).baseOffset}-${nextOffsetOf(log, at)}${isEmptyRange(log, at) ? " empty" : ""}`);
const log = (...texts: string[]): Uint8Array => logOf(texts.map((text) => ({ batch: keyed(text), epoch: 0 })));

const someRecords = fc.array(fc.tuple(fc.integer({ min: 0, max: 5 }), fc.option(fc.nat(99))), { minLength: 1, maxLength: 4 });
const someLog = fc.array(fc.tuple(someRecords, fc.boolean(), fc.integer({ min: -1, max: 1 })), { minLength: 1, maxLength: 25 }).map((shapes) => {
  let epoch = 0;
  return logOf(
    shapes.map(([records, isElected, producerId], at) => {
      if (isElected) epoch++;
      const text = records.map(([key, value]) => (value === null ? `k${key}` : `k${key}=${value}`)).join(" ");
      return { batch: keyed(text, { timestamp: 1_000 + at, producerId, baseSequence: at * 10 }), epoch };
    }),
  );
});

describe("a stretch of a log that is compacted", () => {
  test("has the newest record of each key as it was, covers the same offsets, and each epoch starts where it did", () => {
    const check = (bytes: Uint8Array): void => {
      const result = compacted(bytes);
      const whole = wholeLogOf(bytes, 0);
      const found = wholeLogOf(result, 0);
      expect(whyNoCompaction(found, whole, whole.endOffset)).toBeUndefined();
      expect(found.endOffset).toBe(whole.endOffset);
      expect(new Set(found.records.map(({ key }) => key)).size).toBe(found.records.length);
      let end = 0;
      for (const at of batches(result)) {
        expect(batchHeaderAt(result, at).baseOffset).toBe(end);
        end = nextOffsetOf(result, at);
      }
      expect(startsOf(result)).toEqual(startsOf(bytes));
    };
    fc.assert(fc.property(someLog, check), { seed: SEED, numRuns: 300 });
  });

  test("is the same when it is compacted once more, until its tombstones may go", () => {
    const check = (bytes: Uint8Array): void => {
      const once = compacted(bytes);
      const before = { nowMs: NOW_MS + RETENTION_MS - 1 };
      expect(compacted(once, before)).toEqual(once);
      const later = wholeLogOf(compacted(once, { nowMs: NOW_MS + RETENTION_MS }), 0);
      expect(later.records).toEqual(wholeLogOf(once, 0).records.filter(({ value }) => value !== null));
    };
    fc.assert(fc.property(someLog, check), { seed: SEED, numRuns: 300 });
  });

  test("has nothing taken from it behind what was looked at for keys", () => {
    const check = (bytes: Uint8Array, share: number): void => {
      const whole = wholeLogOf(bytes, 0);
      const ends = [...batches(bytes)].map((at) => nextOffsetOf(bytes, at));
      const endOffset = ends[share % ends.length] as number;
      const head = bytes.subarray(0, [...batches(bytes)].find((at) => batchHeaderAt(bytes, at).baseOffset === endOffset) ?? bytes.length);
      const result = compacted(bytes, { keys: keysOf(head), endOffset });
      const found = wholeLogOf(result, 0);
      expect(tailOf(result, endOffset)).toEqual(tailOf(bytes, endOffset));
      expect(whyNoCompaction(found, whole, endOffset)).toBeUndefined();
    };
    fc.assert(fc.property(someLog, fc.nat(100), check), { seed: SEED, numRuns: 300 });
  });

  test("keeps a header for the last sequence of a producer, and none for others", () => {
    const bytes = logOf([
      { batch: keyed("a=1", { producerId: 7, baseSequence: 0 }), epoch: 0 },
      { batch: keyed("a=2 b=2", { producerId: 7, baseSequence: 1 }), epoch: 0 },
      { batch: keyed("a=3 b=3"), epoch: 0 },
    ]);
    const result = compacted(bytes, { isLastOfProducer: ({ endOffset }) => endOffset === 3 });
    expect(spansOf(result)).toEqual(["0-1 empty", "1-3", "3-5"]);
    const [, at = 0] = batches(result);
    expect(batchHeaderAt(result, at)).toMatchObject({ producerId: 7, baseSequence: 1, sizeInBytes: 61 });
    expect(compacted(result, { isLastOfProducer: ({ endOffset }) => endOffset === 3 })).toEqual(result);
    expect(spansOf(compacted(result))).toEqual(["0-3 empty", "3-5"]);
  });

  test("has one empty batch for all batches in a row of which nothing is left, but not across epochs", () => {
    expect(spansOf(compacted(log("a=1", "a=2 a=3", "b=1", "a=4 b=2")))).toEqual(["0-4 empty", "4-6"]);
    const twoEpochs = logOf(["a=1", "a=2", "a=3", "a=4"].map((text, at) => ({ batch: keyed(text), epoch: at < 2 ? 4 : 9 })));
    expect(spansOf(compacted(twoEpochs))).toEqual(["0-2 empty", "2-3 empty", "3-4"]);
    expect(startsOf(compacted(twoEpochs))).toEqual(["4@0", "9@2"]);
  });

  test("loses records without a key, which a topic may have from before it was compacted", () => {
    const records = [null, Uint8Array.of(97)].map((key) => ({ key, value: Uint8Array.of(49), timestamp: 1 }));
    expect(recordsIn(compacted(logOf([{ batch: encodeBatch({ records }), epoch: 0 }])))).toEqual(["1:a=1"]);
  });

  test("gives a batch whose tombstones stay a time from when on they may go, and no other batch one", () => {
    const once = compacted(log("a=1 b=1", "a c=1", "d=1"));
    expect([...batches(once)].map((at) => deleteHorizonOf(once, at))).toEqual([undefined, NOW_MS + RETENTION_MS, undefined]);
    const twice = compacted(once, { nowMs: NOW_MS + 100 });
    expect([...batches(twice)].map((at) => deleteHorizonOf(twice, at))).toEqual([undefined, NOW_MS + RETENTION_MS, undefined]);
  });
});

/** The batches that begin at or behind it. */
const tailOf = (bytes: Uint8Array, offset: number): Uint8Array =>
  bytes.subarray([...batches(bytes)].find((at) => batchHeaderAt(bytes, at).baseOffset >= offset) ?? bytes.length);

/** `epoch@offset` of the first batch of each. */
function startsOf(bytes: Uint8Array): string[] {
  const starts = new Map<number, number>();
  for (const at of batches(bytes)) {
    const epoch = partitionLeaderEpochOf(bytes, at);
    if (!starts.has(epoch)) starts.set(epoch, batchHeaderAt(bytes, at).baseOffset);
  }
  return [...starts].map(([epoch, offset]) => `${epoch}@${offset}`);
}

describe("the newest offsets of keys", () => {
  const at = (key: Uint8Array, offset: number) => ({ content: Uint8Array.of(7, ...key, 7), keyStart: 1, keyEnd: 1 + key.length, offset });

  test("tell keys apart that differ in one byte, whatever the bytes are and however long", () => {
    const check = (keys: readonly Uint8Array[]): void => {
      const known = new KeyOffsets(1_000_000);
      const newest = new Map<string, number>();
      keys.forEach((key, offset) => {
        known.put(at(key, offset));
        newest.set(key.join(), offset);
      });
      keys.forEach((key, offset) => expect(known.isNewest(at(key, offset))).toBe(newest.get(key.join()) === offset));
      expect(known.isNewest(at(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), 0))).toBe(true);
    };
    const key = fc.oneof(fc.uint8Array({ maxLength: 2 }), fc.constantFrom(new Uint8Array(5_000), new Uint8Array(5_001), new Uint8Array(5_000).fill(1, 4_999)));
    fc.assert(fc.property(fc.array(key, { maxLength: 40 }), check), { seed: SEED, numRuns: 100 });
  });

  test("are full when they take as much memory as they may, and a key that is known takes none", () => {
    const keys = new KeyOffsets(300);
    for (const [offset, key] of [
      [0, 1],
      [1, 1],
      [2, 1],
      [3, 2],
    ] as const)
      keys.put(at(Uint8Array.of(key), offset));
    expect([keys.isFull, keys.sizeInBytes]).toEqual([false, 194]);
    keys.put(at(new Uint8Array(100), 4));
    expect(keys.isFull).toBe(true);
  });
});
