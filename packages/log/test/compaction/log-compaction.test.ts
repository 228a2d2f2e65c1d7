import {
  ATTRIBUTES_AT,
  batches,
  checkBatch,
  compressionOf,
  COMPRESSIONS,
  computeCrc,
  CRC_AT,
  encodeEmptyBatch,
  isEmptyRange,
  nextOffsetOf,
  recompress,
  writeInt16,
  writeInt32,
} from "@samsa/protocol/records";
import { leaderEpoch, micros, type Now, offset, Prng, wallMs } from "@samsa/stdx";
import { isSlice } from "@samsa/world";
import { describe, expect, test } from "vitest";
import { batchHeaderAt } from "../../src/batch-header.ts";
import type { Cleaned, CleaningRequest } from "../../src/index.ts";
import { stored } from "../support/batches.ts";
import { keyed, recordsIn } from "../support/keyed.ts";
import { CONFIG as DEFAULTS, DIRECTORY, type HarnessOptions, LogHarness, NOW } from "../support/log-harness.ts";
import { marker, transactional } from "../support/transactions.ts";

/** Each batch of a record or two is a segment. */
const CONFIG = { segmentBytes: 100, isCompacted: true };
const BIG = "y".repeat(800);

function logWith(batchesOfLog: readonly string[], { config, ...options }: HarnessOptions = {}): LogHarness {
  const harness = new LogHarness({ config: { ...CONFIG, ...config }, ...options }).recovered();
  for (const text of batchesOfLog) harness.leaderAppends(keyed(text));
  harness.settle();
  return harness;
}

interface Round {
  readonly cleaned: (Cleaned | undefined)[];
}

/** Begins a round; what comes of it is in the result. */
function begin(harness: LogHarness, highWatermark: number = harness.log.writtenEnd, request: Partial<CleaningRequest> = {}, now: Now = NOW): Round {
  const round: Round = { cleaned: [] };
  harness.now = now;
  harness.turn(() => {
    const { compaction } = harness.log;
    const cleanable = compaction.cleanable(highWatermark, now);
    if (cleanable === undefined) return;
    const ended = (cleaned: Cleaned | undefined): void => void round.cleaned.push(cleaned);
    compaction.start(cleanable, { keyBytesMax: 1_000_000, pace: (_, goOn, at) => goOn(at), ended, ...request }, now);
  });
  return round;
}

function clean(...args: Parameters<typeof begin>): Round {
  const round = begin(...args);
  args[0].settle();
  return round;
}

const at = (wall: number): Now => ({ monotonicUs: micros(NOW.monotonicUs + wall * 1000), wallMs: wallMs(NOW.wallMs + wall) });
const spansOf = (bytes: Uint8Array): string[] =>
  [...batches(bytes)].map(
    (position) => `${batchHeaderAt(bytes, position).baseOffset}-${nextOffsetOf(bytes, position)}${isEmptyRange(bytes, position) ? " empty" : ""}`,
  );
const basesOf = ({ log }: LogHarness): number[] => log.segmentPaths.map((path) => Number(/(\d+)\.log$/.exec(path)?.[1]));
const leftIn = ({ disk }: LogHarness): readonly string[] => disk.names(DIRECTORY).filter((name) => name.endsWith(".cleaned") || name.endsWith(".swap"));
const uncleanableIn = ({ trace }: LogHarness) => trace.filter(({ kind }) => kind === "log-uncleanable");
const stepUntil = (harness: LogHarness, what: RegExp): void => {
  while (!what.test(harness.disk.happened.at(-1) ?? "") && harness.disk.waiting.length > 0) harness.stepDisk();
};

