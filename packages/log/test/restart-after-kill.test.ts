import { micros, offset, Prng } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { BACKGROUND_SYNC_BYTES, RECOVERY_PROGRESS_MS, RECOVERY_READ_BYTES } from "../src/log-config.ts";
import { encodeEpochCheckpoint } from "../src/leader-epoch-checkpoint.ts";
import { batchIds, produced } from "./support/batches.ts";
import { DIRECTORY, type HarnessOptions, LogHarness, NOW } from "./support/log-harness.ts";
import type { TestDisk } from "./support/test-disk.ts";

const MIB = 1024 * 1024;
const BATCH_BYTES = 4 * MIB;
/** One segment, as by default. */
const CONFIG = { segmentBytes: 1024 * MIB, maxMessageBytes: 8 * MIB };
const pathOf = (base: number, kind: string): string => `${DIRECTORY}/${String(base).padStart(20, "0")}.${kind}`;

/** An active segment of 72 MiB, twice synced in the background, whose process is killed. */
function killed(isIdempotent: boolean): LogHarness {
  const harness = new LogHarness({ config: CONFIG }).recovered();
  for (let at = 0; at < 18; at++) {
    harness.leaderAppends(produced({ valueBytes: BATCH_BYTES, ...(isIdempotent ? { producerId: 7, baseSequence: at } : {}) }));
    harness.settle();
  }
  return harness;
}

const started = (disk: TestDisk, how: HarnessOptions = {}): LogHarness => new LogHarness({ disk, config: CONFIG, ...how }).recovered();
const scannedBy = ({ trace }: LogHarness): number => (trace.at(-1) as { scannedBytes: number }).scannedBytes;

describe.each([
  ["an idempotent producer", true],
  ["a producer that is none", false],
])("a log of %s, killed within a large segment,", (_, isIdempotent) => {
  const before = killed(isIdempotent);
  const { syncedEnd } = before.log;
  const { disk } = before;
  const size = before.log.sizeInBytes;
  const behindSync = ((18 - syncedEnd) / 18) * size;

  test("was synced in the background within reach of its end", () => {
    expect(size).toBeGreaterThan(2 * BACKGROUND_SYNC_BYTES);
    expect(behindSync).toBeLessThanOrEqual(BACKGROUND_SYNC_BYTES);
  });

  test.each([
    ["of the last sync", syncedEnd],
    ["of long before", 0],
    ["of before a truncation", 1000],
  ])("is read from its last sync on, with a recovery point %s", (__, recoveryPoint) => {
    const again = started(disk.copy(), { recoveryPoint });
    expect(again.log.appendedEnd).toBe(18);
    // The batch before is gone through again, for the index has no entry behind it.
    expect(scannedBy(again)).toBeLessThanOrEqual(behindSync + BATCH_BYTES + RECOVERY_READ_BYTES);
    expect(again.log.producerEntries).toHaveLength(isIdempotent ? 1 : 0);
    expect(again.log.producerEntries.map(({ batches }) => batches.at(-1)?.lastSequence)).toEqual(isIdempotent ? [17] : []);
  });

  test.each([syncedEnd, 0])("is not synced at once, whatever recovery point is known (%i): ten thousand logs would be", (recoveryPoint) => {
    const again = started(disk.copy(), { recoveryPoint });
    again.leaderAppends(produced({ value: "next" }));
    again.settle();
    expect(again.log.syncedEnd).toBe(0);
  });

  test("is read from its first record where no recovery point is known, and where the page cache was lost", () => {
    expect(scannedBy(started(disk.copy()))).toBe(size);
    expect(scannedBy(started(disk.copy(), { recoveryPoint: syncedEnd, hasLostPageCache: true }))).toBe(size);
  });
});

test("a log that is read for long tells once a second how far it has come", () => {
  const { disk } = killed(false);
  const again = new LogHarness({ disk: disk.copy(), config: CONFIG });
  again.recover();
  for (let pieces = 0; again.disk.waiting.length > 0; pieces++) {
    again.now = { ...NOW, monotonicUs: micros(NOW.monotonicUs + pieces * (RECOVERY_PROGRESS_MS / 20) * 1000) };
    again.stepDisk();
  }
  const told = again.trace.filter(({ kind }) => kind === "log-recovering") as { scannedBytes: number; totalBytes: number }[];
  expect(told).toHaveLength(Math.floor(again.log.sizeInBytes / RECOVERY_READ_BYTES / 20));
  expect(told.every(({ scannedBytes, totalBytes }) => scannedBytes < totalBytes && totalBytes === again.log.sizeInBytes)).toBe(true);
});

