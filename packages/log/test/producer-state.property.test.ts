import { incrementSequence } from "@samsa/protocol/records";
import { offset, Prng } from "@samsa/stdx";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BATCHES_PER_PRODUCER, type BatchHeader, PRODUCERS_MAX, ProducerState } from "../src/index.ts";
import { produced } from "./support/batches.ts";
import { LogHarness } from "./support/log-harness.ts";
import { RandomWork } from "./support/random-work.ts";

const SEED = 20261122;
const SEQUENCE_MAX = 0x7fff_ffff;

function header(fields: Partial<BatchHeader> & { readonly count?: number }): BatchHeader {
  const { count = 1, baseOffset = 0, ...rest } = fields;
  const rests = {
    sizeInBytes: 100,
    leaderEpoch: 0,
    maxTimestamp: 5,
    producerId: 7,
    producerEpoch: 0,
    baseSequence: 0,
    isControl: false,
    isTransactional: false,
    marker: undefined,
    crc: 0,
  };
  return { ...rests, baseOffset, endOffset: baseOffset + count, ...rest };
}

describe("a producer's sequences", () => {
  test("are next, duplicate or out of order exactly as the last five batches say, wherever the 31 bits wrap", () => {
    const start = fc.oneof(fc.constant(0), fc.integer({ min: SEQUENCE_MAX - 40, max: SEQUENCE_MAX }));
    fc.assert(
      fc.property(
        start,
        fc.array(fc.integer({ min: 1, max: 5 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: -30, max: 30 }),
        (first, counts, delta) => {
          const state = new ProducerState();
          const sent: BatchHeader[] = [];
          let next = first;
          let end = 0;
          for (const count of counts) {
            const batch = header({ baseSequence: next, baseOffset: end, count });
            expect(state.check(batch)).toEqual({ type: "next" });
            state.update(batch);
            sent.push(batch);
            next = incrementSequence(next, count);
            end += count;
          }
          for (const [index, batch] of sent.entries()) {
            const isKept = index >= sent.length - BATCHES_PER_PRODUCER;
            const check = state.check(header({ baseSequence: batch.baseSequence, baseOffset: end, count: batch.endOffset - batch.baseOffset }));
            expect(check).toMatchObject(
              isKept ? { type: "duplicate", batch: { baseOffset: batch.baseOffset, endOffset: batch.endOffset } } : { error: "OUT_OF_ORDER_SEQUENCE_NUMBER" },
            );
          }
          const other = (next + delta + 2 * (SEQUENCE_MAX + 1)) % (SEQUENCE_MAX + 1);
          // Seven records: no batch sent has as many, so that none is a duplicate.
          expect(state.check(header({ baseSequence: other, baseOffset: end, count: 7 })).type).toBe(delta === 0 ? "next" : "rejected");
        },
      ),
      { seed: SEED, numRuns: 500 },
    );
  });

  test("begin at 0 in a new epoch, and an old epoch is refused", () => {
    const state = new ProducerState();
    state.update(header({ producerEpoch: 4, baseSequence: 10 }));
    expect(state.check(header({ producerEpoch: 3, baseSequence: 11 }))).toMatchObject({ error: "INVALID_PRODUCER_EPOCH" });
    expect(state.check(header({ producerEpoch: 5, baseSequence: 11 }))).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
    expect(state.check(header({ producerEpoch: 5, baseSequence: 0 }))).toEqual({ type: "next" });
  });

  test("may begin anywhere only where nothing is known of the producer", () => {
    const state = new ProducerState();
    expect(state.check(header({ baseSequence: 99 }))).toEqual({ type: "next" });
    state.update(header({ baseSequence: 99 }));
    expect(state.check(header({ baseSequence: 101 }))).toMatchObject({ error: "OUT_OF_ORDER_SEQUENCE_NUMBER" });
  });

  test("are remembered for a bounded number of producers, the one that wrote least recently going first", () => {
    const state = new ProducerState();
    for (let producerId = 0; producerId < PRODUCERS_MAX; producerId++) state.update(header({ producerId }));
    state.update(header({ producerId: 0, baseSequence: 1 }));
    state.update(header({ producerId: PRODUCERS_MAX }));
    expect([state.size, state.get(1), state.get(0)?.batches.length]).toEqual([PRODUCERS_MAX, undefined, 2]);
  });
});

describe("a log's producers", () => {
  test("get the first offsets for a batch they send again, also after a restart", () => {
    const harness = new LogHarness().recovered();
    const send = (to: LogHarness): unknown => to.leaderAppends(produced({ producerId: 9, baseSequence: 0, count: 2 }));
    expect(send(harness)).toMatchObject({ type: "appended", baseOffset: 0, endOffset: 2 });
    harness.leaderAppends(produced());
    harness.settle();
    const again = new LogHarness({ disk: harness.disk.copy() }).recovered();
    for (const each of [harness, again]) {
      expect(send(each)).toEqual({ type: "duplicate", baseOffset: 0, endOffset: 2, logAppendTimeMs: -1 });
      expect(each.log.appendedEnd).toBe(3);
    }
  });

  test("may send a batch again that a truncation dropped", () => {
    const harness = new LogHarness().recovered();
    for (const baseSequence of [0, 1]) harness.leaderAppends(produced({ producerId: 9, baseSequence }));
    harness.turn(() => harness.log.truncateTo(offset(1), "test"));
    expect(harness.leaderAppends(produced({ producerId: 9, baseSequence: 1 }))).toMatchObject({ type: "appended", baseOffset: 1 });
  });

  test("are after any truncation what the remaining batches alone make of them", () => {
    const run = (seed: number): void => {
      const harness = new LogHarness({ config: { segmentBytes: 700 } }).recovered();
      const work = new RandomWork(harness, new Prng(seed));
      for (let i = 0; i < 40; i++) harness.turn(() => work.act());
      harness.settle();
      const rebuilt = new LogHarness({ disk: harness.disk.copy() }).recovered();
      expect(rebuilt.log.producerEntries).toEqual(harness.log.producerEntries);
    };
    fc.assert(fc.property(fc.nat(1_000_000), run), { seed: SEED, numRuns: 60 });
  });
});