describe("a compacted log", () => {
  test("keeps the newest record of each key, and merges segments that have become small", () => {
    const small = logWith(["a=1", "b=1", "a=2", "c=1", "a=3", "z=1"]);
    expect(basesOf(small)).toEqual([0, 1, 2, 3, 4, 5]);
    small.turn(() => small.log.reconfigure({ ...DEFAULTS, ...CONFIG, segmentBytes: 300 }));
    expect(clean(small).cleaned).toEqual([{ endOffset: 5, bytesBefore: expect.any(Number), bytesAfter: expect.any(Number) }]);
    expect(recordsIn(small.readAll())).toEqual(["1:b=1", "3:c=1", "4:a=3", "5:z=1"]);
    expect(basesOf(small)).toEqual([0, 4, 5]);
    const names = small.disk.names(DIRECTORY).filter((name) => name.endsWith("index") || name.endsWith("snapshot"));
    expect(names.map((name) => name.slice(19))).toEqual(["0.index", "0.timeindex", "4.index", "4.snapshot", "4.timeindex", "5.snapshot"]);
    expect([leftIn(small), small.log.compaction.cleanedEnd, small.log.logStartOffset]).toEqual([[], 5, 0]);
    const again = new LogHarness({ disk: small.disk.copy() }).recovered();
    expect(again.readAll()).toEqual(small.readAll());
  });

  test("is not touched at or behind the high watermark, nor where it is appended to", () => {
    const harness = logWith(["a=1", "a=2", "a=3", "a=4"]);
    expect(clean(harness, 2).cleaned).toMatchObject([{ endOffset: 2 }]);
    expect(recordsIn(harness.readAll())).toEqual(["1:a=2", "2:a=3", "3:a=4"]);
    expect(clean(harness, 2).cleaned).toEqual([]);
    expect(clean(harness, 4).cleaned).toMatchObject([{ endOffset: 3 }]);
    expect(recordsIn(harness.readAll())).toEqual(["2:a=3", "3:a=4"]);
  });

  test("is compacted when more than the ratio of it is not, when a record has waited too long, and not what is too young", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "c=1", "d=1"], { config: { minCleanableDirtyRatio: 0.6 } });
    const cleanable = (now = NOW) => harness.log.compaction.cleanable(harness.log.writtenEnd, now);
    expect(cleanable()).toEqual({ startOffset: 0, endOffset: 4, dirtyRatio: 1, isDue: true });
    clean(harness, 3);
    expect(cleanable()).toMatchObject({ startOffset: 3, endOffset: 4, isDue: false });
    expect(cleanable()?.dirtyRatio).toBeLessThan(0.6);
    const reconfigure = (config: HarnessOptions["config"]): void =>
      harness.turn(() => harness.log.reconfigure({ ...DEFAULTS, ...CONFIG, minCleanableDirtyRatio: 0.6, ...config }));
    // The records' time is 1 000.
    reconfigure({ minCleanableDirtyRatio: cleanable()?.dirtyRatio ?? 0 });
    expect(cleanable()?.isDue, "as much is not more").toBe(false);
    reconfigure({ maxCompactionLagMs: NOW.wallMs - 1_000 });
    expect(cleanable()?.isDue).toBe(false);
    expect(cleanable(at(1))?.isDue).toBe(true);
    reconfigure({ maxCompactionLagMs: undefined, minCompactionLagMs: NOW.wallMs });
    expect(cleanable()).toBeUndefined();
    expect(cleanable(at(1_000))).toMatchObject({ startOffset: 3, endOffset: 4 });
    reconfigure({ isCompacted: false });
    expect(cleanable(at(1_000))).toBeUndefined();
  });

  test("is due for a record that has waited too long behind what is compacted of its segment", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "b=2", "c=1", "d=1"], { config: { segmentBytes: 1_000 } });
    for (const text of [`x=${BIG}`, "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(basesOf(harness)[0]).toBe(0);
    expect(clean(harness, 8, { keyBytesMax: 150 }).cleaned).toMatchObject([{ endOffset: 3 }]);
    expect(spansOf(harness.readAll())[0]).toBe("0-1 empty");
    const config = { ...DEFAULTS, ...CONFIG, segmentBytes: 1_000, minCleanableDirtyRatio: 1, maxCompactionLagMs: NOW.wallMs - 1_001 };
    harness.turn(() => harness.log.reconfigure(config));
    const isDue = (log: LogHarness["log"]) => log.compaction.cleanable(log.writtenEnd, NOW)?.isDue;
    expect(isDue(harness.log)).toBe(true);
    // Of one that says nothing of how far it is compacted, the first batch has no time at all.
    const again = new LogHarness({ disk: harness.disk.copy(), config }).recovered();
    again.turn(() => isDue(again.log));
    again.settle();
    expect(isDue(again.log)).toBe(true);
  });

  test("takes a tombstone's time from the round that has taken what it deletes", () => {
    const config = { deleteRetentionMs: 10_000 };
    const harness = logWith(["a=1", "a", "b=1", "c=1"], { config });
    clean(harness);
    expect(recordsIn(harness.readAll())).toEqual(["1:a", "2:b=1", "3:c=1"]);
    for (const [text, now] of [
      ["d=1", at(9_999)],
      ["e=1", at(10_000)],
    ] as const) {
      harness.leaderAppends(keyed(text));
      harness.settle();
      clean(harness, harness.log.writtenEnd, {}, now);
    }
    expect(recordsIn(harness.readAll())).toEqual(["2:b=1", "3:c=1", "4:d=1", "5:e=1"]);
    const kept = logWith(["a=1", "a", "b=1", "c=1"], { config });
    clean(kept);
    kept.leaderAppends(keyed("d=1"));
    kept.settle();
    clean(kept, kept.log.writtenEnd, {}, at(9_999));
    expect(recordsIn(kept.readAll())).toEqual(["1:a", "2:b=1", "3:c=1", "4:d=1"]);
  });

  test("is compacted as far as there is memory for its keys, and further with the next round", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "b=2", "a=3", "z=1"]);
    expect(clean(harness, 6, { keyBytesMax: 1 }).cleaned).toMatchObject([{ endOffset: 1 }]);
    expect(clean(harness, 6, { keyBytesMax: 150 }).cleaned).toMatchObject([{ endOffset: 3 }]);
    expect(recordsIn(harness.readAll())).toEqual(["1:a=2", "2:b=1", "3:b=2", "4:a=3", "5:z=1"]);
    expect(clean(harness, 6, { keyBytesMax: 150 }).cleaned).toMatchObject([{ endOffset: 5 }]);
    expect(recordsIn(harness.readAll())).toEqual(["3:b=2", "4:a=3", "5:z=1"]);
  });

  test("is left alone from the segment on that holds a batch of a transaction", () => {
    const harness = logWith(["a=1", "a=2"]);
    harness.turn(() => harness.log.appendAsFollower(transactional({ producerId: 5, baseOffset: 2 }), NOW));
    harness.turn(() => harness.log.appendAsFollower(marker({ producerId: 5, baseOffset: 3 }, "commit"), NOW));
    for (const text of ["a=3", "a=4"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 2 }]);
    const before = harness.readAll();
    expect(spansOf(before)[0]).toBe("0-1 empty");
    expect(clean(harness).cleaned).toEqual([]);
    expect(harness.readAll()).toEqual(before);
  });

  test("gives nothing of segments that are being replaced, and tells when it does again", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"], { tailCacheBytes: 0 });
    const [slice] = harness.turn(() => harness.log.read(offset(0), offset(1), 1e6)).parts;
    expect(slice !== undefined && isSlice(slice) && slice.generation).toBe(0);
    begin(harness);
    stepUntil(harness, /rename .*cleaned/);
    expect(harness.readWhenKnown(offset(0), 1).isPending).toBe(false);
    stepUntil(harness, /delete .*000\.timeindex$/);
    harness.told.length = 0;
    const read = (from: number) => harness.turn(() => harness.log.read(offset(from), harness.log.appendedEnd, 1e6));
    expect(read(0)).toMatchObject({ parts: [], isPending: true });
    expect(read(1).parts).not.toEqual([]);
    expect(harness.turn(() => harness.log.truncateTo(offset(0), "an unclean election"))).toBe(false);
    stepUntil(harness, /rename .*swap/);
    expect(harness.told).toContain("readable");
    harness.settle();
    const [newer] = harness.readWhenKnown(offset(0), 1).parts;
    expect(newer !== undefined && isSlice(newer) && newer.generation, "what was given of the old file is refused").toBe(1);
    harness.truncate(offset(0));
    expect(harness.log.appendedEnd).toBe(0);
  });

  test("answers look-ups by time that come while segments are being replaced, once they are", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    begin(harness);
    stepUntil(harness, /delete .*000\.timeindex$/);
    const found: unknown[] = [];
    harness.turn(() => harness.log.findByTimestamp(1, harness.log.appendedEnd, (result) => found.push(result?.offset)));
    expect(found).toEqual([]);
    harness.settle();
    expect([found, harness.log.isOffline]).toEqual([[1], false]);
  });

  test("is not compacted where a cut of its files is still to come", () => {
    const harness = new LogHarness({ config: { ...CONFIG, segmentBytes: 300 } }).recovered();
    for (const text of ["a=1", "a=2", "a=3", `x=${"y".repeat(200)}`]) harness.leaderAppends(keyed(text));
    harness.settle();
    const endOf = () => harness.log.compaction.cleanable(harness.log.appendedEnd, NOW)?.endOffset;
    expect([basesOf(harness), endOf()]).toEqual([[0, 3], 3]);
    harness.turn(() => harness.log.truncateTo(offset(2), "an unclean election"));
    harness.turn(() => harness.log.appendAsLeader(keyed(`x=${"y".repeat(200)}`), leaderEpoch(1), NOW));
    expect([basesOf(harness), endOf()]).toEqual([[0, 2], undefined]);
    harness.settle();
    expect(endOf()).toBe(2);
  });

  test("is truncated within what was compacted, and goes on from there", () => {
    const harness = logWith(["a=1", "a=2 b=1", "b=2", "c=1", "d=1", "e=1"], { config: { segmentBytes: 1_000 } });
    for (const text of [`x=${BIG}`, "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(clean(harness).cleaned).toHaveLength(1);
    harness.truncate(offset(4));
    expect(recordsIn(harness.readAll())).toEqual(["1:a=2", "3:b=2"]);
    harness.leaderAppends(keyed("n=1"), 1);
    harness.settle();
    expect(recordsIn(harness.readAll())).toEqual(["1:a=2", "3:b=2", "4:n=1"]);
    expect(harness.log.compaction.cleanedEnd).toBe(4);
    expect(new LogHarness({ disk: harness.disk.copy() }).recovered().readAll()).toEqual(harness.readAll());
  });

  test("is as it was where the disk has no room, takes records all the same, and is tried again", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    const before = harness.readAll();
    harness.disk.full = () => 0;
    const round = clean(harness);
    expect(round.cleaned).toEqual([undefined]);
    expect([harness.readAll(), leftIn(harness), harness.log.isFull]).toEqual([before, [], false]);
    harness.disk.full = undefined;
    expect(clean(harness).cleaned).toHaveLength(1);
    expect(recordsIn(harness.readAll())).toEqual(["1:a=2", "2:b=1", "3:z=1"]);
  });

  test("gives a reader that has room for little a record, and not only batches without any", () => {
    const harness = logWith(["a=1", "b=1", "b=2", "a=2", "z=1"]);
    harness.turn(() => harness.log.reconfigure({ ...DEFAULTS, ...CONFIG, segmentBytes: 1_000 }));
    clean(harness);
    expect(spansOf(harness.readAll())).toEqual(["0-2 empty", "2-3", "3-4", "4-5"]);
    expect(recordsIn(harness.bytesOf(harness.readWhenKnown(offset(0), 1).parts))).toEqual(["2:b=2"]);
  });

  test("gives a reader a record behind whole segments of which nothing is left, though each must be looked up", () => {
    const harness = logWith(["a=1", "a=2", "a=3", "b=1", "z=1"]);
    clean(harness);
    expect(spansOf(harness.readAll()).slice(0, 3)).toEqual(["0-1 empty", "1-2 empty", "2-3"]);
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, recoveryPoint: 5 }).recovered();
    let [asked, found]: [number, string[]] = [0, []];
    // As kafkajs, which asks for the same again.
    for (; found.length === 0 && asked < 9; asked++) {
      found = recordsIn(again.bytesOf(again.turn(() => again.log.read(offset(0), again.log.appendedEnd, 1)).parts));
      again.settle();
    }
    expect([asked, found]).toEqual([4, ["2:a=3"]]);
  });

  test("is looked up by time without its empty batches", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    for (const [text, timestamp] of [
      ["a=1", 5_000],
      ["a=2", 7_000],
      ["b=1", 6_000],
      ["z=1", 9_000],
    ] as const)
      harness.leaderAppends(keyed(text, { timestamp }));
    harness.settle();
    clean(harness);
    const found: unknown[] = [];
    for (const timestampMs of [1, 6_500, 7_001]) {
      harness.turn(() => harness.log.findByTimestamp(timestampMs, harness.log.appendedEnd, (result) => found.push(result?.offset)));
      harness.settle();
    }
    expect(found).toEqual([1, 1, 3]);
  });

  test("waits as long as it is told between what it reads and writes", () => {
    const harness = logWith(["a=1", "a=2", "z=1"]);
    const waiting: ((now: Now) => void)[] = [];
    let paced = 0;
    const round = begin(harness, 3, {
      pace: (bytes, goOn) => {
        paced += bytes;
        waiting.push(goOn);
      },
    });
    for (harness.settle(); waiting.length > 0; harness.settle()) harness.turn(() => waiting.shift()?.(NOW));
    expect(round.cleaned).toMatchObject([{ endOffset: 2 }]);
    const { bytesBefore = 0, bytesAfter = 0 } = round.cleaned[0] ?? {};
    expect(paced).toBe(2 * bytesBefore + bytesAfter);
  });

  test("tells once that a round has come to nothing when it is closed, cut or begins anew", () => {
    for (const end of [
      (harness: LogHarness) => harness.log.close(),
      (harness: LogHarness) => void harness.log.truncateTo(offset(0), "an unclean election"),
      (harness: LogHarness) => harness.log.truncateFullyAndStartAt(offset(9)),
      (harness: LogHarness) => harness.log.stop(NOW, () => undefined),
    ]) {
      const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
      const round = begin(harness);
      stepUntil(harness, /delete .*cleaned/);
      harness.stepDisk();
      harness.turn(() => end(harness));
      expect(round.cleaned).toEqual([undefined]);
      harness.settle();
      expect(round.cleaned).toEqual([undefined]);
      const again = new LogHarness({ disk: harness.disk.copy() }).recovered();
      expect(leftIn(again)).toEqual([]);
    }
  });

  test("goes on being compacted where the last process had come to", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    clean(harness);
    const start = (cleanedEnd: number) => {
      const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, cleanedEnd }).recovered();
      return again.log.compaction.cleanable(again.log.writtenEnd, NOW)?.startOffset;
    };
    expect([start(1), start(3), start(77)]).toEqual([1, undefined, 0]);
  });

  test("is left alone from a damaged segment on, which is told once, and is served as before", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "b=2", "z=1"]);
    const path = harness.log.segmentPaths[2] as string;
    const content = harness.disk.contentOf(path) as Uint8Array;
    content[65] = (content[65] as number) ^ 1;
    expect(clean(harness).cleaned).toEqual([undefined]);
    expect([harness.log.isReady, harness.told.filter((text) => text.startsWith("logDamaged")), leftIn(harness)]).toEqual([true, [], []]);
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 2 }]);
    expect(clean(harness).cleaned).toEqual([]);
    expect(uncleanableIn(harness)).toEqual([
      { kind: "log-uncleanable", topic: "orders", partition: 0, fromOffset: 2, because: expect.stringMatching(/0002\.log is damaged at byte 0: /) },
    ]);
    expect(harness.leaderAppends(keyed("c=1"))).toMatchObject({ type: "appended" });
  });

  test("keeps a tombstone beside a record whose time is so odd that none for the tombstone could be written, and loses what it must all the same", () => {
    const harness = new LogHarness({ config: { ...CONFIG, deleteRetentionMs: 0 } }).recovered();
    const long = keyed("a b=1 d=1", { timestamp: -(2 ** 52) });
    expect(harness.leaderAppends(long)).toMatchObject({ type: "appended" });
    for (const text of ["c=1", "c=2", "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 5 }]);
    expect(recordsIn(harness.readAll())).toEqual(["0:a", "1:b=1", "2:d=1", "4:c=2", "5:z=1"]);
    // What deletes b goes one day: were b=1 still beside the odd record then, it would be back.
    for (const text of ["b", "y=1", "x=1"]) {
      harness.leaderAppends(keyed(text));
      harness.settle();
      clean(harness);
    }
    expect(recordsIn(harness.readAll())).toEqual(["0:a", "2:d=1", "4:c=2", "5:z=1", "7:y=1", "8:x=1"]);
    expect([uncleanableIn(harness), leftIn(harness)]).toEqual([[], []]);
  });

  test("is compacted again when what could not be is deleted, and left alone at the next that can't be", () => {
    const harness = logWith(["a=1", "a=2"]);
    const inTransaction = (baseOffset: number): void => {
      harness.turn(() => harness.log.appendAsFollower(transactional({ producerId: 5, baseOffset }), NOW));
      harness.turn(() => harness.log.appendAsFollower(marker({ producerId: 5, baseOffset: baseOffset + 1 }, "commit"), NOW));
    };
    inTransaction(2);
    for (const text of ["a=3", "a=4", "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect([clean(harness).cleaned.length, clean(harness).cleaned.length]).toEqual([1, 0]);
    harness.turn(() => harness.log.moveStartTo(offset(4), NOW));
    harness.turn(() => harness.log.retain(offset(7), NOW));
    harness.settle();
    expect(basesOf(harness)).toEqual([4, 5, 6]);
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 6 }]);
    expect(recordsIn(harness.readAll())).toEqual(["5:a=4", "6:z=1"]);
    inTransaction(7);
    for (const text of ["a=5", "z=2"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 7 }]);
    expect(uncleanableIn(harness).map((event) => "fromOffset" in event && event.fromOffset)).toEqual([2, 7]);
  });

  test("loses old segments when the round is over, which is not given up for it", () => {
    for (let steps = 0, isOver = false; !isOver; steps++) {
      const harness = logWith(["a=1", "a=2", "b=1", "b=2", "z=1"]);
      const round = begin(harness);
      for (let step = 0; step < steps && harness.disk.waiting.length > 0; step++) harness.stepDisk();
      isOver = harness.disk.waiting.length === 0;
      const before = basesOf(harness)[0];
      harness.turn(() => harness.log.moveStartTo(offset(4), NOW));
      harness.turn(() => harness.log.retain(offset(5), NOW));
      if (!isOver) expect([before, basesOf(harness)[0]]).toEqual([0, 0]);
      harness.settle();
      expect(round.cleaned).toMatchObject([{ endOffset: 4 }]);
      expect([basesOf(harness), recordsIn(harness.readAll()), harness.log.isOffline]).toEqual([[4], ["4:z=1"], false]);
    }
  });

  test("is looked at by retention while segments are being replaced, and nobody reads what is gone", () => {
    const config = { isDeletingOldSegments: true, retentionMs: 1e15, indexIntervalBytes: 1 };
    const before = logWith(["a=1", "a=2", "b=1", "a=3", "b=2", "z=1"], { config });
    before.stop();
    before.settle();
    for (let operations = 0; operations < 40; operations++) {
      const again = new LogHarness({ disk: before.disk.copy(), config: { ...CONFIG, ...config }, isCleanStop: true }).recovered();
      // Of segments of which nothing was left it knows no time either.
      const living = logWith(["a=1", "a=2", "a=3", "b=1", "z=1"], { config });
      clean(living);
      for (const text of ["b=2", "z=2"]) living.leaderAppends(keyed(text));
      living.settle();
      for (const harness of [again, living]) {
        begin(harness);
        for (let left = operations; left > 0 && harness.disk.waiting.length > 0; left--) harness.stepDisk();
        harness.turn(() => harness.log.retain(harness.log.writtenEnd, NOW));
        harness.settle();
        expect(harness.told.filter((text) => /^log[FD]/.test(text))).toEqual([]);
        expect([harness.log.logStartOffset, harness.log.isOffline, leftIn(harness)]).toEqual([0, false, []]);
      }
    }
  });

  test("leaves the old files to those who are being sent a part of them, for as long as file.delete.delay.ms says", () => {
    const harness = logWith(["a=1 b=1", "a=2", "z=1"], { config: { fileDeleteDelayMs: 500 } });
    const [path = ""] = harness.log.segmentPaths;
    const fileOf = (suffix: string) => harness.disk.contentOf(path + suffix);
    const before = fileOf("");
    clean(harness);
    expect([fileOf(".deleted"), recordsIn(harness.readAll())]).toEqual([before, ["1:b=1", "2:a=2", "3:z=1"]]);
    // The same one once more: its time is that of the second, which has the name now.
    const between = fileOf("");
    for (const text of ["b=2", "y=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    clean(harness, harness.log.writtenEnd, {}, at(400));
    for (const [wall, left] of [
      [500, between],
      [899, between],
      [900, undefined],
    ] as const) {
      harness.now = at(wall);
      harness.turn(() => harness.log.deadline(at(wall)));
      harness.settle();
      expect(fileOf(".deleted"), `after ${wall} ms`).toEqual(left);
    }
  });

  test("keeps the old segments where somebody has deleted what was made of them, and tells", () => {
    for (const what of [/append .*log\.cleaned/, /append .*timeindex\.cleaned/, /sync .*log\.cleaned/]) {
      const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
      const before = recordsIn(harness.readAll());
      begin(harness);
      stepUntil(harness, what);
      for (const name of leftIn(harness)) if (name.endsWith(".log.cleaned")) harness.disk.lose(`${DIRECTORY}/${name}`);
      harness.settle();
      expect(harness.told.at(-1)).toMatch(/^logFailed: replacing .*ENOENT/);
      const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
      expect(recordsIn(again.readAll())).toEqual(before);
    }
  });

  test("finds the times of many segments at one look after a start, where records have to wait for being compacted", () => {
    const config = { minCompactionLagMs: 10, indexIntervalBytes: 1 };
    const harness = logWith(["a=1", "a=2", "a=3", "b=1", "b=2", "z=1"], { config });
    harness.stop();
    harness.settle();
    const again = new LogHarness({ disk: harness.disk.copy(), config: { ...CONFIG, ...config }, isCleanStop: true }).recovered();
    const cleanable = () => again.turn(() => again.log.compaction.cleanable(again.log.writtenEnd, NOW));
    expect(cleanable()).toBeUndefined();
    again.settle();
    expect(cleanable()).toMatchObject({ startOffset: 0, endOffset: 5 });
  });

  test("keeps segments apart that would become too large together, and ends at one that would alone", () => {
    const sizesOf = ({ log, disk }: LogHarness) => log.segmentPaths.map((path) => disk.contentOf(path)?.length ?? -1);
    const written = (): LogHarness => logWith(["a=1", "a b c", "z=1", "z=2"], { config: { segmentBytes: 100 } });
    const merging = (): LogHarness => {
      const harness = written();
      harness.turn(() => harness.log.reconfigure({ ...DEFAULTS, ...CONFIG, segmentBytes: 1_000 }));
      return harness;
    };
    const whole = merging();
    expect(clean(whole).cleaned).toMatchObject([{ endOffset: 5 }]);
    const [sizeInBytes = 0] = sizesOf(whole);
    const apart = merging();
    expect(clean(apart, undefined, { segmentBytesMax: sizeInBytes - 1 }).cleaned).toMatchObject([{ endOffset: 5 }]);
    expect([basesOf(whole), basesOf(apart)]).toEqual([
      [0, 5],
      [0, 1, 4, 5],
    ]);
    expect(apart.readAll()).toEqual(whole.readAll());
    const [, size = 0] = sizesOf(written());
    const alone = written();
    expect(clean(alone, undefined, { segmentBytesMax: size }).cleaned).toEqual([undefined]);
    expect(uncleanableIn(alone)).toMatchObject([{ fromOffset: 1, because: expect.stringContaining("larger than a segment can be") }]);
    expect([sizesOf(alone)[1], leftIn(alone), alone.log.isOffline]).toEqual([size, [], false]);
  });

  test("forgets how far it was compacted where the last process says more than there is", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, cleanedEnd: 77 }).recovered();
    expect(again.log.compaction.cleanedEnd).toBeUndefined();
    expect(new LogHarness({ disk: harness.disk.copy(), config: CONFIG, cleanedEnd: 3 }).recovered().log.compaction.cleanedEnd).toBe(3);
  });

  test("takes nothing for deleted that is not, though nobody waits for it", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    begin(harness);
    stepUntil(harness, /append .*cleaned/);
    harness.disk.faults.push({ name: "delete", path: ".cleaned", code: "EIO" });
    harness.turn(() => harness.log.truncateTo(offset(0), "an unclean election"));
    harness.settle();
    expect(harness.told.at(-1)).toMatch(/^logFailed: deleting .*cleaned: EIO/);
  });

  test("takes no record without a key", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    expect(harness.leaderAppends(keyed("a=1"))).toMatchObject({ type: "appended" });
    const without = stored({ baseOffset: 0 });
    expect(harness.leaderAppends(without)).toMatchObject({ error: "INVALID_RECORD", message: "records of a compacted topic need a key" });
  });
});