describe("before the marker of a truncation is there", () => {
  const isOf = (name: string): boolean => name.includes("leader-epoch") || name.includes("txnindex") || name.includes("snapshot");

  test("no file is changed that tells of the records that go: a start without the marker believes them all", () => {
    const small = { segmentBytes: 1000, indexIntervalBytes: 100 };
    const harness = new LogHarness({ config: small }).recovered();
    for (let at = 0; at < 30; at++) {
      harness.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: at }), Math.floor(at / 5));
      harness.settle();
    }
    const epochs = [...harness.log.epochEntries];
    harness.truncate(offset(12));
    const marker = harness.disk.waiting.findIndex(({ name }) => name === "append");
    expect(harness.disk.waiting).toHaveLength(1);
    expect(marker).toBe(0);
    const again = new LogHarness({ disk: harness.disk.copy(), config: small, recoveryPoint: 29 }).recovered();
    expect([again.log.appendedEnd, again.log.epochEntries]).toEqual([30, epochs]);
    harness.stepDisk();
    expect(harness.disk.happened.at(-1)).toBe(`append ${DIRECTORY}/truncation.under-way`);
    harness.settle();
    expect(harness.disk.happened.some(isOf)).toBe(true);
    const last = new LogHarness({ disk: harness.disk.copy(), config: small, recoveryPoint: 29 }).recovered();
    expect([last.log.appendedEnd, last.log.epochEntries]).toEqual([12, epochs.slice(0, 3)]);
  });

  test("and of a second one behind the first", () => {
    const small = { segmentBytes: 1000, indexIntervalBytes: 100 };
    const harness = new LogHarness({ config: small }).recovered();
    for (let at = 0; at < 30; at++) harness.leaderAppends(produced({ valueBytes: 60 }), Math.floor(at / 5));
    harness.settle();
    const epochs = [...harness.log.epochEntries];
    harness.truncate(offset(26));
    harness.truncate(offset(6));
    const isDeletion = (what: string | undefined): boolean => what === `delete ${DIRECTORY}/truncation.under-way`;
    while (!isDeletion(harness.disk.happened.at(-1))) harness.stepDisk();
    const again = new LogHarness({ disk: harness.disk.copy(), config: small, recoveryPoint: 26 }).recovered();
    // What is cut of the segment is left to the second, which drops it.
    expect([again.log.appendedEnd, again.log.epochEntries]).toEqual([28, epochs]);
  });

  test("an epoch that waits for its turn to be written waits for it too", () => {
    const small = { segmentBytes: 1000, indexIntervalBytes: 100 };
    const harness = new LogHarness({ config: small }).recovered();
    for (let at = 0; at < 20; at++) harness.leaderAppends(produced({ valueBytes: 60 }), at < 10 ? 0 : 1);
    harness.settle();
    harness.leaderAppends(produced({ valueBytes: 60 }), 2);
    harness.truncate(offset(5));
    while (!harness.disk.happened.at(-1)?.endsWith("truncation.under-way")) {
      const crashed = new LogHarness({ disk: harness.disk.crash(new Prng(1)), config: small, recoveryPoint: 20 }).recovered();
      expect(crashed.log.epochEntries.slice(0, 2)).toEqual([
        { epoch: 0, startOffset: 0 },
        { epoch: 1, startOffset: 10 },
      ]);
      harness.stepDisk();
    }
    harness.settle();
    expect(new LogHarness({ disk: harness.disk.copy(), config: small, recoveryPoint: 20 }).recovered().log.epochEntries).toEqual([
      { epoch: 0, startOffset: 0 },
    ]);
  });
});

describe("a log that a start finds, killed, with a recovery point of before a truncation,", () => {
  const before = new LogHarness({ config: { segmentBytes: 400 } }).recovered();
  for (let at = 0; at < 10; at++) before.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: at }));
  before.settle();
  const again = new LogHarness({ disk: before.disk.crash(new Prng(1)), config: { segmentBytes: 400 }, recoveryPoint: 100 }).recovered();
  const closedEnd = again.log.segmentPaths.map((path) => Number(path.slice(-24, -4))).at(-1) ?? 0;

  test("counts as synced up to its active segment: all that a power cut leaves", () => {
    expect([again.log.syncedEnd, again.log.writtenEnd]).toEqual([closedEnd, 10]);
    expect(closedEnd).toBeGreaterThan(0);
    const disk = again.disk.losePower("dropped", new Prng(1));
    expect(new LogHarness({ disk, recoveryPoint: 100, hasLostPageCache: true }).recovered().log.appendedEnd).toBe(closedEnd);
  });

  test("is synced when somebody asks", () => {
    again.turn(() => again.log.sync(NOW));
    again.settle();
    expect(again.log.syncedEnd).toBe(10);
    const disk = again.disk.losePower("dropped", new Prng(1));
    expect(new LogHarness({ disk, recoveryPoint: 100, hasLostPageCache: true }).recovered().log.appendedEnd).toBe(10);
  });
});

