import { concatBytes } from "@samsa/stdx";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError, EncodeError } from "../../src/index.ts";
import * as records from "../../src/records/index.ts";

const SEED = 20_261_121;
const orNull = fc.option(fc.uint8Array({ maxLength: 30 }), { nil: null });
const header = fc.record({ key: fc.string({ unit: "grapheme", maxLength: 5 }), value: orNull });
const record = fc.record({
  key: orNull,
  value: orNull,
  headers: fc.array(header, { maxLength: 3 }),
  timestamp: fc.integer({ min: -1, max: 4_000_000_000_000 }),
});
const input = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 8 }),
  baseOffset: fc.maxSafeNat().map((offset) => Math.floor(offset / 2)),
  partitionLeaderEpoch: fc.integer({ min: -1, max: 0x7fff_ffff }),
  producerId: fc.integer({ min: -1, max: 1_000_000 }),
  producerEpoch: fc.integer({ min: -1, max: 0x7fff }),
  baseSequence: fc.integer({ min: -1, max: 0x7fff_ffff }),
  isTransactional: fc.boolean(),
  isControl: fc.boolean(),
});

test("a batch has the fields and the records that were put into it", () => {
  fc.assert(
    fc.property(input, (batch) => {
      const bytes = records.encodeBatch(batch);
      expect(records.checkBatch(bytes)).toBeUndefined();
      expect(records.sizeInBytesOf(bytes)).toBe(bytes.length);
      expect(records.baseOffsetOf(bytes)).toBe(batch.baseOffset);
      expect(records.nextOffsetOf(bytes)).toBe(batch.baseOffset + batch.records.length);
      expect(records.partitionLeaderEpochOf(bytes)).toBe(batch.partitionLeaderEpoch);
      expect([records.producerIdOf(bytes), records.producerEpochOf(bytes), records.baseSequenceOf(bytes)]).toEqual([
        batch.producerId,
        batch.producerEpoch,
        batch.baseSequence,
      ]);
      expect([records.isTransactionalBatch(bytes), records.isControlBatch(bytes)]).toEqual([batch.isTransactional, batch.isControl]);
      expect([records.compressionOf(bytes), records.timestampTypeOf(bytes)]).toEqual(["none", "create-time"]);
      expect(records.countOf(bytes)).toBe(batch.records.length);
      expect(records.maxTimestampOf(bytes)).toBe(Math.max(...batch.records.map(({ timestamp }) => timestamp)));
      const expected = batch.records.map((one, index) => ({ ...one, offset: batch.baseOffset + index }));
      expect(records.decodeRecords(bytes)).toEqual(expected);
    }),
    { seed: SEED, numRuns: 300 },
  );
});

test("offset and leader epoch can be set in place, at any position, without breaking the CRC", () => {
  fc.assert(
    fc.property(input, fc.nat(20), fc.maxSafeNat(), fc.nat(0x7fff_ffff), (batch, padding, offset, epoch) => {
      const bytes = concatBytes([new Uint8Array(padding), records.encodeBatch(batch), new Uint8Array(3)]);
      records.setBaseOffset(bytes, padding, offset);
      records.setPartitionLeaderEpoch(bytes, padding, epoch);
      expect([records.baseOffsetOf(bytes, padding), records.partitionLeaderEpochOf(bytes, padding)]).toEqual([offset, epoch]);
      expect(records.checkBatch(bytes, padding)).toBeUndefined();
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("append time replaces the timestamps of all records", () => {
  const bytes = records.encodeBatch({
    records: [
      { key: null, value: null, timestamp: 5 },
      { key: null, value: null, timestamp: 6 },
    ],
  });
  records.setMaxTimestamp(bytes, 0, "log-append-time", 1_700_000_000_000);
  expect(records.checkBatch(bytes)).toBeUndefined();
  expect(records.decodeRecords(bytes).map(({ timestamp }) => timestamp)).toEqual([1_700_000_000_000, 1_700_000_000_000]);
});

test("a timestamp that no varlong holds is an EncodeError, not an endless loop", () => {
  for (const timestamp of [Number.POSITIVE_INFINITY, Number.NaN, Number.MAX_SAFE_INTEGER]) {
    const input = {
      records: [
        { key: null, value: null, timestamp: 0 },
        { key: null, value: null, timestamp },
      ],
    };
    expect(() => records.encodeBatch(input)).toThrow(EncodeError);
  }
});

test("any flipped bit behind the CRC is found", () => {
  fc.assert(
    fc.property(input, fc.nat(), fc.nat(7), (batch, at, bit) => {
      const bytes = records.encodeBatch(batch);
      const index = records.CRC_AT + (at % (bytes.length - records.CRC_AT));
      bytes[index] = (bytes[index] ?? 0) ^ (1 << bit);
      expect(records.checkBatch(bytes)?.code).toBe("CRC_MISMATCH");
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test("batches are found one behind the other, a cut-off one at the end is not", () => {
  fc.assert(
    fc.property(fc.array(input, { maxLength: 5 }), input, fc.nat(), (whole, last, cut) => {
      const encoded = whole.map((batch) => records.encodeBatch(batch));
      const tail = records.encodeBatch(last);
      const bytes = concatBytes([...encoded, tail.subarray(0, cut % tail.length)]);
      let position = 0;
      const expected = encoded.map((batch) => (position += batch.length) - batch.length);
      expect([...records.batches(bytes)]).toEqual(expected);
    }),
    { seed: SEED, numRuns: 100 },
  );
});

test("damaged records are a DecodeError, nothing else, and never more records than bytes", () => {
  fc.assert(
    fc.property(input, fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 5 }), fc.nat(), (batch, changes, cut) => {
      const bytes = records.encodeBatch(batch);
      for (const [at, byte] of changes) bytes[at % bytes.length] = byte;
      const damaged = bytes.subarray(0, bytes.length - (cut % 3));
      try {
        expect(records.decodeRecords(damaged).length).toBeLessThanOrEqual(damaged.length);
      } catch (error) {
        if (!(error instanceof records.MissingCodecError)) expect(error).toBeInstanceOf(DecodeError);
      }
    }),
    { seed: SEED, numRuns: 1000 },
  );
});
