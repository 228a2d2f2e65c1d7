import { concatBytes } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { DecodeError } from "../../src/index.ts";
import { BATCH_LENGTH_AT, BATCH_OVERHEAD, COUNT_AT, decodeRecords, encodeBatch, LOG_OVERHEAD, writeInt32 } from "../../src/records/index.ts";

/** Two records of key and value null and no headers: seven bytes each, the first of them the length 6, zigzag 12. */
const twoRecords = (): Uint8Array => encodeBatch({ records: [0, 0].map((timestamp) => ({ key: null, value: null, timestamp })) });

/** The batch with these bytes for its records. */
function batchOf(count: number, content: Uint8Array): Uint8Array {
  const bytes = concatBytes([twoRecords().subarray(0, BATCH_OVERHEAD), content]);
  writeInt32(bytes, BATCH_LENGTH_AT, bytes.length - LOG_OVERHEAD);
  writeInt32(bytes, COUNT_AT, count);
  return bytes;
}

function refusalOf(bytes: Uint8Array): string {
  try {
    decodeRecords(bytes);
  } catch (error) {
    if (error instanceof DecodeError) return error.message;
    throw error;
  }
  return "none";
}

const sound = twoRecords().slice(BATCH_OVERHEAD);
const changed = (at: number, byte: number): Uint8Array => sound.map((old, index) => (index === at ? byte : old));

test("the records of the examples below are sound", () => {
  expect([...sound]).toEqual([12, 0, 0, 0, 1, 1, 0, 12, 0, 0, 2, 1, 1, 0]);
  expect(refusalOf(batchOf(2, sound))).toBe("none");
});

describe("is refused", () => {
  test.each<[string, Uint8Array, string]>([
    ["a negative count", batchOf(-1, sound), "-1 records in 14 bytes"],
    ["a count that the bytes cannot hold, before anything is read", batchOf(0x7fff_ffff, sound), "2147483647 records in 14 bytes"],
    ["a count below what is there", batchOf(1, sound), "7 bytes behind the last record"],
    ["a record that is longer than its content", batchOf(2, concatBytes([changed(0, 14), Uint8Array.of(0)])), "record ends at byte 7, not 8"],
    ["a record that is shorter than its content", batchOf(2, changed(7, 10)), "record ends at byte 14, not 13"],
    ["a record beyond the end", batchOf(2, changed(7, 14)), "record of 7 bytes, 6 are left"],
    ["a negative length of a record", batchOf(2, changed(0, 1)), "record of -1 bytes, 13 are left"],
    ["a key of length −2", batchOf(2, changed(4, 3)), "length -2 in a record"],
    ["a negative count of headers", batchOf(2, changed(6, 1)), "-1 headers in 7 bytes"],
    ["more headers than bytes", batchOf(2, changed(6, 8)), "4 headers in 7 bytes"],
    ["a header without a key", batchOf(1, Uint8Array.of(16, 0, 0, 0, 1, 1, 2, 1, 1)), "a record's header has no key"],
  ])("%s", (_, bytes, text) => {
    expect(refusalOf(bytes)).toBe(text);
  });
});