describe("compressed batches of a compacted log", () => {
  const compressed = (text: string): Uint8Array => recompress(keyed(text), { compression: "lz4", level: undefined });

  test("stay in their codec", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    for (const text of ["a=1 b=1", "a=2 c=1", "c=2", "z=1"]) harness.leaderAppends(compressed(text));
    harness.settle();
    clean(harness);
    const bytes = harness.readAll();
    expect(recordsIn(bytes)).toEqual(["1:b=1", "2:a=2", "4:c=2", "5:z=1"]);
    expect([...batches(bytes)].map((position) => compressionOf(bytes, position))).toEqual(["lz4", "lz4", "lz4", "lz4"]);
  });

  test("in a codec that nobody has are where compaction ends", () => {
    const harness = logWith(["a=1", "a=2"]);
    harness.leaderAppends(inZstd(compressed("b=1")));
    for (const text of ["a=3", "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    expect(clean(harness).cleaned).toMatchObject([{ endOffset: 2 }]);
    expect(clean(harness).cleaned).toEqual([]);
    expect(spansOf(harness.readAll())).toEqual(["0-1 empty", "1-2", "2-3", "3-4", "4-5"]);
  });
});

describe("a follower of a compacted log", () => {
  test("that has some of the offsets of an empty batch takes the rest", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 0, count: 3 }), NOW));
    const empty = encodeEmptyBatch({ baseOffset: 0, endOffset: 10, partitionLeaderEpoch: 0 });
    const next = stored({ baseOffset: 10, count: 2 });
    const frame = new Uint8Array(empty.length + next.length);
    frame.set(empty);
    frame.set(next, empty.length);
    expect(harness.turn(() => harness.log.appendAsFollower(frame, NOW))).toEqual({ type: "appended", endOffset: 12 });
    const bytes = harness.readAll();
    expect(spansOf(bytes)).toEqual(["0-3", "3-10 empty", "10-12"]);
    for (const position of batches(bytes)) expect(checkBatch(bytes, position)).toBeUndefined();
  });

  test("takes no part of a batch that has records, or a damaged one", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.turn(() => harness.log.appendAsFollower(stored({ baseOffset: 0, count: 3 }), NOW));
    const fetch = (bytes: Uint8Array) => harness.turn(() => harness.log.appendAsFollower(bytes, NOW));
    expect(fetch(stored({ baseOffset: 2, count: 4 }))).toMatchObject({ error: "INVALID_RECORD" });
    const damaged = encodeEmptyBatch({ baseOffset: 0, endOffset: 10, partitionLeaderEpoch: 0 });
    damaged[30] = 1;
    expect(fetch(damaged)).toMatchObject({ error: "CORRUPT_MESSAGE" });
    expect(harness.log.appendedEnd).toBe(3);
  });
});

