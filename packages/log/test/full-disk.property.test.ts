import { micros, type Now, offset, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FULL_DISK_RETRY_MS } from "../src/index.ts";
import { produced } from "./support/batches.ts";
import { LogHarness, NOW } from "./support/log-harness.ts";
import { isPrefix, modelOf, RandomWork } from "./support/random-work.ts";

const SEED = 20261121;
const CONFIG = { segmentBytes: 700 };
const HALF = (length: number): number => Math.floor(length / 2);

const later = (): Now => ({ ...NOW, monotonicUs: micros(NOW.monotonicUs + FULL_DISK_RETRY_MS * 1000) });

function tryAgain(harness: LogHarness): void {
  harness.turn(() => harness.log.deadline(later()));
  harness.settle();
}

describe("a full disk", () => {
  test("refuses what comes, keeps what was accepted, and writes it to the same place when there is room", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.leaderAppends(produced({ value: "before" }));
    harness.settle();
    harness.disk.full = HALF;
    harness.leaderAppends(produced({ value: "accepted" }));
    harness.settle();
    expect(harness.leaderAppends(produced())).toMatchObject({ error: "KAFKA_STORAGE_ERROR", message: expect.stringContaining("no space is left") });
    expect([harness.log.isOffline, harness.log.isFull, harness.log.writtenEnd, harness.log.appendedEnd]).toEqual([false, true, 1, 2]);
    tryAgain(harness);
    expect([harness.log.isFull, harness.log.writtenEnd]).toEqual([true, 1]);
    harness.disk.full = undefined;
    const accepted = modelOf(harness);
    tryAgain(harness);
    expect([harness.log.isFull, harness.log.writtenEnd, harness.leaderAppends(produced()).type]).toEqual([false, 2, "appended"]);
    harness.settle();
    const again = new LogHarness({ disk: harness.disk.crash(new Prng(1)), config: CONFIG }).recovered();
    expect(again.log.appendedEnd).toBe(3);
    expect(isPrefix(accepted, modelOf(again))).toBe(true);
  });

  test("proves nothing by a sync that was under way", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.leaderAppends(produced());
    harness.disk.full = HALF;
    harness.turn(() => harness.log.sync(NOW));
    harness.settle();
    expect([harness.log.isOffline, harness.log.syncedEnd, harness.log.writtenEnd]).toEqual([false, 0, 0]);
    harness.disk.full = undefined;
    tryAgain(harness);
    harness.turn(() => harness.log.sync(NOW));
    harness.settle();
    expect([harness.log.syncedEnd, harness.log.writtenEnd]).toEqual([1, 1]);
  });

  test("keeps a new log from beginning only until there is room", () => {
    const harness = new LogHarness({ config: CONFIG });
    harness.disk.full = HALF;
    harness.recover().settle();
    expect([harness.log.isReady, harness.log.isOffline, harness.log.isFull]).toEqual([false, false, true]);
    harness.disk.full = undefined;
    tryAgain(harness);
    expect([harness.log.isReady, harness.log.isFull]).toEqual([true, false]);
  });

  test("may be truncated while it is full: what was cut off is not written any more", () => {
    const harness = new LogHarness({ config: CONFIG }).recovered();
    harness.disk.full = HALF;
    for (const value of ["a", "b", "c"]) harness.leaderAppends(produced({ value }));
    harness.settle();
    harness.turn(() => harness.log.truncateTo(offset(1), "test"));
    harness.disk.full = undefined;
    tryAgain(harness);
    expect([harness.log.appendedEnd, harness.log.writtenEnd, harness.log.isFull]).toEqual([1, 1, false]);
    expect(new LogHarness({ disk: harness.disk.crash(new Prng(1)), config: CONFIG }).recovered().log.appendedEnd).toBe(1);
  });

  test("comes and goes at any moment of any work: nothing that was accepted is lost, and no file has a hole", () => {
    const run = (seed: number, calls: number): void => {
      const prng = new Prng(seed);
      const harness = new LogHarness({ config: CONFIG }).recovered();
      const work = new RandomWork(harness, prng.fork("work"));
      for (let call = 0; call < calls; call++) {
        if (prng.below(6) === 0) harness.disk.full = harness.disk.full === undefined ? (length) => prng.between(0, length) : undefined;
        harness.turn(() => {
          for (let left = prng.between(1, 3); left > 0; left--) work.act();
        });
        for (let left = prng.between(0, 6); left > 0 && harness.disk.waiting.length > 0; left--) harness.stepDisk(prng.below(harness.disk.waiting.length));
        if (prng.below(3) === 0) harness.turn(() => harness.log.deadline(later()));
        expect(harness.log.isOffline, harness.told.join()).toBe(false);
        expect(modelOf(harness)).toEqual(work.model);
      }
      harness.disk.full = undefined;
      for (let round = 0; round < 3; round++) {
        harness.settle();
        harness.turn(() => harness.log.deadline(later()));
      }
      harness.settle();
      expect([harness.log.isFull, harness.log.writtenEnd]).toEqual([false, harness.log.appendedEnd]);
      expect(modelOf(harness)).toEqual(work.model);
      const again = new LogHarness({ disk: harness.disk.crash(prng), config: CONFIG }).recovered();
      expect(modelOf(again)).toEqual(work.model);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.integer({ min: 5, max: 60 }), run), { seed: SEED, numRuns: 400 });
  });
});
