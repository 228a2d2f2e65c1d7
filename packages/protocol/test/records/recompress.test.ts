import { gunzipSync, gzipSync, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { Prng } from "@samsa/stdx";
import { describe, expect, test } from "vitest";
import {
  checkBatch,
  type Compression,
  type CompressionPorts,
  compressionOf,
  compressionPorts,
  decodeRecords,
  encodeBatch,
  isTransactionalBatch,
  lastSequenceOf,
  maxTimestampOf,
  MissingCodecError,
  producerEpochOf,
  producerIdOf,
  recompress,
  setMaxTimestamp,
} from "../../src/records/index.ts";

const ports: CompressionPorts = {
  ...compressionPorts(),
  gzip: { decompress: (bytes, max) => new Uint8Array(gunzipSync(bytes, { maxOutputLength: max })), compress: (bytes) => gzipSync(bytes) },
  zstd: { decompress: (bytes, max) => new Uint8Array(zstdDecompressSync(bytes, { maxOutputLength: max })), compress: (bytes) => zstdCompressSync(bytes) },
};
const ALL: readonly Compression[] = ["none", "gzip", "snappy", "lz4", "zstd"];
const encoder = new TextEncoder();

const BATCH = encodeBatch({
  records: Array.from({ length: 50 }, (_, index) => ({
    key: index % 3 === 0 ? null : encoder.encode(`key ${index}`),
    value: index % 7 === 0 ? null : encoder.encode(`value ${index} `.repeat(index)),
    headers:
      index % 2 === 0
        ? []
        : [
            { key: "trace", value: encoder.encode(`${index}`) },
            { key: "none", value: null },
          ],
    timestamp: 1_700_000_000_000 + ((index * 7) % 50),
  })),
  producerId: 77,
  producerEpoch: 3,
  baseSequence: 2 ** 31 - 10,
  isTransactional: true,
});

describe.each(ALL)("a batch in %s", (from) => {
  const before = recompress(BATCH, { compression: from, level: undefined }, ports);

  test.each(ALL)("has the same records, producer and attributes in %s", (to) => {
    const after = recompress(before, { compression: to, level: undefined }, ports);
    expect(checkBatch(after)).toBeUndefined();
    expect(compressionOf(after)).toBe(to);
    expect(decodeRecords(after, 0, ports)).toEqual(decodeRecords(BATCH));
    expect([producerIdOf(after), producerEpochOf(after), lastSequenceOf(after), isTransactionalBatch(after)]).toEqual([77, 3, lastSequenceOf(BATCH), true]);
    expect(maxTimestampOf(after)).toBe(1_700_000_000_049);
    if (to === "none") expect(after).toEqual(BATCH);
  });
});

test("a batch that is in the right codec is stored as it came", () => {
  const gzipped = recompress(BATCH, { compression: "gzip", level: undefined }, ports);
  expect(recompress(gzipped, { compression: "gzip", level: 9 }, ports)).toBe(gzipped);
});

test("a largest timestamp that the producer stated wrongly is put right", () => {
  const wrong = BATCH.slice();
  setMaxTimestamp(wrong, 0, "create-time", 5);
  expect(maxTimestampOf(recompress(wrong, { compression: "lz4", level: 1 }, ports))).toBe(1_700_000_000_049);
});

test("without the codec the batch can't be stored so", () => {
  const { snappy } = compressionPorts();
  expect(() => recompress(BATCH, { compression: "zstd", level: undefined }, {})).toThrow(MissingCodecError);
  expect(() =>
    recompress(BATCH, { compression: "snappy", level: undefined }, { snappy: { decompress: (bytes, max) => snappy?.decompress(bytes, max) ?? bytes } }),
  ).toThrow(MissingCodecError);
});

/** Of every length around the blocks' bounds, and of every grade of order. */
function contents(seed: number): Uint8Array {
  const prng = new Prng(seed);
  const near = [0, 1, 4, 5, 11, 12, 13, 60, 61, 256, 257, 32_768, 65_536, 131_072][prng.below(14)] ?? 0;
  const bytes = new Uint8Array(Math.max(0, near + prng.between(-3, 3)));
  const kinds = prng.between(1, 256);
  const runs = prng.between(1, 300);
  for (let at = 0; at < bytes.length;) {
    const value = prng.below(kinds);
    const copyFrom = at > 0 && prng.below(2) === 0 ? prng.below(at) : undefined;
    for (let left = prng.between(1, runs); left > 0 && at < bytes.length; left--, at++)
      bytes[at] = copyFrom === undefined ? value : (bytes[copyFrom + (at % Math.max(1, at - copyFrom))] ?? value);
  }
  return bytes;
}

describe.each(["snappy", "lz4"] as const)("%s", (codec) => {
  const port = compressionPorts()[codec];

  test("gives back whatever was compressed, at every level", () => {
    for (let seed = 1; seed <= 60; seed++) {
      const bytes = contents(seed);
      const compressed = port?.compress?.(bytes, (seed % 17) + 1) ?? new Uint8Array(0);
      if (Buffer.compare(port?.decompress(compressed, bytes.length) ?? bytes, bytes) !== 0)
        throw new Error(`seed ${seed}: ${bytes.length} bytes come out as others`);
      expect(compressed.length).toBeLessThan(bytes.length * 1.2 + 64);
    }
  });

  test("makes what repeats itself small", () => {
    const bytes = encoder.encode("the same words again, ".repeat(5000));
    expect(port?.compress?.(bytes, undefined).length).toBeLessThan(bytes.length / 10);
  });
});

test("a higher level of lz4 gives no more bytes", () => {
  const bytes = contents(14 * 9 + 13);
  const lengths = [1, 9].map((level) => compressionPorts().lz4?.compress?.(bytes, level).length ?? 0);
  expect(lengths[1]).toBeLessThanOrEqual(lengths[0] ?? 0);
});

test("the frames begin as those of Kafka's Java client", () => {
  const { lz4, snappy } = compressionPorts();
  expect(lz4?.compress?.(Uint8Array.of(1), undefined).subarray(0, 7)).toEqual(Uint8Array.of(0x04, 0x22, 0x4d, 0x18, 0x60, 0x40, 0x82));
  expect(snappy?.compress?.(Uint8Array.of(1), undefined).subarray(0, 16)).toEqual(
    Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0, 0, 0, 0, 1, 0, 0, 0, 1),
  );
});