describe("a start that finds segments half replaced", () => {
  /** Two segments of several batches become one, in which a few index entries stand. */
  const MERGED = { segmentBytes: 1_400, indexIntervalBytes: 100, isCompacted: true };
  const merging = (): LogHarness => {
    const harness = new LogHarness({ config: { ...MERGED, segmentBytes: 500 } }).recovered();
    for (let at = 0; at < 13; at++) harness.leaderAppends(keyed(`k${at % 9}=${at}`, { timestamp: 1_000 + at, producerId: 3, baseSequence: at }));
    harness.settle();
    expect(basesOf(harness)).toEqual([0, 7]);
    for (const key of ["w", "x", "y"]) harness.leaderAppends(keyed(`${key}=${"y".repeat(350)}`));
    harness.leaderAppends(keyed("z=1", { timestamp: 9_000 }));
    harness.settle();
    harness.turn(() => harness.log.reconfigure({ ...DEFAULTS, ...MERGED }));
    begin(harness);
    return harness;
  };
  const findIn = (harness: LogHarness, timestampMs: number): unknown => {
    const found: unknown[] = [];
    harness.turn(() => harness.log.findByTimestamp(timestampMs, harness.log.appendedEnd, (result) => found.push(result?.offset)));
    harness.settle();
    return found[0];
  };

  test("believes no index or snapshot of the old ones, wherever it was cut short", () => {
    const whole = merging();
    whole.settle();
    const total = whole.disk.happened.length;
    const expected = whole.readAll();
    const from = merging().disk.happened.length;
    for (let operations = from; operations <= total; operations++) {
      const harness = merging();
      while (harness.disk.happened.length < operations) harness.stepDisk();
      const hasSwap = harness.disk.names(DIRECTORY).some((name) => name.endsWith(".swap"));
      const hasOld = harness.disk.names(DIRECTORY).includes("00000000000000000007.log");
      const again = new LogHarness({ disk: harness.disk.crash(new Prng(operations)), config: MERGED, recoveryPoint: harness.log.syncedEnd }).recovered();
      if (hasSwap || !hasOld) expect(again.readAll()).toEqual(expected);
      expect(
        [1_004, 1_007, 1_012].map((timestampMs) => findIn(again, timestampMs)),
        `after ${operations} operations`,
      ).toEqual([4, 7, 12]);
      expect(leftIn(again)).toEqual([]);
      if (hasSwap) expect(again.disk.names(DIRECTORY)).not.toContain("00000000000000000007.snapshot");
    }
  });

  test("has indexes of the new one at once, for one that is cut short while they are made later would be believed", () => {
    const begun = merging();
    stepUntil(begun, /rename .*0007\.log$/);
    const { disk } = begun;
    const start = { config: MERGED, recoveryPoint: begun.log.syncedEnd };
    for (let seed = 0; seed < 40; seed++) {
      const prng = new Prng(seed);
      const first = new LogHarness({ disk: disk.crash(prng), ...start }).recovered();
      first.turn(() => first.log.findByTimestamp(1_012, first.log.appendedEnd, () => undefined));
      for (let left = seed % 8; left > 0 && first.disk.waiting.length > 0; left--) first.stepDisk();
      const again = new LogHarness({ disk: first.disk.crash(prng), ...start }).recovered();
      expect(findIn(again, 1_012)).toBe(12);
    }
  });

  test("has no entry of an old index behind those of the new one, which are fewer", () => {
    const harness = new LogHarness({ config: MERGED }).recovered();
    for (let at = 0; at < 12; at++) harness.leaderAppends(keyed(`k=${at}`, { timestamp: 1_000 + at }));
    for (const text of [`x=${"y".repeat(700)}`, "z=1"]) harness.leaderAppends(keyed(text));
    harness.settle();
    const indexes = ["index", "timeindex"].map((kind) => `${DIRECTORY}/00000000000000000000.${kind}`);
    const sizesOf = ({ disk }: LogHarness) => indexes.map((path) => disk.contentOf(path)?.length ?? -1);
    const before = sizesOf(harness);
    begin(harness);
    stepUntil(harness, /rename .*cleaned/);
    const again = new LogHarness({ disk: harness.disk.crash(new Prng(1)), config: MERGED, recoveryPoint: harness.log.syncedEnd }).recovered();
    harness.settle();
    expect(sizesOf(again)).toEqual(sizesOf(harness));
    for (const [at, size] of before.entries()) expect(size).toBeGreaterThan(sizesOf(harness)[at] as number);
  });

  test("has none of the old ones beside the new one, however often it is cut short by the power", () => {
    const whole = merging();
    whole.settle();
    const expected = recordsIn(whole.readAll()).slice(0, 10);
    for (let seed = 0; seed < 150; seed++) {
      const prng = new Prng(seed);
      const harness = merging();
      stepUntil(harness, /rename .*cleaned/);
      harness.stepDisk();
      let { disk } = harness;
      for (let time = 0; time < 3; time++) {
        const again = new LogHarness({ disk: disk.losePower("torn", prng), config: MERGED, hasLostPageCache: true }).recover();
        for (let left = prng.between(8, 20); left > 0 && again.disk.waiting.length > 0; left--) again.stepDisk();
        ({ disk } = again);
      }
      const last = new LogHarness({ disk: disk.losePower("torn", prng), config: MERGED, hasLostPageCache: true }).recovered();
      expect(last.log.appendedEnd).toBeGreaterThanOrEqual(harness.log.syncedEnd);
      expect(recordsIn(last.readAll()).slice(0, 10)).toEqual(expected);
    }
  });

  test("has the old records or none when the log was about to begin anew, and never those behind a hole", () => {
    for (let operations = 0; operations < 30; operations++) {
      for (let seed = 0; seed < 10; seed++) {
        const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
        begin(harness);
        stepUntil(harness, /rename .*000\.log$/);
        harness.stepDisk();
        harness.turn(() => harness.log.truncateFullyAndStartAt(offset(9)));
        for (let left = operations; left > 0 && harness.disk.waiting.length > 0; left--) harness.stepDisk();
        const disk = harness.disk.losePower("torn", new Prng(seed));
        const { log } = new LogHarness({ disk, config: CONFIG, hasLostPageCache: true }).recovered();
        expect([0, 9]).toContain(log.logStartOffset);
      }
    }
  });

  test("is told of a new segment that is damaged, of which the old ones may be gone", () => {
    const harness = logWith(["a=1", "a=2", "b=1", "z=1"]);
    begin(harness);
    stepUntil(harness, /rename .*cleaned/);
    const swap = harness.disk.contentOf(`${DIRECTORY}/00000000000000000000.log.swap`) as Uint8Array;
    swap[20] = (swap[20] as number) ^ 1;
    const again = new LogHarness({ disk: harness.disk.copy() }).recover();
    again.settle();
    expect(again.told).toEqual([expect.stringMatching(/^logDamaged: .*\.log\.swap is damaged at byte 0/)]);
  });
});

/** As a producer sends what is in that codec. */
function inZstd(batch: Uint8Array): Uint8Array {
  const bytes = batch.slice();
  writeInt16(bytes, ATTRIBUTES_AT, COMPRESSIONS.indexOf("zstd"));
  writeInt32(bytes, CRC_AT, computeCrc(bytes));
  return bytes;
}
