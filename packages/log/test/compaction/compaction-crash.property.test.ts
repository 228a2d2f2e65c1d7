import { invariant, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { foundIn, KeyedWork, type WholeLog, whyNoCompaction } from "../support/keyed-work.ts";
import { LogHarness } from "../support/log-harness.ts";
import type { Loss, TestDisk } from "../support/test-disk.ts";

/** As `crash.property.test.ts`, for a log that is compacted all the time. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20261122);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 120);
const CONFIG = { segmentBytes: 900, indexIntervalBytes: 150, isCompacted: true, deleteRetentionMs: 0, fileDeleteDelayMs: 0 };

interface Start {
  readonly hasLostPageCache?: boolean;
  readonly recoveryPoint?: number;
  readonly cleanedEnd?: number;
  readonly logStartOffset?: number;
}

interface Run {
  readonly harness: LogHarness;
  readonly work: KeyedWork;
  readonly prng: Prng;
}

const recoveredFrom = (disk: TestDisk, start: Start): LogHarness => new LogHarness({ disk, config: CONFIG, indexCacheBytes: 2000, ...start }).recovered();

/** Ends behind the disk's `operations`-th operation, or after `calls` calls. */
function run(from: Run, operations: number, calls: number): Run {
  const { harness, work, prng } = from;
  const isOver = (): boolean => harness.disk.happened.length >= operations;
  for (let call = 0; call < calls && !isOver(); call++) {
    invariant(!harness.log.isOffline, "nothing fails", { told: harness.told });
    harness.turn(() => {
      for (let left = prng.between(1, 3); left > 0; left--) work.act();
    });
    for (let left = prng.between(0, 12); left > 0 && harness.disk.waiting.length > 0 && !isOver(); left--)
      harness.stepDisk(prng.below(harness.disk.waiting.length));
  }
  return from;
}

function firstRun(seed: number, operations: number, isCut: boolean): Run {
  const prng = new Prng(seed);
  const harness = new LogHarness({ config: CONFIG, indexCacheBytes: 2000 }).recovered();
  return run({ harness, work: new KeyedWork({ harness, prng: prng.fork("work"), isCut }), prng: prng.fork("run") }, operations, 80);
}

/** Of what there was before, what the log may have gone on from. A log that is cut within what was compacted may be cut half way. */
function wholeBehind(found: WholeLog, { work }: Run): WholeLog | undefined {
  const isTorn = work.isCut && found.endOffset < work.cleanedEnd;
  const known = isTorn ? work.history.map((whole) => ({ ...whole, isTorn })) : work.history;
  const before = known.findLast((whole) => whyNoCompaction(found, whole, work.cleanedEnd) === undefined);
  return before === undefined ? undefined : { ...before, endOffset: found.endOffset, records: before.records.filter(({ offset }) => offset < found.endOffset) };
}

function expectSound(found: WholeLog, crashed: Run): void {
  if (wholeBehind(found, crashed) === undefined) expect(whyNoCompaction(found, crashed.work.model, crashed.work.cleanedEnd)).toBeUndefined();
}

function nextRun(harness: LogHarness, before: Run, calls: number): Run {
  const from = wholeBehind(foundIn(harness), before);
  invariant(from !== undefined, "it was sound", {});
  const work = new KeyedWork({ harness, prng: before.prng.fork("work"), from, isCut: true, epoch: before.work.epoch });
  work.cleanedEnd = before.work.cleanedEnd;
  harness.turn(() => work.elect());
  work.history.unshift(...before.work.history);
  return run({ harness, work, prng: before.prng.fork("run") }, Number.MAX_SAFE_INTEGER, calls);
}

/** The checkpoints of the directory, which may be of earlier. */
function startOf({ harness: { log }, prng }: Run): Start {
  const cleanedEnd = log.compaction.cleanedEnd;
  return {
    logStartOffset: log.logStartOffset,
    ...(prng.below(2) === 0 ? { recoveryPoint: log.syncedEnd } : {}),
    ...(cleanedEnd === undefined || prng.below(3) === 0 ? {} : { cleanedEnd: prng.below(2) === 0 ? cleanedEnd : prng.below(cleanedEnd + 50) }),
  };
}

/** A snapshot has the last batch of each. */
const lastOf = ({ log }: LogHarness) =>
  new Map(
    log.producerEntries.map(({ producerId, epoch, batches }) => [
      producerId,
      { epoch, sequence: batches.at(-1)?.lastSequence, end: batches.at(-1)?.endOffset },
    ]),
  );

describe(`a log that is compacted, after a crash at any file operation (seed ${SEED})`, () => {
  test("reads at any time as compaction may leave it, whatever the disk's order", () => {
    let rounds = 0;
    const check = (seed: number, isCut: boolean): void => {
      const prng = new Prng(seed);
      const harness = new LogHarness({ config: CONFIG, indexCacheBytes: 2000, tailCacheBytes: prng.below(2) === 0 ? 0 : 1_000_000 }).recovered();
      const state: Run = { harness, work: new KeyedWork({ harness, prng: prng.fork("work"), isCut }), prng: prng.fork("run") };
      for (let call = 0; call < 60; call++) {
        run(state, Number.MAX_SAFE_INTEGER, 1);
        expect(whyNoCompaction(foundIn(harness), state.work.model, state.work.cleanedEnd)).toBeUndefined();
      }
      rounds += state.work.rounds;
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.boolean(), check), { seed: SEED, numRuns: Math.ceil(RUNS / 2) });
    expect(rounds, "logs were compacted").toBeGreaterThan(RUNS);
  });

  test("of the process has all that was written, and the last sequence of each producer", () => {
    const check = (seed: number, operations: number): void => {
      const crashed = firstRun(seed, operations, false);
      const { harness, work } = crashed;
      const disk = harness.disk.crash(crashed.prng);
      const read = recoveredFrom(disk.copy(), {});
      const again = recoveredFrom(disk, startOf(crashed));
      expect(lastOf(again), "as all the records tell").toEqual(lastOf(read));
      expect(again.log.epochEntries).toEqual(read.log.epochEntries);
      const found = foundIn(again);
      expect(foundIn(read)).toEqual(found);
      expectSound(found, crashed);
      expect(found.endOffset).toBeGreaterThanOrEqual(harness.log.writtenEnd);
      if (found.endOffset === work.model.endOffset) expect(lastOf(again)).toEqual(lastOf(harness));
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(600), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the process, whose log was cut, began anew and lost old segments, and which went on and crashed again", () => {
    const check = (seed: number, operations: number): void => {
      let crashed = firstRun(seed, operations, true);
      for (let life = 0; life < 3; life++) {
        const again = recoveredFrom(crashed.harness.disk.crash(crashed.prng), startOf(crashed));
        expectSound(foundIn(again), crashed);
        crashed = nextRun(again, crashed, 20);
      }
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(600), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the host has all that was synced, and nothing that a later round had taken", () => {
    const check = (seed: number, operations: number, loss: Loss, isCut: boolean): void => {
      const crashed = firstRun(seed, operations, isCut);
      const disk = crashed.harness.disk.losePower(loss, crashed.prng);
      const again = recoveredFrom(disk, { ...startOf(crashed), hasLostPageCache: true });
      const found = foundIn(again);
      expectSound(found, crashed);
      if (!isCut) expect(found.endOffset).toBeGreaterThanOrEqual(crashed.harness.log.syncedEnd);
      const gone = nextRun(again, crashed, 20);
      expectSound(foundIn(recoveredFrom(gone.harness.disk.losePower(loss, gone.prng), { ...startOf(gone), hasLostPageCache: true })), gone);
    };
    const losses = fc.constantFrom<Loss>("kept", "dropped", "torn", "torn");
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(600), losses, fc.boolean(), check), { seed: SEED, numRuns: 2 * RUNS });
  });

  test("at each of the operations of a few long runs", () => {
    for (let seed = 0; seed < 2; seed++) {
      const total = firstRun(seed, Number.MAX_SAFE_INTEGER, false).harness.disk.happened.length;
      for (let operations = 0; operations <= total; operations++) {
        const crashed = firstRun(seed, operations, false);
        const found = foundIn(recoveredFrom(crashed.harness.disk.losePower("torn", crashed.prng), { hasLostPageCache: true }));
        expectSound(found, crashed);
        expect(found.endOffset).toBeGreaterThanOrEqual(crashed.harness.log.syncedEnd);
      }
    }
  });

  test("is the same when its recovery is cut short at any operation", () => {
    const check = (seed: number, operations: number, loss: Loss | undefined): void => {
      const crashed = firstRun(seed, operations, true);
      const disk = loss === undefined ? crashed.harness.disk.crash(crashed.prng) : crashed.harness.disk.losePower(loss, crashed.prng);
      const start = { logStartOffset: crashed.harness.log.logStartOffset, hasLostPageCache: loss !== undefined };
      const first = recoveredFrom(disk.copy(), start);
      const expected = foundIn(first);
      for (let stop = 0; stop <= first.disk.happened.length; stop++) {
        const again = new LogHarness({ disk: disk.copy(), config: CONFIG, ...start }).recover();
        for (let left = stop; left > 0 && again.disk.waiting.length > 0; left--) again.stepDisk();
        const next = loss === undefined ? again.disk.crash(crashed.prng) : again.disk.losePower(loss, crashed.prng);
        expect(foundIn(recoveredFrom(next, start))).toEqual(expected);
      }
    };
    const losses = fc.constantFrom<Loss | undefined>(undefined, "kept", "dropped", "torn");
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(600), losses, check), { seed: SEED, numRuns: Math.ceil(RUNS / 6) });
  });
});
