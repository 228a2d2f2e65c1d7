import { concatBytes } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { ErrorCode } from "../../src/index.ts";
import * as records from "../../src/records/index.ts";

const rules: records.ProducedBatchRules = { maxMessageBytes: 1_048_588, isCompacted: false, apiVersion: 11 };
const text = (value: string): Uint8Array => Uint8Array.from(value, (char) => char.charCodeAt(0));
const three = [1, 2, 3].map((timestamp) => ({ key: text("k"), value: text("v"), timestamp }));

/** A sound batch of three records, changed by `change`, with the right CRC unless `change` is about that. */
function batchWith(change: (bytes: Uint8Array) => void, input: Partial<records.BatchInput> = {}): Uint8Array {
  const bytes = records.encodeBatch({ records: three, ...input });
  change(bytes);
  records.writeInt32(bytes, records.CRC_AT, records.computeCrc(bytes));
  return bytes;
}

const unchanged = (): void => {};
const codeOf = (bytes: Uint8Array | null, changed: Partial<records.ProducedBatchRules> = {}): number =>
  records.validateProducedBatch(bytes, { ...rules, ...changed })?.errorCode ?? ErrorCode.NONE;

test("a sound batch is accepted", () => {
  expect(codeOf(batchWith(unchanged))).toBe(ErrorCode.NONE);
  expect(codeOf(batchWith(unchanged, { producerId: 5, producerEpoch: 0, baseSequence: 0, isTransactional: true }))).toBe(ErrorCode.NONE);
});

/** One message without key, value "v"; Kafka 4 takes none of them, however sound. */
function messageSet(magic: number): Uint8Array {
  const timestamp = magic === 0 ? [] : [0, 0, 0, 0, 0, 0, 0, 1];
  const message = [0, 0, 0, 0, magic, 0, ...timestamp, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0x76];
  return Uint8Array.from([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, message.length, ...message]);
}

describe("the bytes are one whole batch", () => {
  const sound = batchWith(unchanged);

  test.each<[string, Uint8Array | null, number]>([
    ["null", null, ErrorCode.INVALID_RECORD],
    ["empty", new Uint8Array(0), ErrorCode.INVALID_RECORD],
    ["two batches", concatBytes([sound, sound]), ErrorCode.INVALID_RECORD],
    ["a byte too many", concatBytes([sound, Uint8Array.of(0)]), ErrorCode.INVALID_RECORD],
    ["a byte too few", sound.subarray(0, -1), ErrorCode.INVALID_RECORD],
    ["shorter than a length", sound.subarray(0, 11), ErrorCode.INVALID_RECORD],
    ["shorter than a magic", sound.subarray(0, 16), ErrorCode.INVALID_RECORD],
    ["a message set of v0", messageSet(0), ErrorCode.INVALID_RECORD],
    ["a message set of v1", messageSet(1), ErrorCode.INVALID_RECORD],
    ["two messages of v1", concatBytes([messageSet(1), messageSet(1)]), ErrorCode.INVALID_RECORD],
    ["a magic that is none yet", messageSet(3), ErrorCode.CORRUPT_MESSAGE],
    ["a negative magic", messageSet(-1), ErrorCode.CORRUPT_MESSAGE],
  ])("%s", (_, bytes, code) => {
    expect(codeOf(bytes)).toBe(code);
  });

  test("a wrong CRC is corruption", () => {
    const bytes = sound.slice();
    bytes[records.CRC_AT] = (bytes[records.CRC_AT] ?? 0) ^ 1;
    expect(codeOf(bytes)).toBe(ErrorCode.CORRUPT_MESSAGE);
  });

  test("a length below the header is corruption", () => {
    expect(codeOf(batchWith((bytes) => records.writeInt32(bytes, records.BATCH_LENGTH_AT, 48)))).toBe(ErrorCode.CORRUPT_MESSAGE);
    expect(codeOf(batchWith((bytes) => records.writeInt32(bytes, records.BATCH_LENGTH_AT, -1)))).toBe(ErrorCode.CORRUPT_MESSAGE);
  });

  test("the size limit holds on both sides of the boundary", () => {
    expect(codeOf(sound, { maxMessageBytes: sound.length })).toBe(ErrorCode.NONE);
    expect(codeOf(sound, { maxMessageBytes: sound.length - 1 })).toBe(ErrorCode.MESSAGE_TOO_LARGE);
  });
});

