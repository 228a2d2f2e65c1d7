import { invariant, offset, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProducerState } from "../src/index.ts";
import { batchHeaderAt } from "../src/batch-header.ts";
import { batches } from "@samsa/protocol/records";
import { produced, stored } from "./support/batches.ts";
import { LogHarness, NOW } from "./support/log-harness.ts";
import { countBelow, isPrefix, type ModelLog, modelOf, RandomWork } from "./support/random-work.ts";
import type { Loss, TestDisk } from "./support/test-disk.ts";

const SEED = 20261121;
const CONFIG = { segmentBytes: 700 };

interface Crashed {
  readonly harness: LogHarness;
  readonly work: RandomWork;
  readonly prng: Prng;
}

/** Random work over a disk that is random too; ends behind the disk's `operations`-th operation, or after `calls` calls. */
function workUntil(seed: number, operations: number, calls: number): Crashed {
  const prng = new Prng(seed);
  const harness = new LogHarness({ config: CONFIG });
  const work = new RandomWork(harness, prng.fork("work"));
  harness.recover();
  while (!harness.log.isReady && harness.disk.happened.length < operations) harness.stepDisk();
  goOn({ harness, work, prng }, operations, calls);
  return { harness, work, prng: prng.fork("crash") };
}

function goOn({ harness, work, prng }: Crashed, operations: number, calls: number): void {
  const order = prng.fork("order");
  const isOver = (): boolean => harness.disk.happened.length >= operations;
  for (let call = 0; call < calls && !isOver(); call++) {
    invariant(!harness.log.isOffline, "nothing fails", { told: harness.told });
    harness.turn(() => {
      for (let left = order.between(1, 3); left > 0; left--) work.act();
    });
    for (let left = order.between(0, 6); left > 0 && harness.disk.waiting.length > 0 && !isOver(); left--)
      harness.stepDisk(order.below(harness.disk.waiting.length));
  }
}

function recoveredFrom(disk: TestDisk): LogHarness {
  return new LogHarness({ disk, config: CONFIG }).recovered();
}

function expectSound(recovered: LogHarness, { work }: Crashed, mustHave: ModelLog): void {
  const found = modelOf(recovered);
  const isKnown = work.history.some((model) => isPrefix(found, model));
  if (!isKnown) expect(found, "the recovered log is the beginning of one that there was").toEqual(work.model);
  if (mustHave.batches.length > 0) expect(isPrefix(mustHave, found), "everything that must be there is").toBe(true);
  const producers = new ProducerState();
  const bytes = recovered.readAll();
  for (const position of batches(bytes)) producers.update(batchHeaderAt(bytes, position));
  expect(recovered.log.producerEntries).toEqual([...producers.all()]);
  const { appendedEnd, writtenEnd } = recovered.log;
  expect(writtenEnd).toBe(appendedEnd);
}

/** What of the model lies below `end`. */
const below = (model: ModelLog, end: number): ModelLog => ({ ...model, batches: model.batches.slice(0, countBelow(model, end)) });

