import { offset, Prng } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { OffsetIndex, TimeIndex } from "../src/index-entries.ts";
import { batchIds, produced } from "./support/batches.ts";
import { DIRECTORY, LogHarness, NOW } from "./support/log-harness.ts";
import { modelOf } from "./support/random-work.ts";
import type { TestDisk } from "./support/test-disk.ts";

const CONFIG = { segmentBytes: 4000, indexIntervalBytes: 300 };
const file = (base: number, kind: string): string => `${DIRECTORY}/${String(base).padStart(20, "0")}.${kind}`;
const readsOf = ({ disk }: LogHarness): readonly string[] => disk.happened.filter((what) => what.startsWith("read") && what.endsWith(".log"));

/** Three segments of an idempotent producer's batches, 100 bytes and more each. */
function written(count = 100): LogHarness {
  const harness = new LogHarness({ config: CONFIG }).recovered();
  for (let i = 0; i < count; i++) {
    harness.leaderAppends(produced({ valueBytes: 30, timestamp: 1000 + i, producerId: 7, baseSequence: i }));
    harness.settle();
  }
  return harness;
}

function stopped(count?: number): LogHarness {
  const harness = written(count);
  harness.stop();
  harness.settle();
  expect(harness.told.at(-1)).toBe("stopped");
  return harness;
}

const after = (disk: TestDisk, how: { isCleanStop?: boolean; recoveryPoint?: number; hasLostPageCache?: boolean }): LogHarness => {
  const harness = new LogHarness({ disk, config: CONFIG, ...how }).recover();
  harness.settle();
  return harness;
};

describe("a start after a clean stop", () => {
  test("reads only what stands behind the last entry of the index, and comes to the same log", () => {
    const before = stopped();
    const again = after(before.disk.copy(), { isCleanStop: true });
    expect(readsOf(again)).toHaveLength(1);
    expect(again.trace.at(-1)).toMatchObject({ kind: "log-recovered", endOffset: 100, droppedBytes: 0 });
    expect((again.trace.at(-1) as { scannedBytes: number }).scannedBytes).toBeLessThan(600);
    const whole = after(before.disk.copy(), {});
    expect(modelOf(again)).toEqual(modelOf(whole));
    expect(again.log.epochEntries).toEqual(whole.log.epochEntries);
  });

  test("knows the producers by the snapshot, which has no more than their last batch: that is a duplicate, the one before it out of order, the next one is taken", () => {
    const again = after(stopped().disk.copy(), { isCleanStop: true });
    expect(again.leaderAppends(produced({ valueBytes: 30, producerId: 7, baseSequence: 99 }))).toMatchObject({ type: "duplicate", baseOffset: 99 });
    expect(again.leaderAppends(produced({ valueBytes: 30, producerId: 7, baseSequence: 98 }))).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
    expect(again.leaderAppends(produced({ producerId: 7, baseSequence: 101 }))).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
    expect(again.leaderAppends(produced({ producerId: 7, baseSequence: 100 }))).toMatchObject({ type: "appended", baseOffset: 100 });
  });

  test("writes no file for a log that is read in one go", () => {
    const small = new LogHarness({ config: CONFIG }).recovered();
    small.leaderAppends(produced());
    small.settle();
    const names = small.disk.names(DIRECTORY);
    small.stop();
    small.settle();
    expect(small.disk.names(DIRECTORY)).toEqual(names);
    expect(after(small.disk.copy(), { isCleanStop: true }).log.appendedEnd).toBe(1);
  });

  test("does not believe a marker after a loss of the page cache, nor where a truncation was under way", () => {
    const { disk } = stopped();
    const size = readsOf(after(disk.copy(), {})).length;
    expect(readsOf(after(disk.copy(), { isCleanStop: true, hasLostPageCache: true }))).toHaveLength(size);
    const cut = disk.copy();
    cut.put(`${DIRECTORY}/truncation.under-way`, new Uint8Array(0));
    expect(readsOf(after(cut, { isCleanStop: true }))).toHaveLength(size);
  });

  test("begins at the log's start where the snapshots, an index or the epochs are damaged", () => {
    const { disk } = stopped();
    const expected = modelOf(after(disk.copy(), {}));
    for (const name of disk.names(DIRECTORY).filter((one) => /snapshot|index|epoch/.test(one))) {
      const damaged = disk.copy();
      const content = (damaged.contentOf(`${DIRECTORY}/${name}`) ?? new Uint8Array(0)).slice();
      for (let at = 0; at < content.length; at++) content[at] = (content[at] ?? 0) ^ 0x55;
      damaged.put(`${DIRECTORY}/${name}`, content);
      const again = after(damaged, { isCleanStop: true });
      expect(again.told[0], name).toBe("logRecovered");
      expect(modelOf(again), name).toEqual(expected);
    }
  });
});

