import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type CommittedBytes, compareReplicas, readCommitted } from "../src/process-world/replica-logs.ts";

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "samsa-logs-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

/** The header of a batch with these offsets, and a byte to tell it by. */
function batch(baseOffset: number, records: number, mark = 0): Buffer {
  const bytes = Buffer.alloc(70, mark);
  bytes.writeBigInt64BE(BigInt(baseOffset), 0);
  bytes.writeInt32BE(bytes.length - 12, 8);
  bytes.writeInt32BE(records - 1, 23);
  return bytes;
}

test("segments are read in order and cut at the high watermark", () => {
  writeFileSync(join(directory, "00000000000000000005.log"), Buffer.concat([batch(5, 3), batch(8, 4)]));
  writeFileSync(join(directory, "00000000000000000000.log"), batch(0, 5));
  writeFileSync(join(directory, "00000000000000000000.index"), "not a log");
  const { bytes, ...rest } = readCommitted(directory, 8);
  expect({ ...rest, length: bytes.length }).toEqual({ batches: 2, endOffset: 8, bytesBehind: 70, length: 140 });
});

test("a torn batch at the end is not counted, but its bytes are", () => {
  writeFileSync(join(directory, "00000000000000000000.log"), Buffer.concat([batch(0, 5), batch(5, 1).subarray(0, 65)]));
  expect(readCommitted(directory, 6)).toMatchObject({ batches: 1, endOffset: 5, bytesBehind: 65 });
});

const committed = (mark = 0) => ({ bytes: Buffer.concat([batch(0, 5), batch(5, 4, mark)]), batches: 2, endOffset: 9, bytesBehind: 0 });
const replicas = (...logs: readonly CommittedBytes[]) => new Map(logs.map((log, index) => [index + 1, log]));

test("equal replicas have no difference; one other byte is found, and of which offset it is", () => {
  expect(compareReplicas("orders-0", replicas(committed(), committed()), 9)).toBeUndefined();
  expect(compareReplicas("orders-0", replicas(committed(), committed(9)), 9)).toBe("orders-0 on brokers 1 and 2 differ from offset 5 on, byte 82 of 140");
});

test("a replica that ends below the high watermark is a difference, also where all are alike", () => {
  expect(compareReplicas("orders-0", replicas(committed(), committed()), 10)).toBe("orders-0 on broker 1 ends at 9, below the high watermark 10");
});

test("a replica that has more than what is committed is a difference, be it batches or not", () => {
  const more = { ...committed(), bytesBehind: 24 };
  expect(compareReplicas("orders-0", replicas(committed(), more), 9)).toBe("orders-0 on broker 2 has 24 bytes behind offset 9, where the log ends");
});
