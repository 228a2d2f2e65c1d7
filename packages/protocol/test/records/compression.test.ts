import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { apis, DecodeError, decodeRequestHeader, decodeResponseHeader, Reader } from "../../src/index.ts";
import {
  batches,
  type Compression,
  type CompressionPorts,
  compressionOf,
  compressionPorts,
  countOf,
  decodeRecords,
  endOfBatch,
  MissingCodecError,
  validateProducedBatch,
} from "../../src/records/index.ts";
import { type RecordedPair, recordedPairs } from "../recorded-frames.ts";

const ports: CompressionPorts = {
  ...compressionPorts(),
  gzip: { decompress: (bytes, outputBytesMax) => gunzipSync(bytes, { maxOutputLength: outputBytesMax }) },
  zstd: { decompress: (bytes, outputBytesMax) => zstdDecompressSync(bytes, { maxOutputLength: outputBytesMax }) },
};

interface Produced {
  readonly pair: RecordedPair;
  readonly records: Uint8Array;
}

/** Batches that real clients sent. */
const produced: readonly Produced[] = recordedPairs()
  .filter(({ apiKey }) => apiKey === 0)
  .flatMap((pair) => {
    const { bodyReader, apiVersion } = decodeRequestHeader(pair.request);
    const request = apis.Produce.decodeRequest(bodyReader, apiVersion);
    return request.topicData.flatMap((topic) => topic.partitionData).flatMap(({ records }) => (records === null ? [] : [{ pair, records }]));
  });

/** Batches that brokers gave to clients: those that other clients wrote, too. */
const fetched: readonly Uint8Array[] = recordedPairs()
  .filter(({ apiKey }) => apiKey === apis.Fetch.key)
  .flatMap(({ apiVersion, response }) => {
    const reader = new Reader(response ?? new Uint8Array(0));
    decodeResponseHeader(reader, apis.Fetch, apiVersion);
    return apis.Fetch.decodeResponse(reader, apiVersion).responses.flatMap((topic) => topic.partitions.map(({ records }) => records ?? new Uint8Array(0)));
  })
  .flatMap((bytes) => [...batches(bytes)].map((position) => bytes.subarray(position, endOfBatch(bytes, position))));

const compressedWith = (codec: Compression) => produced.filter(({ records }) => compressionOf(records) === codec);
const rules = { maxMessageBytes: 1_048_588, isCompacted: false, apiVersion: 9, compression: ports };

describe.each([
  ["gzip", 6],
  ["snappy", 4],
  ["lz4", 4],
  ["zstd", 5],
] as const)("%s", (codec, clients) => {
  const written = compressedWith(codec);

  test("what clients compressed decodes to as many records as the header says", () => {
    expect(new Set(written.map(({ pair }) => pair.client)).size).toBeGreaterThanOrEqual(clients);
    for (const { pair, records } of written) {
      expect([pair.client, decodeRecords(records, 0, ports).length]).toEqual([pair.client, countOf(records)]);
      expect(validateProducedBatch(records, rules)).toBeUndefined();
    }
  });

  test("what brokers gave to clients decodes too", () => {
    const given = fetched.filter((bytes) => compressionOf(bytes) === codec);
    expect(given.length).toBeGreaterThan(0);
    for (const bytes of given) expect(decodeRecords(bytes, 0, ports)).toHaveLength(countOf(bytes));
  });

  test("a batch that decompresses beyond the limit is a DecodeError", () => {
    for (const { records } of written) expect(() => decodeRecords(records, 0, ports, 3)).toThrow(DecodeError);
  });

  test("one that is cut off, or has any byte at an extreme, decodes or is a DecodeError, and gives no more than the limit", () => {
    const port = ports[codec];
    for (const { records } of written.slice(0, 3)) {
      const content = records.subarray(61);
      const attempt = (bytes: Uint8Array): void => {
        try {
          expect(port?.decompress(bytes, 100_000).length).toBeLessThanOrEqual(100_000);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      };
      for (let at = 0; at < Math.min(content.length, 300); at++) {
        attempt(content.subarray(0, at));
        for (const byte of [0x00, 0x7f, 0x80, 0xff]) attempt(content.with(at, byte));
      }
    }
  });
});

test("without the codec the error says so", () => {
  for (const { records } of compressedWith("lz4")) expect(() => decodeRecords(records, 0, {})).toThrow(MissingCodecError);
  expect(compressedWith("lz4").length).toBeGreaterThan(0);
});
