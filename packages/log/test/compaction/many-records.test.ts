import { ATTRIBUTES_AT, batches, type CompressionPorts, countOf, encodeBatch, writeInt16, writeInt32 } from "@samsa/protocol/records";
import { expect, test } from "vitest";
import { batchHeaderAt } from "../../src/batch-header.ts";
import { compactBatch, readKeyed } from "../../src/compaction/batch-compaction.ts";
import { KeyOffsets } from "../../src/compaction/key-offsets.ts";

const RECORDS = 1_250_000;
/** Sixteen for each record, of which the smallest object would be larger. */
const HEAP_BYTES_MAX = 20_000_000;
const COUNT_AT = 57;
const LAST_OFFSET_DELTA_AT = 23;
const LZ4 = 3;

function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value * 2;
  for (; left >= 0x80; left = Math.floor(left / 0x80)) bytes.push((left % 0x80) + 0x80);
  return [...bytes, left];
}

/** Records of one byte of key and none of value, every third a tombstone. */
function manyRecords(): Uint8Array {
  const bytes: number[] = [];
  for (let at = 0; at < RECORDS; at++) {
    const record = [0, 0, ...varint(at), 2, at % 256, at % 3 === 0 ? 1 : 0, 0];
    bytes.push(...varint(record.length), ...record);
  }
  return Uint8Array.from(bytes);
}

/** What stands in the log of it: its header alone, for the codec has the rest. */
function batchOfMany(): Uint8Array {
  const batch = encodeBatch({ records: [{ key: Uint8Array.of(1), value: Uint8Array.of(2), timestamp: 1_000 }] });
  writeInt16(batch, ATTRIBUTES_AT, LZ4);
  writeInt32(batch, COUNT_AT, RECORDS);
  writeInt32(batch, LAST_OFFSET_DELTA_AT, RECORDS - 1);
  return batch;
}

const heapBytes = (): number => process.memoryUsage().heapUsed;

test("a batch of a million small records is looked into and written again without an object for each", () => {
  const content = manyRecords();
  const batch = batchOfMany();
  let compressing = 0;
  let bytesKept = 0;
  const compress = (records: Uint8Array): Uint8Array => {
    compressing = heapBytes();
    bytesKept = records.length;
    return Uint8Array.of(0);
  };
  const compression: CompressionPorts = { lz4: { decompress: () => content, compress } };
  const before = heapBytes();
  const records = readKeyed(batch, 0, compression);
  expect(heapBytes() - before).toBeLessThan(HEAP_BYTES_MAX);
  expect(records?.count).toBe(RECORDS);
  const header = batchHeaderAt(batch, [...batches(batch)][0] as number);
  const rules = { keys: new KeyOffsets(1), endOffset: RECORDS, nowMs: 5_000, deleteRetentionMs: 100, isLastOfProducer: () => false, compression };
  const begun = heapBytes();
  const compacted = compactBatch(batch, 0, header, rules);
  expect(compressing - begun).toBeLessThan(HEAP_BYTES_MAX);
  // Every delta is a byte longer, for the batch gets a delete horizon.
  expect(bytesKept).toBe(content.length + RECORDS);
  expect(compacted.type === "part" && countOf(compacted.bytes)).toBe(RECORDS);
});
