import {
  baseOffsetOf,
  baseSequenceOf,
  checkBatch,
  compressionOf,
  countOf,
  decodeRecords,
  deleteHorizonOf,
  encodeBatch,
  encodeEmptyBatch,
  isEmptyRange,
  type KeyedRecords,
  keyedRecords,
  lastOffsetOf,
  maxTimestampOf,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  recompress,
  retainRecords,
  setMaxTimestamp,
  withoutRecords,
  compressionPorts,
} from "@samsa/protocol/records";
import fc from "fast-check";
import { describe, expect, test } from "vitest";

const SEED = 20261122;
const bytes = fc.uint8Array({ maxLength: 20 });
const header = fc.record({ key: fc.string({ maxLength: 5 }), value: fc.option(bytes) });
const record = fc.record({
  key: fc.option(bytes),
  value: fc.option(bytes),
  headers: fc.array(header, { maxLength: 2 }),
  timestamp: fc.integer({ min: -1, max: 2_000_000_000_000 }),
});
const shape = fc.record({
  records: fc.array(record, { minLength: 1, maxLength: 8 }),
  baseOffset: fc.nat(1_000_000_000),
  partitionLeaderEpoch: fc.nat(100),
  producerId: fc.integer({ min: -1, max: 5 }),
  baseSequence: fc.nat(1000),
});
type Shape = typeof shape extends fc.Arbitrary<infer T> ? T : never;
const codec = fc.constantFrom("none" as const, "lz4" as const, "snappy" as const);

/** `isKept` of those of `count` records. */
const only = (count: number, isKept: (at: number) => boolean): Uint8Array => Uint8Array.from({ length: count }, (_, at) => (isKept(at) ? 1 : 0));

function keysIn(records: KeyedRecords): unknown[] {
  const found: unknown[] = [];
  for (const at = records.walk(); at.next();)
    found.push([at.offset, at.keyStart < 0 ? null : at.content.subarray(at.keyStart, at.keyEnd), at.hasValue, at.passed]);
  return found;
}

/** What a batch says beside its records. */
const placeOf = (batch: Uint8Array) => [
  baseOffsetOf(batch),
  lastOffsetOf(batch),
  partitionLeaderEpochOf(batch),
  producerIdOf(batch),
  producerEpochOf(batch),
  baseSequenceOf(batch),
];

