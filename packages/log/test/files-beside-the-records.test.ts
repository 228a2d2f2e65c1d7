import { micros, type Now, offset, type Offset, Prng } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { FULL_DISK_RETRY_MS, JobQueue } from "../src/index.ts";
import { encodeEpochCheckpoint } from "../src/leader-epoch-checkpoint.ts";
import { encodeProducerSnapshot } from "../src/producer-snapshot.ts";
import { produced } from "./support/batches.ts";
import { DIRECTORY, LogHarness, NOW } from "./support/log-harness.ts";
import type { TestDisk } from "./support/test-disk.ts";

const CONFIG = { segmentBytes: 4000, indexIntervalBytes: 300 };
const file = (base: number, kind: string): string => `${DIRECTORY}/${String(base).padStart(20, "0")}.${kind}`;
const later = (): Now => ({ ...NOW, monotonicUs: micros(NOW.monotonicUs + FULL_DISK_RETRY_MS * 1000) });
const basesOf = (disk: TestDisk): readonly number[] =>
  disk
    .names(DIRECTORY)
    .filter((name) => name.endsWith(".log"))
    .map((name) => Number.parseInt(name, 10));

function append(harness: LogHarness, count: number, { from = 0, producerId = 7, timestamp = 1000 } = {}): LogHarness {
  for (let i = from; i < from + count; i++) {
    harness.leaderAppends(produced({ valueBytes: 30, timestamp: timestamp + i, ...(producerId < 0 ? {} : { producerId, baseSequence: i }) }));
    harness.settle();
  }
  return harness;
}

const after = (disk: TestDisk, how: { isCleanStop?: boolean; recoveryPoint?: number; indexCacheBytes?: number }): LogHarness => {
  const harness = new LogHarness({ disk, config: CONFIG, ...how }).recover();
  harness.settle();
  return harness;
};

function lookUp(harness: LogHarness, timestampMs: number): Offset | "nothing" | "no answer" {
  let found: Offset | "nothing" | "no answer" = "no answer";
  harness.turn(() => harness.log.findByTimestamp(timestampMs, harness.log.appendedEnd, (result) => (found = result?.offset ?? "nothing")));
  harness.settle();
  return found;
}

describe("a truncation", () => {
  test("forgets what producers wrote in segments that are not known batch by batch", () => {
    const harness = new LogHarness({ config: CONFIG, indexCacheBytes: 1 }).recovered();
    append(harness, 40, { producerId: -1 });
    append(harness, 40);
    append(harness, 80, { producerId: -1 });
    expect(harness.log.producerEntries).toHaveLength(1);
    harness.truncate(offset(10));
    harness.settle();
    expect(harness.log.producerEntries).toEqual([]);
  });

  test("knows the producers also while the snapshot they are read from is not written yet", () => {
    const harness = new LogHarness({ config: CONFIG, indexCacheBytes: 1 }).recovered();
    append(harness, 20, { producerId: 5 });
    harness.disk.faults.push({ name: "append", path: ".snapshot", code: "ENOSPC" });
    append(harness, 140);
    const [, second = 0] = basesOf(harness.disk);
    harness.truncate(offset(second + 1));
    harness.settle();
    expect(harness.log.producerEntries.map(({ producerId }) => producerId)).toEqual([5, 7]);
  });
});

describe("a full disk", () => {
  test("does not bring back a snapshot of what was cut off meanwhile", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    append(harness, 30);
    harness.disk.faults.push({ name: "append", path: ".snapshot", code: "ENOSPC" });
    append(harness, 30, { from: 30 });
    const bases = basesOf(harness.disk);
    harness.truncate(offset(20));
    harness.settle();
    harness.turn(() => harness.log.deadline(later()));
    harness.settle();
    expect(bases.length).toBeGreaterThan(1);
    expect(harness.disk.names(DIRECTORY).filter((name) => name.endsWith(".snapshot"))).toEqual([]);
  });

  test("does not bring back index entries of what was cut off meanwhile", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.disk.faults.push({ name: "append", path: "index", code: "ENOSPC" }, { name: "append", path: "timeindex", code: "ENOSPC" });
    append(harness, 60);
    harness.truncate(offset(5));
    harness.settle();
    harness.turn(() => harness.log.deadline(later()));
    harness.settle();
    expect(harness.disk.contentOf(file(0, "index"))?.length ?? 0).toBe(0);
    expect(harness.disk.contentOf(file(0, "timeindex"))?.length ?? 0).toBe(0);
  });
});