describe("a start after the process was killed", () => {
  test("reads from the newest snapshot on, which stands behind a sync whether the recovery point tells of it already or not", () => {
    const before = written();
    const last = Math.max(
      ...before.disk
        .names(DIRECTORY)
        .filter((name) => name.endsWith(".log"))
        .map((name) => Number.parseInt(name, 10)),
    );
    const again = after(before.disk.copy(), { recoveryPoint: last });
    expect(readsOf(again)).toEqual([`read ${file(last, "log")}`]);
    expect(modelOf(again)).toEqual(modelOf(before));
    expect(readsOf(after(before.disk.copy(), { recoveryPoint: last - 1 }))).toEqual([`read ${file(last, "log")}`]);
  });

  test("tells a torn tail, which goes, from damage before the recovery point, by which nothing is served", () => {
    const { disk } = written();
    const content = (disk.contentOf(file(0, "log")) ?? new Uint8Array(0)).slice();
    const last =
      disk
        .names(DIRECTORY)
        .filter((name) => name.endsWith(".log"))
        .at(-1) ?? "";
    const tail = (disk.contentOf(`${DIRECTORY}/${last}`) ?? new Uint8Array(0)).slice();
    tail[80] = (tail[80] ?? 0) ^ 1;
    disk.put(`${DIRECTORY}/${last}`, tail);
    const base = Number.parseInt(last, 10);
    expect(after(disk.copy(), { recoveryPoint: base }).log.appendedEnd).toBe(base);
    const damaged = after(disk.copy(), { recoveryPoint: 100 });
    expect(damaged.told).toEqual([expect.stringMatching(/^logDamaged: .*is damaged at byte 0, offset \d+, before its end/)]);
    expect(damaged.log.isOffline).toBe(true);
    expect(content.length).toBeGreaterThan(0);
  });
});

