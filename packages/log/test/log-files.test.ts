import { fromHex, toHex } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import { decodeAbortedTransactions, encodeAbortedTransactions } from "../src/aborted-transactions.ts";
import { encodeOffsetEntries, encodeTimeEntries, OffsetIndex, TimeIndex } from "../src/index-entries.ts";
import { decodeOffsetCheckpoint, encodeOffsetCheckpoint } from "../src/index.ts";
import { decodeProducerSnapshot, encodeProducerSnapshot } from "../src/producer-snapshot.ts";
import { SparseIndexBuilder } from "../src/sparse-index-builder.ts";

const RANGE = { baseOffset: 100, endOffset: 200, sizeInBytes: 20_000 };

describe("the offset index", () => {
  const bytes = encodeOffsetEntries(
    [
      { lastOffset: 110, position: 5000 },
      { lastOffset: 150, position: 10_000 },
    ],
    100,
  );

  test("is pairs of four bytes, relative to the segment's base", () => {
    expect(toHex(bytes)).toBe("0000000a00001388" + "0000003200002710");
  });

  test("finds the entries of batches that end before an offset", () => {
    const index = OffsetIndex.parse(bytes, RANGE);
    expect([100, 110, 111, 150, 151, 199].map((offset) => index?.countBefore(offset))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(index?.at(1)).toEqual({ lastOffset: 150, position: 10_000 });
  });

  test("is not believed where it does not rise, reaches beyond the segment or is cut off", () => {
    expect(OffsetIndex.parse(bytes.subarray(1), RANGE)).toBeUndefined();
    expect(OffsetIndex.parse(new Uint8Array([...bytes, ...bytes]), RANGE)).toBeUndefined();
    expect(OffsetIndex.parse(bytes, { ...RANGE, endOffset: 150 })).toBeUndefined();
    expect(OffsetIndex.parse(bytes, { ...RANGE, sizeInBytes: 10_000 })).toBeUndefined();
  });
});

describe("the time index", () => {
  const bytes = encodeTimeEntries([{ timestampMs: 1_700_000_000_000, lastOffset: 110 }], 100);

  test("is a timestamp of eight bytes and an offset of four", () => {
    expect(toHex(bytes)).toBe("0000018bcfe56800" + "0000000a");
    expect(TimeIndex.parse(bytes, RANGE)?.at(0)).toEqual({ timestampMs: 1_700_000_000_000, lastOffset: 110 });
  });

  test("is not believed where it does not rise", () => {
    expect(TimeIndex.parse(new Uint8Array([...bytes, ...bytes]), RANGE)).toBeUndefined();
  });
});

describe("the entries of an index", () => {
  test("are one for each interval, of the batch behind it, as Kafka's, and the largest timestamp so far", () => {
    const builder = new SparseIndexBuilder();
    const timestamps = [5, 9, 7, 8, 12];
    timestamps.forEach((maxTimestamp, index) => builder.push({ endOffset: index + 1, sizeInBytes: 60, maxTimestamp }, 100));
    expect(builder.take()).toEqual({
      offsets: [
        { lastOffset: 2, position: 120 },
        { lastOffset: 4, position: 240 },
      ],
      times: [
        { timestampMs: 9, lastOffset: 1 },
        { timestampMs: 12, lastOffset: 4 },
      ],
    });
    builder.mark();
    expect(builder.take()).toEqual({ offsets: [], times: [] });
  });
});

describe("a producer snapshot", () => {
  const entry = {
    producerId: 7,
    epoch: 1,
    lastSequence: 41,
    lastOffset: 99,
    offsetDelta: 4,
    timestampMs: 1_700_000_000_000,
    coordinatorEpoch: -1,
    currentTxnFirstOffset: -1,
  };

  test("has Kafka's bytes", () => {
    expect(toHex(encodeProducerSnapshot([]))).toMatch(/^0001[0-9a-f]{8}00000000$/);
    const bytes = encodeProducerSnapshot([entry]);
    expect(toHex(bytes.subarray(6))).toBe(
      "00000001" + "0000000000000007" + "0001" + "00000029" + "0000000000000063" + "00000004" + "0000018bcfe56800" + "ffffffff" + "ffffffffffffffff",
    );
    expect(decodeProducerSnapshot(bytes)).toEqual([entry]);
  });

  test("is not believed where a bit is another", () => {
    const bytes = encodeProducerSnapshot([entry]);
    for (let at = 0; at < bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(decodeProducerSnapshot(damaged)).toBeUndefined();
    }
    expect(decodeProducerSnapshot(fromHex("0001"))).toBeUndefined();
  });
});

describe("an offset checkpoint", () => {
  test("is Kafka's text", () => {
    const entries = [{ topic: "orders", partition: 2, offset: 500 }];
    const bytes = encodeOffsetCheckpoint(entries);
    expect(new TextDecoder().decode(bytes)).toBe("0\n1\norders 2 500\n");
    expect(decodeOffsetCheckpoint(bytes)).toEqual(entries);
  });

  test("is not believed where it is cut off or of another version", () => {
    for (const text of ["", "0\n2\norders 2 500\n", "1\n1\norders 2 500\n", "0\n1\norders 2 500", "0\n1\norders 2\n"])
      expect(decodeOffsetCheckpoint(new TextEncoder().encode(text))).toBeUndefined();
  });
});

describe("a transaction index", () => {
  test("has Kafka's bytes", () => {
    const entry = { producerId: 9, firstOffset: 10, lastOffset: 20, lastStableOffset: 21 };
    const bytes = encodeAbortedTransactions([entry]);
    expect(toHex(bytes)).toBe("0000" + "0000000000000009" + "000000000000000a" + "0000000000000014" + "0000000000000015");
    expect(decodeAbortedTransactions(bytes)).toEqual([entry]);
    expect(decodeAbortedTransactions(bytes.subarray(1))).toBeUndefined();
  });
});