describe("a log that is stopped", () => {
  test.each([
    [".log", "ENOSPC"],
    [".log", "EIO"],
    ["leader-epoch-checkpoint", "ENOSPC"],
    ["index", "ENOSPC"],
  ] as const)("ends, and says that not all is written, where a write to %s ends with %s", (path, code) => {
    const harness = append(new LogHarness({ config: CONFIG }).recovered(), 20);
    harness.disk.faults.push({ name: "append", path, code });
    harness.leaderAppends(produced(), 1);
    harness.stop();
    harness.settle();
    expect(harness.told.filter((what) => what.startsWith("stopped"))).toEqual(["stopped short"]);
  });
});

describe("a log that is closed while its epoch file finds no room", () => {
  test("lets the next one of the node write its own", () => {
    const epochFiles = new JobQueue(1);
    const first = new LogHarness({ config: CONFIG, epochFiles }).recovered();
    const second = new LogHarness({ config: CONFIG, epochFiles }).recovered();
    first.disk.faults.push({ name: "append", path: "leader-epoch-checkpoint", code: "ENOSPC" });
    append(first, 1);
    first.turn(() => first.log.close());
    append(second, 1);
    expect(second.disk.names(DIRECTORY)).toContain("leader-epoch-checkpoint");
  });

  test("does so too where the refusal comes behind the close", () => {
    const epochFiles = new JobQueue(1);
    const first = new LogHarness({ config: CONFIG, epochFiles }).recovered();
    const second = new LogHarness({ config: CONFIG, epochFiles }).recovered();
    first.disk.faults.push({ name: "append", path: "leader-epoch-checkpoint", code: "ENOSPC" });
    first.leaderAppends(produced());
    first.turn(() => first.log.close());
    first.settle();
    append(second, 1);
    expect(second.disk.names(DIRECTORY)).toContain("leader-epoch-checkpoint");
  });
});

describe("a look-up by timestamp", () => {
  test.each(["timeindex", "index"])("finds a record where the .%s is missing", (kind) => {
    const before = append(new LogHarness({ config: CONFIG }).recovered(), 100);
    before.stop();
    before.settle();
    const disk = before.disk.copy();
    const without = new LogHarness({ disk, config: CONFIG });
    without.disk.put(file(0, kind), new Uint8Array(0));
    const again = after(without.disk, { isCleanStop: true });
    expect(lookUp(again, 1010)).toBe(10);
  });

  test("does not go by a time index that got longer while it was read", () => {
    const config = { ...CONFIG, segmentBytes: 12_000 };
    const before = append(new LogHarness({ config }).recovered(), 50);
    before.stop();
    before.settle();
    const again = new LogHarness({ disk: before.disk.copy(), config, isCleanStop: true, indexCacheBytes: 8000 }).recovered();
    const found: (number | undefined)[] = [];
    again.turn(() => again.log.findByTimestamp(1010, again.log.appendedEnd, (result) => found.push(result?.offset)));
    // The read of the index is the slowest of all: meanwhile the segment is closed, and forgotten for the next one.
    for (let i = 50; i < 300; i++) {
      again.leaderAppends(produced({ valueBytes: 30, timestamp: 1000 + i }));
      while (again.disk.waiting.length > 1) again.stepDisk(1);
    }
    again.settle();
    expect(found).toEqual([10]);
    for (const at of [49, 60, 80, 100, 110, 200]) expect(lookUp(again, 1000 + at)).toBe(at);
  });

  test("is answered when the log is closed before what it waits for was read", () => {
    const before = append(new LogHarness({ config: CONFIG }).recovered(), 100);
    before.stop();
    before.settle();
    const again = after(before.disk.copy(), { isCleanStop: true });
    let answers = 0;
    again.turn(() => again.log.findByTimestamp(1010, again.log.appendedEnd, () => answers++));
    again.turn(() => again.log.close());
    again.settle();
    expect(answers).toBe(1);
  });
});

