import { invariant, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ProducerState } from "../src/index.ts";
import { batchHeaderAt } from "../src/batch-header.ts";
import { batches } from "@samsa/protocol/records";
import { LogHarness } from "./support/log-harness.ts";
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
  const order = prng.fork("order");
  harness.recover();
  const isOver = (): boolean => harness.disk.happened.length >= operations;
  while (!harness.log.isReady && !isOver()) harness.stepDisk();
  for (let call = 0; call < calls && !isOver(); call++) {
    invariant(!harness.log.isOffline, "nothing fails", { told: harness.told });
    harness.turn(() => {
      for (let left = order.between(1, 3); left > 0; left--) work.act();
    });
    for (let left = order.between(0, 6); left > 0 && harness.disk.waiting.length > 0 && !isOver(); left--)
      harness.stepDisk(order.below(harness.disk.waiting.length));
  }
  return { harness, work, prng: prng.fork("crash") };
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
  const { appendedEnd, writtenEnd, syncedEnd } = recovered.log;
  expect([writtenEnd, syncedEnd]).toEqual([appendedEnd, appendedEnd]);
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

  test("has everything that was written when only the process died, and recovery makes all of it safe from the next power cut", () => {
    const run = (seed: number, operations: number, loss: Loss): void => {
      const crashed = workUntil(seed, operations, 60);
      const mustHave = below(crashed.work.model, crashed.harness.log.writtenEnd);
      const recovered = recoveredFrom(crashed.harness.disk.crash(crashed.prng));
      expectSound(recovered, crashed, mustHave);
      expect(modelOf(recoveredFrom(recovered.disk.losePower(loss, crashed.prng)))).toEqual(modelOf(recovered));
    };
    fc.assert(fc.property(fc.nat(1_000_000), fc.nat(250), fc.constantFrom<Loss>("dropped", "torn"), run), { seed: SEED, numRuns: 120 });
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