describe("a log that is not known batch by batch", () => {
  const cold = (how = {}): LogHarness => after(stopped().disk.copy(), { isCleanStop: true, ...how });

  test("is read from any offset, in answers of whole batches, once the place was looked up", () => {
    const harness = cold();
    const expected = batchIds(harness.readAll());
    for (const from of [0, 1, 17, 50, 99]) {
      const read = harness.readWhenKnown(offset(from), 250);
      expect(batchIds(harness.bytesOf(read.parts))[0]).toBe(expected[from]);
      expect(read.sizeInBytes).toBeLessThanOrEqual(250);
    }
  });

  test("says that it is pending, and then that it is readable", () => {
    const harness = cold();
    expect(harness.turn(() => harness.log.read(offset(0), offset(100), 1000))).toMatchObject({ parts: [], isPending: true });
    harness.settle();
    expect(harness.told).toContain("readable");
    expect(harness.turn(() => harness.log.read(offset(0), offset(100), 1000))).toMatchObject({ isPending: false });
  });

  test("reads on without an index, for the next stretch is read before it is asked for", () => {
    const harness = cold();
    harness.readAll();
    expect(harness.disk.happened.filter((what) => what.endsWith(".index")).length).toBeLessThanOrEqual(3);
  });

  test("serves no damaged batch, and nothing else once it has met one", () => {
    const harness = cold();
    const content = (harness.disk.contentOf(file(0, "log")) ?? new Uint8Array(0)).slice();
    content[150] = (content[150] ?? 0) ^ 1;
    harness.disk.put(file(0, "log"), content);
    harness.turn(() => harness.log.read(offset(0), offset(100), 1000));
    harness.stepDisk();
    expect(harness.told.at(-1)).toBe("readable");
    expect(harness.turn(() => harness.log.read(offset(0), offset(100), 1000)).parts).toHaveLength(1);
    harness.turn(() => harness.log.read(offset(1), offset(100), 1000));
    harness.settle();
    expect(harness.told.at(-1)).toMatch(/^logDamaged: .*00000000000000000000.log is damaged at byte \d+/);
    expect([harness.log.isOffline, harness.log.read(offset(0), offset(100), 1000).parts]).toEqual([true, []]);
  });

  test("is searched by time through its time index", () => {
    const harness = cold();
    for (const [timestampMs, expected] of [
      [0, 0],
      [1000, 0],
      [1049, 49],
      [1099, 99],
    ] as const) {
      const found: unknown[] = [];
      harness.turn(() => harness.log.findByTimestamp(timestampMs, offset(100), (result) => found.push(result?.offset)));
      harness.settle();
      expect(found).toEqual([expected]);
    }
    const none: unknown[] = [];
    harness.turn(() => harness.log.findByTimestamp(2000, offset(100), (result) => none.push(result)));
    harness.settle();
    expect(none).toEqual([undefined]);
  });

  test("is cut within a closed segment once that was read, and its producers are as they were there", () => {
    const harness = cold();
    expect(harness.turn(() => harness.log.truncateTo(offset(20), "test"))).toBe(false);
    expect(harness.log.appendedEnd).toBe(100);
    harness.truncate(offset(20));
    harness.settle();
    expect(harness.log.appendedEnd).toBe(20);
    expect(harness.leaderAppends(produced({ producerId: 7, baseSequence: 21 }), 1)).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
    expect(harness.leaderAppends(produced({ producerId: 7, baseSequence: 20 }), 1)).toMatchObject({ type: "appended", baseOffset: 20 });
    harness.settle();
    const again = after(harness.disk.copy(), {});
    expect(modelOf(again)).toEqual(modelOf(harness));
  });

  test("makes an index anew that is missing or wrong", () => {
    for (const kind of ["index", "timeindex"] as const) {
      const { disk } = stopped();
      const name = file(0, kind);
      const good = disk.contentOf(name)?.slice();
      const bad = (good ?? new Uint8Array(0)).slice();
      bad[3] = 1;
      disk.put(name, bad);
      const harness = after(disk.copy(), { isCleanStop: true });
      const found: unknown[] = [];
      harness.turn(() => harness.log.findByTimestamp(1012, offset(100), (result) => found.push(result?.offset)));
      harness.settle();
      expect(harness.readWhenKnown(offset(12), 1).parts).toHaveLength(1);
      harness.settle();
      expect(found).toEqual([12]);
    }
  });

  test("makes an index anew so that a start which finds it half made does not believe it", () => {
    const { disk } = stopped();
    const whole = after(disk.copy(), { isCleanStop: true });
    const lookUpIn = (harness: LogHarness, timestampMs: number): unknown => {
      const found: unknown[] = [];
      harness.turn(() => harness.log.findByTimestamp(timestampMs, offset(100), (result) => found.push(result?.offset)));
      harness.settle();
      return found[0];
    };
    const times = [1000, 1007, 1019, 1026, 1033, 1038];
    const expected = times.map((timestamp) => lookUpIn(whole, timestamp));
    expect(expected).toEqual([0, 7, 19, 26, 33, 38]);
    for (const kind of ["index", "timeindex"] as const) {
      const bad = new Uint8Array(disk.contentOf(file(0, kind))?.length ?? 0);
      for (let steps = 0, isOver = false; !isOver; steps++) {
        const harness = new LogHarness({ disk: disk.copy(), config: CONFIG, isCleanStop: true });
        harness.disk.put(file(0, kind), bad);
        harness.recover().settle();
        harness.turn(() => harness.log.findByTimestamp(1012, offset(100), () => undefined));
        harness.turn(() => harness.log.read(offset(12), offset(100), 1));
        for (let step = 0; step < steps && harness.disk.waiting.length > 0; step++) harness.stepDisk();
        isOver = harness.disk.waiting.length === 0;
        for (let seed = 0; seed < 4; seed++) {
          const again = after(harness.disk.crash(new Prng(seed)), { recoveryPoint: 100 });
          expect(times.map((timestamp) => lookUpIn(again, timestamp))).toEqual(expected);
          expect(again.disk.names(DIRECTORY).filter((name) => name.endsWith(".tmp"))).toEqual([]);
        }
      }
    }
  });

  test("is cut, and written on, while an index of it is made anew, and its files say what is there", () => {
    const config = { ...CONFIG, segmentBytes: 8_000 };
    const before = new LogHarness({ config }).recovered();
    const isMany = (count: unknown): boolean => Number(count) > 15;
    const append = (harness: LogHarness, timestamp: number): unknown => harness.leaderAppends(produced({ valueBytes: 30, timestamp }));
    for (let i = 0; i < 50; i++) append(before, 1000 + i);
    before.stop();
    before.settle();
    for (const kind of ["index", "timeindex"] as const) {
      for (let steps = 0, isOver = false; !isOver; steps++) {
        const harness = new LogHarness({ disk: before.disk.copy(), config, isCleanStop: true }).recovered();
        // A start believes what it can read of it, and finds out later.
        harness.disk.put(file(0, kind), new Uint8Array(0));
        for (let i = 50; i < 55; i++) append(harness, 1000 + i);
        harness.settle();
        harness.turn(() => harness.log.findByTimestamp(1012, offset(50), () => undefined));
        harness.turn(() => harness.log.read(offset(12), offset(50), 1));
        for (let step = 0; step < steps && harness.disk.waiting.length > 0; step++) harness.stepDisk();
        isOver = harness.disk.waiting.length === 0;
        if (steps % 2 === 0) harness.truncate(offset(52));
        for (let i = Number(harness.log.appendedEnd); i < 120; i++) append(harness, 1000 + i);
        // What was asked for last is done first: the segment is closed before the index is written.
        while (harness.disk.waiting.length > 0) harness.stepDisk(harness.disk.waiting.length - 1);
        harness.stop();
        harness.settle();
        const range = { baseOffset: 0, endOffset: 120, sizeInBytes: 8_000 };
        const contentOf = (one: "index" | "timeindex"): Uint8Array => harness.disk.contentOf(file(0, one)) ?? new Uint8Array(0);
        const counts = [OffsetIndex.parse(contentOf("index"), range)?.count, TimeIndex.parse(contentOf("timeindex"), range)?.count];
        expect([kind, steps, ...counts]).toEqual([kind, steps, expect.toSatisfy(isMany), expect.toSatisfy(isMany)]);
        const again = new LogHarness({ disk: harness.disk.copy(), config, isCleanStop: true }).recovered();
        for (const at of [0, 12, 30, 49, 51, 53, 60, 70, 75, 80, 119]) {
          const found: unknown[] = [];
          again.turn(() => again.log.findByTimestamp(1000 + at, offset(120), (result) => found.push(result?.offset)));
          again.settle();
          expect([kind, steps, at, ...found]).toEqual([kind, steps, at, at]);
        }
      }
    }
  });

  test("keeps within the bytes that the node allows for it", () => {
    const harness = after(stopped().disk.copy(), { isCleanStop: true });
    const tight = new LogHarness({ disk: harness.disk.copy(), config: CONFIG, isCleanStop: true, indexCacheBytes: 1 }).recovered();
    expect(batchIds(tight.readAll())).toEqual(batchIds(harness.readAll()));
  });
});