describe("a log after a crash at any file operation", () => {
  test("has everything that was synced, and nothing that never was, whatever a power cut does to unsynced pages and names", () => {
    const run = (seed: number, operations: number, loss: Loss): void => {
      const crashed = workUntil(seed, operations, 60);
      const mustHave = below(crashed.work.model, crashed.harness.log.syncedEnd);
      expectSound(recoveredFrom(crashed.harness.disk.losePower(loss, crashed.prng)), crashed, mustHave);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(250), fc.constantFrom<Loss>("kept", "dropped", "torn", "torn"), run), { seed: SEED, numRuns: 250 });
  });

  test("at each of the operations of a few long runs", () => {
    for (let seed = 0; seed < 2; seed++) {
      const { harness } = workUntil(seed, Number.MAX_SAFE_INTEGER, 50);
      const total = harness.disk.happened.length;
      for (let operations = 0; operations <= total; operations++) {
        const crashed = workUntil(seed, operations, 50);
        const mustHave = below(crashed.work.model, crashed.harness.log.syncedEnd);
        expectSound(recoveredFrom(crashed.harness.disk.losePower("torn", crashed.prng)), crashed, mustHave);
      }
    }
  });

  test("has everything that was written when only the process died", () => {
    const run = (seed: number, operations: number): void => {
      const crashed = workUntil(seed, operations, 60);
      const mustHave = below(crashed.work.model, crashed.harness.log.writtenEnd);
      expectSound(recoveredFrom(crashed.harness.disk.crash(crashed.prng)), crashed, mustHave);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(250), run), { seed: SEED, numRuns: 120 });
  });

  test("is the beginning of one that there was also when the process died first, went on, and then the power went: no old record behind a new one", () => {
    const run = (seed: number, operations: number, more: number, loss: Loss): void => {
      const first = workUntil(seed, operations, 60);
      const harness = recoveredFrom(first.harness.disk.crash(first.prng));
      const work = new RandomWork(harness, first.prng.fork("work"), modelOf(harness));
      harness.turn(() => work.newEpoch());
      const second = { harness, work, prng: first.prng.fork("second") };
      goOn(second, harness.disk.happened.length + more, 60);
      const mustHave = below(work.model, harness.log.syncedEnd);
      const found = recoveredFrom(harness.disk.losePower(loss, second.prng));
      work.history.unshift(...first.work.history);
      expectSound(found, second, mustHave);
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(250), fc.nat(40), fc.constantFrom<Loss>("kept", "dropped", "torn", "torn"), run), {
      seed: SEED,
      numRuns: 400,
    });
  });

  test("syncs a cut that the last process left half done, or old records would come back behind new ones", () => {
    const first = new LogHarness({ config: CONFIG }).recovered();
    // Of a leader in epoch 5 that nobody followed; the one that won wrote the next record in epoch 3.
    for (const [value, epoch] of [
      ["a", 0],
      ["b", 5],
      ["c", 5],
      ["d", 5],
    ] as const)
      first.leaderAppends(produced({ value }), epoch);
    first.turn(() => first.log.sync(NOW));
    first.settle();
    const before = modelOf(first);
    first.turn(() => first.log.truncateTo(offset(1), "test"));
    while (!first.disk.happened.at(-1)?.startsWith("truncate")) first.stepDisk();
    for (let seed = 0; seed < 100; seed++) {
      const prng = new Prng(seed);
      const again = recoveredFrom(first.disk.crash(prng));
      again.turn(() => again.log.appendAsFollower(stored({ value: "x", baseOffset: 1, epoch: 3 }), NOW));
      again.settle();
      const after = modelOf(again);
      const found = modelOf(recoveredFrom(again.disk.losePower("torn", prng)));
      expect([isPrefix(found, after), isPrefix(found, before)], JSON.stringify(found)).toContain(true);
    }
  });

  test("asks for no sync of records that the last process wrote, so that a start with many logs is short", () => {
    const first = new LogHarness({ config: CONFIG }).recovered();
    first.leaderAppends(produced());
    first.settle();
    const again = recoveredFrom(first.disk.copy());
    expect(again.disk.happened.filter((what) => what.startsWith("sync"))).toEqual([]);
    expect([again.log.syncedEnd, again.log.writtenEnd]).toEqual([0, 1]);
    const bounded = new LogHarness({ disk: first.disk.copy(), config: { ...CONFIG, flushMessages: 1 } }).recovered();
    expect([bounded.log.syncedEnd, bounded.log.writtenEnd]).toEqual([1, 1]);
  });

  test("is the same when recovery itself is cut short at any of its operations, and when it is done twice", () => {
    const run = (seed: number, operations: number, loss: Loss): void => {
      const crashed = workUntil(seed, operations, 60);
      const disk = crashed.harness.disk.losePower("torn", crashed.prng);
      const first = recoveredFrom(disk.copy());
      const expected = modelOf(first);
      const total = first.disk.happened.length;
      for (let stop = 0; stop <= total; stop++) {
        const again = new LogHarness({ disk: disk.copy(), config: CONFIG }).recover();
        for (let left = stop; left > 0; left--) again.stepDisk();
        expect(modelOf(recoveredFrom(again.disk.losePower(loss, crashed.prng)))).toEqual(expected);
      }
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(250), fc.constantFrom<Loss>("kept", "dropped", "torn"), run), { seed: SEED, numRuns: 25 });
  });
});
