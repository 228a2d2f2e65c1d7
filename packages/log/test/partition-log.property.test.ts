import { offset, Prng } from "@samsa/stdx";
import { isSlice } from "@samsa/world";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { batchIds } from "./support/batches.ts";
import { LogHarness } from "./support/log-harness.ts";
import { modelOf, RandomWork } from "./support/random-work.ts";

const SEED = 20261124;
const CONFIG = { segmentBytes: 700 };

describe("a log under random appends, fetches, truncations and syncs, whatever the disk's order", () => {
  test("reads as the model says at any time, and its slices are of the generation that the shell serves", () => {
    const run = (seed: number, tailCacheBytes: number): void => {
      const prng = new Prng(seed);
      const harness = new LogHarness({ config: CONFIG, tailCacheBytes }).recovered();
      const work = new RandomWork(harness, prng.fork("work"));
      const order = prng.fork("order");
      for (let call = 0; call < 60; call++) {
        harness.turn(() => work.act());
        expect(modelOf(harness)).toEqual(work.model);
        const { syncedEnd, writtenEnd, appendedEnd, logStartOffset } = harness.log;
        expect([logStartOffset, syncedEnd, writtenEnd, appendedEnd]).toEqual([logStartOffset, syncedEnd, writtenEnd, appendedEnd].toSorted((a, b) => a - b));
        for (let left = order.between(0, 6); left > 0 && harness.disk.waiting.length > 0; left--) harness.stepDisk(order.below(harness.disk.waiting.length));
      }
      harness.settle();
      expect(harness.log.writtenEnd).toBe(harness.log.appendedEnd);
      expect(modelOf(new LogHarness({ disk: harness.disk.copy(), config: CONFIG }).recovered())).toEqual(work.model);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.constantFrom(0, 500, 1_000_000), run), { seed: SEED, numRuns: 60 });
  });

  test("goes on after a restart from its files alone", () => {
    const run = (seed: number): void => {
      const prng = new Prng(seed);
      const first = new LogHarness({ config: CONFIG }).recovered();
      const work = new RandomWork(first, prng.fork("work"));
      for (let call = 0; call < 30; call++) first.turn(() => work.act());
      first.settle();
      const again = new LogHarness({ disk: first.disk.copy(), config: CONFIG }).recovered();
      const { log } = again;
      const { parts } = log.read(log.logStartOffset, log.appendedEnd, 1e9);
      expect(parts.every(isSlice)).toBe(true);
      for (let at: number = log.logStartOffset; at < log.appendedEnd; at++) expect(log.read(offset(at), log.appendedEnd, 1).endOffset).toBeGreaterThan(at);
      expect(batchIds(again.bytesOf(parts))).toEqual(work.model.batches);
    };
    fc.assert(fc.property(fc.nat(1_000_000), run), { seed: SEED, numRuns: 40 });
  });
});
