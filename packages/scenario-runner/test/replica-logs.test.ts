import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { compareReplicas, readCommitted } from "../src/endurance/replica-logs.ts";

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
  const { bytes, batches, endOffset } = readCommitted(directory, 8);
  expect({ batches, endOffset, length: bytes.length }).toEqual({ batches: 2, endOffset: 8, length: 140 });
});

test("a torn batch at the end is not counted", () => {
  writeFileSync(join(directory, "00000000000000000000.log"), Buffer.concat([batch(0, 5), batch(5, 1).subarray(0, 65)]));
  expect(readCommitted(directory, 6)).toMatchObject({ batches: 1, endOffset: 5 });
});

test("equal replicas have no difference; one other byte is found, and where", () => {
  const committed = (mark: number) => ({ bytes: batch(0, 5, mark), batches: 1, endOffset: 5 });
  expect(
    compareReplicas(
      "orders-0",
      new Map([
        [1, committed(0)],
        [2, committed(0)],
      ]),
      5,
    ),
  ).toBeUndefined();
  expect(
    compareReplicas(
      "orders-0",
      new Map([
        [1, committed(0)],
        [2, committed(9)],
      ]),
      5,
    ),
  ).toBe("orders-0 on brokers 1 and 2 differ from byte 12 of 70 on");
});

test("a replica that ends below the high watermark is a difference, also where all are alike", () => {
  const committed = { bytes: batch(0, 5), batches: 1, endOffset: 5 };
  expect(
    compareReplicas(
      "orders-0",
      new Map([
        [1, committed],
        [2, committed],
      ]),
      6,
    ),
  ).toBe("orders-0 on broker 1 ends at 5, below the high watermark 6");
});