describe("a batch that loses records to compaction", () => {
  test("keeps the others as they were, its place in the log and its producer, in its codec", () => {
    const check = (input: Shape, compression: "none" | "lz4" | "snappy", mask: readonly boolean[], deleteHorizonMs: number | undefined): void => {
      const batch = recompress(encodeBatch(input), { compression, level: undefined });
      const records = keyedRecords(batch, 0, compressionPorts());
      const before = decodeRecords(batch);
      expect(keysIn(records)).toEqual(before.map(({ offset, key, value }, at) => [offset, key, value !== null, at + 1]));
      const isKept = only(records.count, (at) => mask[at] !== false);
      if (!isKept.includes(1)) return;
      const retained = retainRecords(batch, 0, { records, isKept, deleteHorizonMs }, compressionPorts());
      expect(checkBatch(retained)).toBeUndefined();
      const left = before.filter((_, index) => mask[index] !== false);
      expect(decodeRecords(retained)).toEqual(left);
      expect(placeOf(retained)).toEqual(placeOf(batch));
      expect(compressionOf(retained)).toBe(compression);
      expect(maxTimestampOf(retained)).toBe(Math.max(...left.map(({ timestamp }) => timestamp)));
      expect(deleteHorizonOf(retained)).toBe(deleteHorizonMs);
    };
    const horizon = fc.option(fc.integer({ min: 0, max: 2_000_000_000_000 }), { nil: undefined });
    fc.assert(fc.property(shape, codec, fc.array(fc.boolean(), { maxLength: 8 }), horizon, check), { seed: SEED, numRuns: 400 });
  });

  test("keeps the delete horizon that it has when it loses more", () => {
    const batch = encodeBatch({ records: ["a", "b", "c"].map((key, at) => ({ key: new TextEncoder().encode(key), value: null, timestamp: 1_000 + at })) });
    const first = { records: keyedRecords(batch, 0, {}), isKept: only(3, () => true) };
    const marked = retainRecords(batch, 0, { ...first, deleteHorizonMs: 5_000 }, {});
    const again = { records: keyedRecords(marked, 0, {}), isKept: only(3, (at) => at > 0) };
    const less = retainRecords(marked, 0, { ...again, deleteHorizonMs: undefined }, {});
    expect(deleteHorizonOf(less)).toBe(5_000);
    expect(decodeRecords(less).map(({ offset, timestamp }) => [offset, timestamp])).toEqual([
      [1, 1_001],
      [2, 1_002],
    ]);
    expect(maxTimestampOf(less)).toBe(1_002);
  });

  test("has the broker's time still, where that is what it had", () => {
    const batch = encodeBatch({ records: [1, 2].map((at) => ({ key: Uint8Array.of(at), value: null, timestamp: at })) });
    setMaxTimestamp(batch, 0, "log-append-time", 77_000);
    const retained = retainRecords(batch, 0, { records: keyedRecords(batch, 0, {}), isKept: only(2, (at) => at === 0), deleteHorizonMs: 90_000 }, {});
    expect(decodeRecords(retained).map(({ timestamp }) => timestamp)).toEqual([77_000]);
    expect(maxTimestampOf(retained)).toBe(77_000);
  });

  test("is stored uncompressed where the process can only read its codec", () => {
    const batch = recompress(encodeBatch({ records: [1, 2].map((at) => ({ key: Uint8Array.of(at), value: null, timestamp: at })) }), {
      compression: "lz4",
      level: undefined,
    });
    const { lz4 } = compressionPorts();
    const ports = { lz4: { decompress: (input: Uint8Array, bytesMax: number) => lz4!.decompress(input, bytesMax) } };
    const retained = retainRecords(batch, 0, { records: keyedRecords(batch, 0, ports), isKept: only(2, (at) => at === 1), deleteHorizonMs: undefined }, ports);
    expect([compressionOf(retained), countOf(retained)]).toEqual(["none", 1]);
    expect(decodeRecords(retained, 0, {})).toEqual(decodeRecords(batch).slice(1));
  });

  test("is a header of its producer's sequences when it has lost all", () => {
    const check = (input: Shape, compression: "none" | "lz4" | "snappy"): void => {
      const batch = recompress(encodeBatch(input), { compression, level: undefined });
      const empty = withoutRecords(batch);
      expect(checkBatch(empty)).toBeUndefined();
      expect([empty.length, countOf(empty), compressionOf(empty), maxTimestampOf(empty)]).toEqual([61, 0, "none", maxTimestampOf(batch)]);
      expect(placeOf(empty)).toEqual(placeOf(batch));
      expect(decodeRecords(empty)).toEqual([]);
      expect(isEmptyRange(empty)).toBe(input.producerId < 0);
    };
    fc.assert(fc.property(shape, codec, check), { seed: SEED, numRuns: 100 });
  });
});

test("an empty batch stands for as many offsets as an int32 can tell, and for none more", () => {
  const batch = encodeEmptyBatch({ baseOffset: 5, endOffset: 5 + 0x8000_0000, partitionLeaderEpoch: 3 });
  expect(checkBatch(batch)).toBeUndefined();
  expect([baseOffsetOf(batch), nextOffsetOf(batch), partitionLeaderEpochOf(batch), maxTimestampOf(batch)]).toEqual([5, 5 + 0x8000_0000, 3, -1]);
  expect(isEmptyRange(batch)).toBe(true);
  expect(() => encodeEmptyBatch({ baseOffset: 5, endOffset: 6 + 0x8000_0000, partitionLeaderEpoch: 3 })).toThrow("a batch has some offsets");
  expect(() => encodeEmptyBatch({ baseOffset: 5, endOffset: 5, partitionLeaderEpoch: 3 })).toThrow("a batch has some offsets");
});

test("what is no record is told when a batch is looked into for its keys", () => {
  const batch = encodeBatch({ records: [{ key: Uint8Array.of(1), value: Uint8Array.of(2), timestamp: 1 }] });
  const longer = new Uint8Array(batch.length + 1);
  longer.set(batch);
  new DataView(longer.buffer).setInt32(8, longer.length - 12);
  expect(() => keyedRecords(longer, 0, {})).toThrow("1 bytes behind the last record");
  const short = batch.slice();
  short[61] = 2;
  expect(() => keyedRecords(short, 0, {})).toThrow("record ends at byte 2");
});
