import { invariant, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogHarness } from "./support/log-harness.ts";
import { endOf, isPart, type ModelLog, modelOf, RandomWork } from "./support/random-work.ts";
import type { Loss, TestDisk } from "./support/test-disk.ts";

/** As `crash.property.test.ts`, for a log whose start moves and whose old segments are deleted. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20261121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 120);
const CONFIG = { segmentBytes: 700, indexIntervalBytes: 150, isDeletingOldSegments: true, retentionBytes: 1500, fileDeleteDelayMs: 0 };

interface Start {
  readonly hasLostPageCache?: boolean;
  readonly isCleanStop?: boolean;
  readonly recoveryPoint?: number;
  readonly logStartOffset?: number;
}

interface Run {
  readonly harness: LogHarness;
  readonly work: RandomWork;
  readonly prng: Prng;
  /** Recovery points that were written down, the newest last: a killed process may leave one of before a truncation. */
  readonly points: number[];
}

const recoveredFrom = (disk: TestDisk, start: Start): LogHarness => new LogHarness({ disk, config: CONFIG, indexCacheBytes: 2000, ...start }).recovered();

/** Ends behind the disk's `operations`-th operation, or after `calls` calls. */
function run(from: Run, operations: number, calls: number): Run {
  const { harness, work, prng, points } = from;
  const isOver = (): boolean => harness.disk.happened.length >= operations;
  for (let call = 0; call < calls && !isOver(); call++) {
    invariant(!harness.log.isOffline, "nothing fails", { told: harness.told });
    harness.turn(() => {
      for (let left = prng.between(1, 3); left > 0; left--) work.act();
    });
    for (let left = prng.between(0, 6); left > 0 && harness.disk.waiting.length > 0 && !isOver(); left--)
      harness.stepDisk(prng.below(harness.disk.waiting.length));
    if (prng.below(8) === 0) points.push(harness.log.syncedEnd);
  }
  return from;
}

function firstRun(seed: number, operations: number): Run {
  const prng = new Prng(seed);
  const harness = new LogHarness({ config: CONFIG, indexCacheBytes: 2000 }).recovered();
  return run({ harness, work: new RandomWork(harness, prng.fork("work"), undefined, true), prng: prng.fork("run"), points: [] }, operations, 80);
}

/** `whole`: with what is deleted, and lies in the first segment still. */
function nextRun(harness: LogHarness, whole: ModelLog, before: Run): Run {
  const work = new RandomWork(harness, before.prng.fork("work"), whole, true);
  harness.turn(() => work.newEpoch(before.work));
  work.history.unshift(...before.work.history);
  return run({ harness, work, prng: before.prng.fork("run"), points: before.points }, Number.MAX_SAFE_INTEGER, 15);
}

/** The directory's checkpoint may say where the log starts, or be of earlier. */
function startOf({ harness: { log }, prng, points }: Run): Start {
  const logStartOffset = prng.below(3) === 0 ? prng.between(0, log.logStartOffset) : log.logStartOffset;
  const point = prng.below(3) === 0 ? log.syncedEnd : points[prng.below(points.length + 1)];
  return { logStartOffset, ...(point === undefined ? {} : { recoveryPoint: point }) };
}

/** Nothing below `end` is missing but what was deleted. */
function expectKept(found: ModelLog, { work, harness: { log } }: Run, end: number): void {
  const startOffset = Math.max(log.logStartOffset, found.startOffset);
  const mustHave = work.model.batches.filter((id) => endOf(id) > startOffset && endOf(id) <= end);
  const has = found.batches.filter((id) => endOf(id) > startOffset).slice(0, mustHave.length);
  expect(has, `start ${log.logStartOffset}, found ${found.startOffset}`).toEqual(mustHave);
  if (mustHave.length > 0) expect(found.startOffset, "what was not deleted").toBeLessThanOrEqual(log.logStartOffset);
}

function expectSound(found: ModelLog, { work }: Run): void {
  if (!work.history.some((model) => isPart(found, model))) expect(found, "a part of a log that there was").toEqual(work.model);
}

/** A snapshot has the last batch of each. */
const lastOf = ({ log }: LogHarness) => new Map(log.producerEntries.map(({ producerId, batches, ...rest }) => [producerId, { ...rest, last: batches.at(-1) }]));

describe(`a log whose oldest records are deleted, after a crash at any file operation (seed ${SEED})`, () => {
  test("of the process has all that was written and not deleted, and starts where the checkpoint says", () => {
    const check = (seed: number, operations: number): void => {
      let crashed = firstRun(seed, operations);
      for (let life = 0; life < 3; life++) {
        const { log } = crashed.harness;
        const start = startOf(crashed);
        const disk = crashed.harness.disk.crash(crashed.prng);
        const read = recoveredFrom(disk.copy(), {});
        const whole = modelOf(read);
        const again = recoveredFrom(disk, start);
        const found = modelOf(again);
        expect(lastOf(again), "as all the records tell").toEqual(lastOf(read));
        expectSound(found, crashed);
        expectKept(found, crashed, log.writtenEnd);
        if (start.logStartOffset === log.logStartOffset && again.log.appendedEnd >= log.logStartOffset && isPart(found, crashed.work.model))
          expect(found.startOffset, "the start is kept").toBe(log.logStartOffset);
        expect(again.disk.names("orders-0").filter((name) => name.endsWith(".deleted"))).toEqual([]);
        crashed = nextRun(again, whole, crashed);
      }
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(400), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the host has all that was synced and not deleted, without a hole, and never begins at 0 anew", () => {
    const check = (seed: number, operations: number, loss: Loss): void => {
      const crashed = firstRun(seed, operations);
      const { log } = crashed.harness;
      const disk = crashed.harness.disk.losePower(loss, crashed.prng);
      const found = modelOf(recoveredFrom(disk, { ...startOf(crashed), hasLostPageCache: true }));
      expectSound(found, crashed);
      expectKept(found, crashed, log.syncedEnd);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(600), fc.constantFrom<Loss>("kept", "dropped", "torn", "torn"), check), { seed: SEED, numRuns: RUNS });
  });

  test("knows the last batches of the producers that it knew", () => {
    const check = (seed: number, operations: number): void => {
      const crashed = firstRun(seed, operations);
      crashed.harness.settle();
      const known = lastOf(crashed.harness);
      const again = recoveredFrom(crashed.harness.disk.crash(crashed.prng), startOf(crashed));
      expect(lastOf(again)).toEqual(known);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(400), check), { seed: SEED, numRuns: RUNS });
  });
});