describe("a start", () => {
  test("goes through a segment again where the snapshot of its begin is missing, so that the log can be cut there", () => {
    const before = append(new LogHarness({ config: CONFIG }).recovered(), 20, { producerId: 5 });
    before.disk.faults.push({ name: "append", path: ".snapshot", code: "ENOSPC" });
    append(before, 140);
    const [, second = 0, third = 0] = basesOf(before.disk);
    const again = after(before.disk.copy(), { recoveryPoint: 160, indexCacheBytes: 1 });
    again.truncate(offset(second + 1));
    again.settle();
    expect(again.log.producerEntries.map(({ producerId }) => producerId)).toEqual([5, 7]);
    expect(third).toBeGreaterThan(second);
  });

  test("believes no index that was not written to its end", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    append(harness, 20);
    // All but the index files gets room.
    for (let i = 0; i < 20; i++) harness.disk.faults.push({ name: "append", path: ".timeindex", code: "ENOSPC" });
    append(harness, 60, { from: 20 });
    const bases = basesOf(harness.disk);
    const again = after(harness.disk.copy(), { recoveryPoint: bases.at(-1) ?? 0 });
    for (const at of [1, 10, 25, 40, 55, 70]) expect(lookUp(again, 1000 + at)).toBe(at);
  });

  test("begins at the newest snapshot, though the recovery point was written down long before: an active segment keeps no older one", () => {
    const large = { ...CONFIG, segmentBytes: 100_000 };
    const before = append(new LogHarness({ config: large }).recovered(), 100);
    before.stop();
    before.settle();
    const again = new LogHarness({ disk: before.disk.copy(), config: large, recoveryPoint: 20 }).recovered();
    const { scannedBytes } = again.trace.at(-1) as { scannedBytes: number };
    expect(again.log.appendedEnd).toBe(100);
    expect(scannedBytes).toBeLessThan(600);
  });

  test("deletes what it does not believe before the marker of a truncation: the next one would believe it", () => {
    const { disk } = append(new LogHarness({ config: CONFIG }).recovered(), 100);
    disk.put(file(99, "snapshot"), encodeProducerSnapshot([]));
    disk.put(`${DIRECTORY}/truncation.under-way`, new Uint8Array(0));
    const first = new LogHarness({ disk: disk.copy(), config: CONFIG, recoveryPoint: 100 }).recover();
    while (!first.disk.happened.some((what) => what.startsWith("delete") && what.endsWith("truncation.under-way"))) first.stepDisk();
    const second = after(first.disk.crash(new Prng(1)), { recoveryPoint: 100 });
    expect(second.log.producerEntries[0]?.batches).toHaveLength(5);
  });

  test("believes no snapshot of an offset within a batch: it is another log's", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    for (let at = 0; at < 8; at++) harness.leaderAppends(produced({ count: 2, producerId: 7, baseSequence: 2 * at }));
    harness.settle();
    const disk = harness.disk.copy();
    disk.put(file(3, "snapshot"), encodeProducerSnapshot([]));
    const again = after(disk, { recoveryPoint: 16 });
    expect([again.log.appendedEnd, again.log.producerEntries[0]?.batches.length]).toEqual([16, 5]);
    expect(disk.names(DIRECTORY).filter((name) => name.endsWith("snapshot"))).toEqual([]);
  });

  test("ends though the epoch file is of before the log began anew", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(1000)));
    harness.settle();
    harness.leaderAppends(produced(), 5);
    harness.settle();
    const disk = harness.disk.copy();
    disk.put(`${DIRECTORY}/leader-epoch-checkpoint`, encodeEpochCheckpoint([{ epoch: 7, startOffset: 0 }]));
    const again = new LogHarness({ disk, config: CONFIG }).recover();
    for (let steps = 0; steps < 200 && disk.waiting.length > 0; steps++) again.stepDisk();
    expect(again.log.isReady).toBe(true);
    expect(again.log.epochEntries).toEqual([{ epoch: 5, startOffset: 1000 }]);
  });
});

describe("an index that is made anew", () => {
  test("is no matter where a truncation has read the segment meanwhile", () => {
    const before = append(new LogHarness({ config: { ...CONFIG, segmentBytes: 4000 } }).recovered(), 100);
    before.stop();
    before.settle();
    const disk = before.disk.copy();
    disk.put(file(0, "index"), new Uint8Array(8).fill(255));
    const again = after(disk, { isCleanStop: true });
    again.turn(() => again.log.read(offset(10), again.log.appendedEnd, 1000));
    again.turn(() => again.log.truncateTo(offset(10), "test"));
    // The truncation's reads overtake those of the index.
    while (disk.waiting.length > 0) again.stepDisk(disk.waiting.length - 1);
    again.truncate(offset(10));
    again.settle();
    expect([again.log.appendedEnd, again.log.isOffline]).toEqual([10, false]);
  });
});