test("a file of epochs that a power cut brought back is written again: the next start believes it where it reads no batch", () => {
  const small = { segmentBytes: 1000, indexIntervalBytes: 100 };
  const harness = new LogHarness({ config: small }).recovered();
  for (let at = 0; at < 30; at++) harness.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: at }), 3);
  harness.settle();
  const disk = harness.disk.copy();
  disk.put(`${DIRECTORY}/leader-epoch-checkpoint`, encodeEpochCheckpoint([{ epoch: 2, startOffset: 0 }]));
  const cut = new LogHarness({ disk, config: small, recoveryPoint: 30, hasLostPageCache: true }).recovered();
  cut.settle();
  const killed = new LogHarness({ disk: cut.disk.copy(), config: small, recoveryPoint: 30 }).recovered();
  expect(scannedBy(killed)).toBeLessThan(killed.log.sizeInBytes);
  expect([cut.log.epochEntries, killed.log.epochEntries]).toEqual([[{ epoch: 3, startOffset: 0 }], [{ epoch: 3, startOffset: 0 }]]);
  // What is true is not written again.
  expect(killed.disk.happened.some((what) => what.startsWith("rename"))).toBe(false);
});

describe("a log that begins anew", () => {
  const deleting = { segmentBytes: 400, isDeletingOldSegments: true, fileDeleteDelayMs: 1000 };

  test("leaves nothing of segments that were on their way out", () => {
    const harness = new LogHarness({ config: deleting }).recovered();
    for (let at = 0; at < 12; at++) harness.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: at }));
    harness.settle();
    harness.turn(() => {
      harness.log.moveStartTo(offset(9), NOW);
      harness.log.retain(offset(12), NOW);
    });
    while (!harness.disk.happened.some((what) => what.startsWith("rename") && what.endsWith("0.log"))) harness.stepDisk();
    harness.turn(() => harness.log.truncateFullyAndStartAt(offset(4)));
    harness.settle();
    const left = harness.disk.names(DIRECTORY).filter((name) => /^\d/.test(name) && !name.endsWith(".deleted"));
    expect(left).toEqual([pathOf(4, "log").slice(DIRECTORY.length + 1)]);
  });

  test("and was killed before its first segment was there, has none of the old files", () => {
    const { disk } = killedIn(deleting);
    const names = disk.names(DIRECTORY);
    expect([names.some((name) => name.endsWith(".log")), names.some((name) => name.endsWith(".snapshot"))]).toEqual([false, true]);
    const first = new LogHarness({ disk: disk.copy(), config: deleting, recoveryPoint: 9 }).recovered();
    expect(first.disk.names(DIRECTORY).filter((name) => /^\d|truncation/.test(name))).toEqual([]);
    for (let at = 0; at < 12; at++) first.leaderAppends(produced({ valueBytes: 60, producerId: 8, baseSequence: at }));
    first.settle();
    const second = new LogHarness({ disk: first.disk.copy(), config: deleting, recoveryPoint: 9 }).recovered();
    expect(second.log.producerEntries.map(({ producerId }) => producerId)).toEqual([8]);
    expect(batchIds(second.readAll())).toEqual(batchIds(first.readAll()));
  });
});

/** Between the old segments and the new one, with a snapshot that an earlier process left. */
function killedIn(config: NonNullable<HarnessOptions["config"]>): LogHarness {
  const harness = new LogHarness({ config }).recovered();
  for (let at = 0; at < 12; at++) harness.leaderAppends(produced({ valueBytes: 60, producerId: 7, baseSequence: at }));
  harness.settle();
  const snapshot = harness.disk.contentOf(pathOf(3, "snapshot")) ?? harness.disk.contentOf(pathOf(2, "snapshot"));
  harness.turn(() => harness.log.truncateFullyAndStartAt(offset(4)));
  while (harness.disk.names(DIRECTORY).some((name) => name.endsWith(".log"))) harness.stepDisk();
  harness.disk.put(pathOf(6, "snapshot"), snapshot ?? new Uint8Array(0));
  return harness;
}
