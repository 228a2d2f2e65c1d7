import { invariant, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { LogHarness } from "./support/log-harness.ts";
import { countBelow, isPrefix, type ModelLog, modelOf, RandomWork } from "./support/random-work.ts";
import type { Loss, TestDisk } from "./support/test-disk.ts";

/** A crash at every file operation (reliability.md, K6): of appends, rolls, index files, snapshots, truncations and clean stops. */
const SEED = Number(process.env["SAMSA_FIRST_SEED"] ?? 20261121);
const RUNS = Number(process.env["SAMSA_SEEDS"] ?? 120);
const CONFIG = { segmentBytes: 700, indexIntervalBytes: 150 };

interface Start {
  readonly hasLostPageCache?: boolean;
  readonly recoveryPoint?: number;
  readonly isCleanStop?: boolean;
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
  return run({ harness, work: new RandomWork(harness, prng.fork("work")), prng: prng.fork("run"), points: [] }, operations, 60);
}

/** Goes on with what a recovery found, and may have stopped in order before. */
function nextRun(harness: LogHarness, before: Run, calls: number): Run {
  const work = new RandomWork(harness, before.prng.fork("work"), modelOf(harness));
  harness.turn(() => work.newEpoch());
  work.history.unshift(...before.work.history);
  return run({ harness, work, prng: before.prng.fork("run"), points: before.points }, Number.MAX_SAFE_INTEGER, calls);
}

const below = (model: ModelLog, end: number): ModelLog => ({ ...model, batches: model.batches.slice(0, countBelow(model, end)) });
const pointOf = ({ points, prng }: Run): Start => {
  const point = points[prng.below(points.length + 1)];
  return point === undefined ? {} : { recoveryPoint: point };
};

function expectSound(found: ModelLog, { work }: Run, mustHave: ModelLog): void {
  if (!work.history.some((model) => isPrefix(found, model))) expect(found, "the beginning of a log that there was").toEqual(work.model);
  if (mustHave.batches.length > 0) expect(isPrefix(mustHave, found), `everything that must be there is: ${JSON.stringify([mustHave, found])}`).toBe(true);
}

/** Epochs are where the batches say, also those of batches that no start has read; the last may have none. */
function expectEpochs({ log }: LogHarness, { batches }: ModelLog): void {
  const starts: { epoch: number; startOffset: number }[] = [];
  for (const id of batches) {
    const [, base, epoch] = /^(\d+)-\d+ e(\d+) /.exec(id) ?? [];
    if (starts.at(-1)?.epoch !== Number(epoch)) starts.push({ epoch: Number(epoch), startOffset: Number(base) });
  }
  expect(log.epochEntries.slice(0, starts.length)).toEqual(starts);
  expect(log.epochEntries.length - starts.length).toBeLessThanOrEqual(1);
}

/** A snapshot has the last batch of each. */
const lastOf = ({ log }: LogHarness) => new Map(log.producerEntries.map(({ producerId, batches, ...rest }) => [producerId, { ...rest, last: batches.at(-1) }]));

/** Whatever was not read says what the records do. */
function expectAsRead(again: LogHarness, disk: TestDisk): void {
  const whole = recoveredFrom(disk, {});
  expect(lastOf(again)).toEqual(lastOf(whole));
  expect(again.log.epochEntries).toEqual(whole.log.epochEntries);
}

/** What a log comes to when its recovery is cut short at any operation, and when it is done twice. */
function expectSameAgain(disk: TestDisk, start: Start, expected: ModelLog, prng: Prng): void {
  const total = recoveredFrom(disk.copy(), start).disk.happened.length;
  for (let stop = 0; stop <= total; stop++) {
    const again = new LogHarness({ disk: disk.copy(), config: CONFIG, ...start }).recover();
    for (let left = stop; left > 0 && again.disk.waiting.length > 0; left--) again.stepDisk();
    expect(modelOf(recoveredFrom(again.disk.crash(prng), { ...start, isCleanStop: false }))).toEqual(expected);
  }
}

describe(`a log after a crash at any file operation (seed ${SEED})`, () => {
  test("of the process has all that was written, whichever recovery point was written down, and whatever is read of it", () => {
    const check = (seed: number, operations: number): void => {
      const crashed = firstRun(seed, operations);
      const mustHave = below(crashed.work.model, crashed.harness.log.writtenEnd);
      const disk = crashed.harness.disk.crash(crashed.prng);
      const copy = disk.copy();
      const again = recoveredFrom(disk, pointOf(crashed));
      expectAsRead(again, copy);
      expectSound(modelOf(again), crashed, mustHave);
      expectEpochs(again, modelOf(again));
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(400), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the process, which went on, crashed again, and was believed again", () => {
    const check = (seed: number, operations: number): void => {
      let crashed = firstRun(seed, operations);
      for (let life = 0; life < 3; life++) {
        const before = modelOf(crashed.harness);
        const mustHave = below(before, crashed.harness.log.writtenEnd);
        const disk = crashed.harness.disk.crash(crashed.prng);
        const copy = disk.copy();
        const again = recoveredFrom(disk, pointOf(crashed));
        expectAsRead(again, copy);
        expectSound(modelOf(again), crashed, mustHave);
        expectEpochs(again, modelOf(again));
        crashed = nextRun(again, crashed, 15);
      }
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(200), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the process, and then of the host, has all that counted as synced, whichever recovery point was written down", () => {
    const check = (seed: number, operations: number, loss: Loss): void => {
      const killed = firstRun(seed, operations);
      // An earlier log's end of before a truncation.
      const recoveryPoint = killed.prng.below(2 * killed.harness.log.appendedEnd + 1);
      const again = recoveredFrom(killed.harness.disk.crash(killed.prng), { recoveryPoint });
      const crashed = nextRun(again, killed, killed.prng.below(15));
      const mustHave = below(crashed.work.model, crashed.harness.log.syncedEnd);
      const disk = crashed.harness.disk.losePower(loss, crashed.prng);
      expectSound(modelOf(recoveredFrom(disk, { ...pointOf(crashed), hasLostPageCache: true })), crashed, mustHave);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(400), fc.constantFrom<Loss>("kept", "dropped", "torn", "torn"), check), { seed: SEED, numRuns: RUNS });
  });

  test("of the host has all that was synced, and no recovery point or marker is believed", () => {
    const check = (seed: number, operations: number, loss: Loss): void => {
      const crashed = firstRun(seed, operations);
      const mustHave = below(crashed.work.model, crashed.harness.log.syncedEnd);
      const disk = crashed.harness.disk.losePower(loss, crashed.prng);
      const start = { ...pointOf(crashed), hasLostPageCache: true, isCleanStop: crashed.prng.below(2) === 0 };
      expectSound(modelOf(recoveredFrom(disk, start)), crashed, mustHave);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(400), fc.constantFrom<Loss>("kept", "dropped", "torn", "torn"), check), { seed: SEED, numRuns: RUNS });
  });

  test("and after a clean stop is what it was, and goes on", () => {
    const check = (seed: number, operations: number): void => {
      let stopped = firstRun(seed, operations);
      for (let life = 0; life < 3; life++) {
        stopped.harness.stop();
        const { model } = stopped.work;
        stopped.harness.settle();
        expect(stopped.harness.told).toContain("stopped");
        const again = recoveredFrom(stopped.harness.disk.crash(stopped.prng), { isCleanStop: true, ...pointOf(stopped) });
        expect(modelOf(again)).toEqual(model);
        expectEpochs(again, model);
        stopped = nextRun(again, stopped, 15);
      }
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(200), check), { seed: SEED, numRuns: RUNS });
  });

  test("is the same when its recovery is cut short at any operation, and when it is done twice", () => {
    const check = (seed: number, operations: number): void => {
      const crashed = firstRun(seed, operations);
      const disk = crashed.harness.disk.crash(crashed.prng);
      const start = pointOf(crashed);
      const expected = modelOf(recoveredFrom(disk.copy(), start));
      expectSameAgain(disk, start, expected, crashed.prng);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(300), check), { seed: SEED, numRuns: Math.ceil(RUNS / 6) });
  });
});
