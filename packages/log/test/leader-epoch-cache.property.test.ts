import { Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LeaderEpochCache } from "../src/index.ts";
import { decodeEpochCheckpoint, encodeEpochCheckpoint } from "../src/leader-epoch-checkpoint.ts";
import { LogHarness } from "./support/log-harness.ts";
import { RandomWork } from "./support/random-work.ts";

const SEED = 20261123;

/** Epoch of each record, in the order of the log; epochs do not fall. */
const epochsOfRecords = fc.array(fc.nat(6), { maxLength: 20 }).map((epochs) => epochs.toSorted((a, b) => a - b));

function cacheOf(epochs: readonly number[]): LeaderEpochCache {
  const cache = new LeaderEpochCache();
  for (const [at, epoch] of epochs.entries()) cache.assign(epoch, at);
  return cache;
}

describe("the leader-epoch cache", () => {
  test("ends an epoch where the records say: the largest epoch of this log that is not larger, behind its last record", () => {
    fc.assert(
      fc.property(epochsOfRecords, fc.nat(8), (epochs, asked) => {
        const largest = Math.max(-1, ...epochs.filter((epoch) => epoch <= asked));
        const endOffset = largest < 0 ? -1 : epochs.lastIndexOf(largest) + 1;
        expect(cacheOf(epochs).endOffsetFor(asked, epochs.length)).toEqual({ epoch: largest, endOffset });
      }),
      { seed: SEED, numRuns: 1000 },
    );
  });

  test("knows the epoch of every record, and forgets those that a truncation drops", () => {
    fc.assert(
      fc.property(epochsOfRecords, fc.nat(20), (epochs, to) => {
        const cache = cacheOf(epochs);
        for (const [at, epoch] of epochs.entries()) expect(cache.epochAt(at)).toBe(epoch);
        cache.truncateFromEnd(to);
        expect(cache.all()).toEqual(cacheOf(epochs.slice(0, to)).all());
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("keeps an epoch without records until another one starts at the same offset", () => {
    const cache = cacheOf([1, 1]);
    cache.assign(4, 2);
    expect(cache.endOffsetFor(9, 2)).toEqual({ epoch: 4, endOffset: 2 });
    cache.assign(5, 2);
    expect(cache.all()).toEqual([
      { epoch: 1, startOffset: 0 },
      { epoch: 5, startOffset: 2 },
    ]);
  });

  test("remembers the epoch of the last record before the log's start, until the log begins anew", () => {
    const starts = fc.array(fc.nat(20), { minLength: 1, maxLength: 4 }).map((all) => all.toSorted((a, b) => a - b));
    fc.assert(
      fc.property(epochsOfRecords, starts, (epochs, all) => {
        const cache = cacheOf(epochs);
        cache.assign(9, epochs.length);
        const within = all.filter((start) => start <= epochs.length);
        for (const start of within) cache.truncateFromStart(start);
        expect(cache.epochBeforeStart).toBe(epochs[(within.at(-1) ?? 0) - 1] ?? -1);
        cache.clear();
        expect(cache.epochBeforeStart).toBe(-1);
      }),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("takes no epoch that falls, or starts before the last one", () => {
    const cache = cacheOf([3, 3]);
    expect(() => cache.assign(2, 2)).toThrow("leader epochs rise");
    cache.assign(4, 2);
    expect(() => cache.assign(5, 1)).toThrow("leader epochs rise");
  });
});

describe("leader-epoch-checkpoint", () => {
  test("is Kafka's text", () => {
    expect(new TextDecoder().decode(encodeEpochCheckpoint(cacheOf([0, 3, 3]).all()))).toBe("0\n2\n0 0\n3 1\n");
  });

  test("comes back as it was written, and nothing else is believed", () => {
    fc.assert(
      fc.property(epochsOfRecords, fc.string(), (epochs, noise) => {
        const bytes = encodeEpochCheckpoint(cacheOf(epochs).all());
        expect(decodeEpochCheckpoint(bytes)).toEqual(cacheOf(epochs).all());
        if (bytes.length > 0) expect(decodeEpochCheckpoint(bytes.subarray(0, bytes.length - 1))).toBeUndefined();
        expect(decodeEpochCheckpoint(new TextEncoder().encode(`x${noise}`))).toBeUndefined();
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test("brings back an epoch that was assigned and not written in; the others come from the batches", () => {
    const run = (seed: number): void => {
      const harness = new LogHarness({ config: { segmentBytes: 700 } }).recovered();
      const work = new RandomWork(harness, new Prng(seed));
      for (let i = 0; i < 30; i++) harness.turn(() => work.act());
      harness.settle();
      const { epochEntries } = new LogHarness({ disk: harness.disk.copy() }).recovered().log;
      expect(epochEntries).toEqual(harness.log.epochEntries);
    };
    fc.assert(fc.property(fc.nat(1_000_000), run), { seed: SEED, numRuns: 60 });
  });
});
