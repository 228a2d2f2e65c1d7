import { encodeUtf8, micros, type Now, offset, wallMs } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { batchIds, produced, stored } from "./support/batches.ts";
import { DIRECTORY, LogHarness, NOW } from "./support/log-harness.ts";

const CONFIG = { segmentBytes: 300, isDeletingOldSegments: true, fileDeleteDelayMs: 1000 };
const file = (base: number, kind: string): string => `${String(base).padStart(20, "0")}.${kind}`;
const namesOf = ({ disk }: LogHarness): readonly string[] => disk.names(DIRECTORY).filter((name) => name.includes("log"));
const after = (ms: number): Now => ({ monotonicUs: micros(NOW.monotonicUs + ms * 1000), wallMs: wallMs(NOW.wallMs + ms) });

/** Segments at 0, 2, 4 and so on, of two batches of one record, of which the last one is active; written and synced. */
function written(count: number, config: object = {}, timestamp: (index: number) => number = (index) => 1000 + index): LogHarness {
  const harness = new LogHarness({ config: { ...CONFIG, ...config } }).recovered();
  for (let i = 0; i < count; i++) harness.leaderAppends(produced({ valueBytes: 60, timestamp: timestamp(i), producerId: 7, baseSequence: i }));
  harness.turn(() => harness.log.sync(NOW));
  harness.settle();
  return harness;
}

function retain(harness: LogHarness, { highWatermark = harness.log.writtenEnd as number } = {}): void {
  harness.turn(() => harness.log.retain(offset(highWatermark), NOW));
  harness.settle();
}

function moveStart(harness: LogHarness, to: number): void {
  harness.turn(() => harness.log.moveStartTo(offset(to), NOW));
  harness.settle();
}

const baseOffsets = (harness: LogHarness): readonly number[] => batchIds(harness.readAll()).map((id) => Number(id.split("-")[0]));

describe("a log whose start is moved", () => {
  test("keeps the records' files until whole segments lie before it, and tells that it moved", () => {
    const harness = written(6);
    moveStart(harness, 3);
    expect([harness.log.logStartOffset, harness.told.at(-1)]).toEqual([3, "startMoved"]);
    expect(baseOffsets(harness)).toEqual([3, 4, 5]);
    expect(namesOf(harness)).toEqual([file(0, "log"), file(2, "log"), file(4, "log")]);
    retain(harness);
    expect(namesOf(harness)).toEqual([file(0, "log.deleted"), file(2, "log"), file(4, "log")]);
    expect(harness.log.logStartOffset).toBe(3);
  });

  test("never goes back, but where the log is cut below it", () => {
    const harness = written(6);
    moveStart(harness, 3);
    moveStart(harness, 1);
    expect(harness.log.logStartOffset).toBe(3);
    harness.truncate(offset(4));
    expect([harness.log.logStartOffset, harness.log.appendedEnd]).toEqual([3, 4]);
  });

  test("starts there again after a restart, as far as there is a log", () => {
    const harness = written(6);
    moveStart(harness, 3);
    const again = (logStartOffset: number): number =>
      new LogHarness({ disk: harness.disk.copy(), config: CONFIG, logStartOffset }).recovered().log.logStartOffset;
    expect([again(3), again(0), again(100)]).toEqual([3, 0, 6]);
  });

  test("has the epochs from there on (KIP-101)", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    for (const epoch of [0, 0, 1, 1, 3]) harness.leaderAppends(produced({ valueBytes: 60 }), epoch);
    harness.settle();
    moveStart(harness, 3);
    expect(harness.log.epochEntries).toEqual([
      { epoch: 1, startOffset: 3 },
      { epoch: 3, startOffset: 4 },
    ]);
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, logStartOffset: 3 }).recovered();
    expect(again.log.epochEntries).toEqual(harness.log.epochEntries);
  });

  test("answers a time with no record before it", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.leaderAppends(produced({ count: 4, timestamp: 1000 }));
    harness.settle();
    moveStart(harness, 2);
    const found: unknown[] = [];
    harness.turn(() => harness.log.findByTimestamp(0, harness.log.appendedEnd, (result) => found.push(result)));
    expect(found).toMatchObject([{ offset: 2, timestampMs: 1002 }]);
  });

  test("within a batch gives that batch whole, and a follower without records begins with it, and starts where it was told to", () => {
    const follower = new LogHarness({ config: CONFIG }).recovered();
    follower.turn(() => follower.log.truncateFullyAndStartAt(offset(12)));
    expect(follower.turn(() => follower.log.appendAsFollower(stored({ baseOffset: 10, count: 4, epoch: 2 }), NOW))).toMatchObject({ endOffset: 14 });
    follower.settle();
    expect([follower.log.logStartOffset, follower.log.writtenEnd, follower.log.epochEntries]).toEqual([12, 14, [{ epoch: 2, startOffset: 12 }]]);
    expect(follower.turn(() => follower.log.appendAsFollower(stored({ baseOffset: 13, count: 4, epoch: 2 }), NOW))).toMatchObject({ error: "INVALID_RECORD" });
  });
});