describe("the header agrees with itself", () => {
  test.each<[string, number, (bytes: Uint8Array) => void]>([
    ["magic 1", ErrorCode.INVALID_RECORD, (bytes) => bytes.fill(1, records.MAGIC_AT, records.MAGIC_AT + 1)],
    ["base offset", ErrorCode.INVALID_RECORD, (bytes) => records.setBaseOffset(bytes, 0, 1)],
    ["no records", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.COUNT_AT, 0)],
    ["negative count", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.COUNT_AT, -1)],
    ["count above the offset range", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.COUNT_AT, 4)],
    ["negative last offset delta", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.LAST_OFFSET_DELTA_AT, -1)],
    ["last offset delta above the count", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.LAST_OFFSET_DELTA_AT, 3)],
    ["control batch", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, records.CONTROL_BIT)],
    ["transactional without a producer", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, records.TRANSACTIONAL_BIT)],
    ["producer without a sequence", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt64(bytes, records.PRODUCER_ID_AT, 5)],
    ["producer id beyond 2^53", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt32(bytes, records.PRODUCER_ID_AT, 0x7fff_ffff)],
    ["unknown compression", ErrorCode.INVALID_RECORD, (bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, 7)],
    ["append time", ErrorCode.INVALID_TIMESTAMP, (bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, records.LOG_APPEND_TIME_BIT)],
    ["base timestamp beyond 2^53", ErrorCode.INVALID_TIMESTAMP, (bytes) => records.writeInt32(bytes, records.BASE_TIMESTAMP_AT, 0x7fff_ffff)],
  ])("%s", (_, code, change) => {
    expect(codeOf(batchWith(change))).toBe(code);
  });

  test("zstd needs version 7 of the request", () => {
    const zstd = batchWith((bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, 4));
    expect(codeOf(zstd, { apiVersion: 6 })).toBe(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE);
    expect(codeOf(zstd, { apiVersion: 7 })).toBe(ErrorCode.NONE);
  });
});

describe("the records are in order", () => {
  test("a record that claims another offset delta is refused", () => {
    const offsetDeltaOfFirst = records.BATCH_OVERHEAD + 3;
    expect(codeOf(batchWith((bytes) => bytes.fill(2, offsetDeltaOfFirst, offsetDeltaOfFirst + 1)))).toBe(ErrorCode.INVALID_RECORD);
  });

  test("a record whose length does not fit is refused", () => {
    expect(codeOf(batchWith((bytes) => bytes.fill(0x7e, records.BATCH_OVERHEAD, records.BATCH_OVERHEAD + 1)))).toBe(ErrorCode.INVALID_RECORD);
  });

  test("a compacted topic wants keys, and the records without one are named", () => {
    const bytes = records.encodeBatch({ records: [...three, { key: null, value: null, timestamp: 4 }] });
    expect(codeOf(bytes)).toBe(ErrorCode.NONE);
    const refused = records.validateProducedBatch(bytes, { ...rules, isCompacted: true });
    expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_RECORD, recordErrors: [{ batchIndex: 3 }] });
  });

  test("timestamps outside of the topic's range are refused, one without a timestamp is not", () => {
    const timestampRange = { earliestMs: 2, latestMs: 3 };
    const refused = records.validateProducedBatch(batchWith(unchanged), { ...rules, timestampRange });
    expect(refused).toMatchObject({ errorCode: ErrorCode.INVALID_TIMESTAMP, recordErrors: [{ batchIndex: 0 }] });
    expect(codeOf(records.encodeBatch({ records: [{ key: null, value: null, timestamp: -1 }] }), { timestampRange })).toBe(ErrorCode.NONE);
  });

  test("of a compressed batch without its codec the header is asked", () => {
    const gzip = batchWith((bytes) => records.writeInt16(bytes, records.ATTRIBUTES_AT, 1));
    expect(codeOf(gzip, { timestampRange: { earliestMs: 1, latestMs: 3 } })).toBe(ErrorCode.NONE);
    expect(codeOf(gzip, { timestampRange: { earliestMs: 1, latestMs: 2 } })).toBe(ErrorCode.INVALID_TIMESTAMP);
    expect(codeOf(gzip, { timestampRange: { earliestMs: 2, latestMs: 3 } })).toBe(ErrorCode.INVALID_TIMESTAMP);
  });

  test("the list of bad records is bounded", () => {
    const many = Array.from({ length: 1000 }, () => ({ key: null, value: null, timestamp: 0 }));
    const refused = records.validateProducedBatch(records.encodeBatch({ records: many }), { ...rules, isCompacted: true });
    expect(refused?.recordErrors).toHaveLength(records.RECORD_ERRORS_MAX);
  });
});

test("sequences wrap at 2^31", () => {
  expect(records.incrementSequence(0x7fff_ffff, 1)).toBe(0);
  expect(records.lastSequenceOf(records.encodeBatch({ records: three, producerId: 1, producerEpoch: 0, baseSequence: 0x7fff_ffff }))).toBe(1);
  expect(records.lastSequenceOf(records.encodeBatch({ records: three }))).toBe(-1);
});