describe("a segment", () => {
  const bases = ({ disk }: LogHarness): readonly number[] =>
    disk.names(DIRECTORY).flatMap((name) => (name.endsWith(".log") ? [Number.parseInt(name, 10)] : []));

  test("is closed when a record is younger than its first by segment.ms, and only then", () => {
    const harness = new LogHarness({ config: { segmentMs: 1000 } }).recovered();
    for (const timestamp of [0, 500, 1000, 1001, 1500, 2002]) harness.leaderAppends(produced({ timestamp }));
    harness.settle();
    expect(bases(harness)).toEqual([0, 3, 5]);
  });

  test("is closed when an index is full", () => {
    const harness = new LogHarness({ config: { indexIntervalBytes: 0, indexBytesMax: 60 } }).recovered();
    for (let i = 0; i < 20; i++) harness.leaderAppends(produced({ timestamp: i }));
    harness.settle();
    expect(bases(harness).length).toBeGreaterThan(3);
    for (const base of bases(harness)) {
      expect(harness.disk.contentOf(file(base, "index"))?.length ?? 0).toBeLessThanOrEqual(60);
      expect(harness.disk.contentOf(file(base, "timeindex"))?.length ?? 0).toBeLessThanOrEqual(60);
    }
  });

  test("has its index, time index and a snapshot behind it when it is closed", () => {
    const names = written().disk.names(DIRECTORY);
    const [, second] = names.filter((name) => name.endsWith(".log"));
    expect(names).toEqual(expect.arrayContaining([file(0, "index"), file(0, "timeindex")].map((path) => path.slice(DIRECTORY.length + 1))));
    expect(names).toContain(second?.replace(".log", ".snapshot"));
  });

  test("forgets producers that wrote nothing for producer.id.expiration.ms", () => {
    const harness = new LogHarness({ config: { producerIdExpirationMs: 1000 } }).recovered();
    harness.leaderAppends(produced({ producerId: 1, baseSequence: 0, timestamp: NOW.wallMs - 1000 }));
    harness.leaderAppends(produced({ producerId: 2, baseSequence: 0, timestamp: NOW.wallMs - 999 }));
    harness.log.expireProducers(NOW);
    expect(harness.log.producerEntries.map(({ producerId }) => producerId)).toEqual([2]);
  });
});