describe("retention", () => {
  test("by size deletes the oldest segments while those behind them are as large as it says", () => {
    const harness = written(7);
    const { sizeInBytes } = harness.log;
    const of = (bytes: number): number => {
      const log = written(7, { retentionBytes: bytes });
      retain(log);
      return log.log.logStartOffset;
    };
    expect([of(sizeInBytes), of(sizeInBytes - 1), of((sizeInBytes * 5) / 7), of(0), of(-1)]).toEqual([0, 0, 2, 7, 0]);
  });

  test("by time goes by each segment's youngest record, and one that stays keeps all behind it", () => {
    const young = (index: number): number => NOW.wallMs - (index === 3 ? 500 : 5000);
    const harness = written(7, { retentionMs: 1000 }, young);
    retain(harness);
    expect(harness.log.logStartOffset).toBe(2);
    harness.log.reconfigure({ ...CONFIG, maxMessageBytes: 1_000_000, messageTimestampType: "CreateTime", retentionMs: 499 });
    retain(harness);
    expect([harness.log.logStartOffset, harness.log.appendedEnd]).toEqual([7, 7]);
  });

  test("by time of what an earlier process wrote reads the time index", () => {
    const before = written(7, {}, () => NOW.wallMs - 5000);
    const harness = new LogHarness({ disk: before.disk.copy(), config: { ...CONFIG, retentionMs: 1000 }, recoveryPoint: 7, isCleanStop: true }).recovered();
    retain(harness);
    expect(harness.log.logStartOffset).toBe(7);
  });

  test("deletes nothing at or above the high watermark, whatever else is past it", () => {
    const harness = written(7, { retentionBytes: 0 });
    retain(harness, { highWatermark: 3 });
    expect(harness.log.logStartOffset).toBe(2);
    retain(harness, { highWatermark: 6 });
    expect(harness.log.logStartOffset).toBe(6);
  });

  test("tells where the next process would let it begin, until the files are renamed", () => {
    const harness = written(6, { retentionBytes: 0 });
    const begins = (): unknown => [harness.log.firstFileOffset, harness.log.logStartOffset];
    harness.turn(() => harness.log.retain(offset(3), NOW));
    expect(begins()).toEqual([0, 2]);
    harness.settle();
    expect(begins()).toEqual([2, 2]);
  });

  test("of all segments closes the active one first, and the next one is on the disk before the others go", () => {
    const harness = written(4, { retentionBytes: 0 });
    retain(harness);
    expect(namesOf(harness)).toEqual([file(0, "log.deleted"), file(2, "log.deleted"), file(4, "log")]);
    const created = harness.disk.happened.indexOf(`append ${DIRECTORY}/${file(4, "log")}`);
    expect(created).toBeLessThan(harness.disk.happened.findIndex((what) => what.startsWith("rename") && what.includes(file(0, "log"))));
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
    expect([again.log.logStartOffset, again.log.appendedEnd]).toEqual([4, 4]);
    expect(namesOf(again)).toEqual([file(4, "log")]);
  });

  test("keeps what the deleted records told of producers, also over a restart (T09)", () => {
    const harness = written(4, { retentionBytes: 0 });
    retain(harness);
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
    const third = new LogHarness({ disk: again.disk.copy(), config: CONFIG, hasLostPageCache: true }).recovered();
    for (const one of [harness, again, third]) {
      expect(one.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: 9 }))).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
      expect(one.leaderAppends(produced({ valueBytes: 60, timestamp: 1003, producerId: 7, baseSequence: 3 }))).toMatchObject({
        type: "duplicate",
        baseOffset: 3,
      });
    }
  });

  test("takes those along that are being sent a part of a segment, whose slices are of the file with the new name", () => {
    const harness = written(4, { retentionBytes: 200 });
    harness.turn(() => harness.log.retain(offset(4), NOW));
    for (let moves: unknown[] = []; moves.length === 0; harness.stepDisk()) {
      moves = harness.lastEffects.flatMap((effect) =>
        effect.type === "rename" && effect.from.endsWith(".log") ? [{ from: effect.from, generation: effect.generation }] : [],
      );
      if (moves.length > 0) expect(moves).toEqual([{ from: `${DIRECTORY}/${file(0, "log")}`, generation: 1 }]);
    }
  });

  test("renames the files, and deletes them file.delete.delay.ms later", () => {
    const harness = written(4, { retentionBytes: 200 });
    retain(harness);
    expect(namesOf(harness)).toEqual([file(0, "log.deleted"), file(2, "log")]);
    expect(harness.log.nextDeadlineUs).toBe(after(1000).monotonicUs);
    harness.turn(() => harness.log.deadline(after(999)));
    harness.settle();
    expect(namesOf(harness)).toContain(file(0, "log.deleted"));
    harness.turn(() => harness.log.deadline(after(1000)));
    harness.settle();
    expect(harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".deleted"))).toEqual([]);
    expect(harness.log.nextDeadlineUs).toBeUndefined();
  });

  test("without the policy deletes only what lies before the log's start", () => {
    const harness = written(7, { retentionBytes: 0, isDeletingOldSegments: false });
    retain(harness);
    expect(harness.log.logStartOffset).toBe(0);
    moveStart(harness, 5);
    retain(harness);
    expect([harness.log.logStartOffset, namesOf(harness).filter((name) => name.endsWith("deleted"))]).toEqual([
      5,
      [file(0, "log.deleted"), file(2, "log.deleted")],
    ]);
  });

  test("makes no file again that has come and gone while what was appended behind it is still being written", () => {
    const harness = new LogHarness({ config: { ...CONFIG, retentionBytes: 1 } }).recovered();
    for (let i = 0; i < 60; i++) harness.leaderAppends(produced({ valueBytes: 60 }));
    // The segment at 4 is to be the first one before anything of it is written, and goes before the last records are.
    for (const start of [4, 8]) {
      for (harness.turn(() => harness.log.retain(offset(start), NOW)); harness.log.logStartOffset < start; harness.stepDisk())
        harness.turn(() => harness.log.retain(offset(start), NOW));
    }
    harness.settle();
    expect(namesOf(harness).filter((name) => name.endsWith(".log"))[0]).toEqual(file(8, "log"));
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, hasLostPageCache: true }).recovered();
    expect(baseOffsets(again)).toEqual(baseOffsets(harness));
  });

  test("is in no way of a log that begins anew meanwhile", () => {
    const harness = written(6, { retentionBytes: 0 });
    harness.turn(() => harness.log.retain(harness.log.writtenEnd, NOW));
    for (let step = 0; step < 8 && harness.disk.waiting.length > 0; step++) harness.stepDisk();
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(0)));
    harness.leaderAppends(produced({ value: "new" }), 9);
    harness.settle();
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
    expect([again.log.logStartOffset, again.log.appendedEnd, again.readAll()]).toEqual([0, 1, harness.readAll()]);
  });

  test("leaves no file behind where a log begins anew while they are deleted", () => {
    const harness = written(6, { retentionBytes: 0 });
    retain(harness);
    harness.turn(() => harness.log.deadline(after(1000)));
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(9)));
    harness.settle();
    expect(harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".deleted"))).toEqual([]);
  });

  test("leaves nothing to the next start that it could take for a segment", () => {
    const harness = written(6, { retentionBytes: 0 });
    harness.disk.put(`${DIRECTORY}/${file(0, "index.deleted")}`, encodeUtf8("x"));
    const again = new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered();
    expect(again.disk.names(DIRECTORY)).not.toContain(file(0, "index.deleted"));
    expect(again.log.appendedEnd).toBe(6);
  });
});
