import { gunzipSync, zstdDecompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { apis, DecodeError, decodeRequestHeader } from "../../src/index.ts";
import {
  type Compression,
  type CompressionPorts,
  compressionOf,
  countOf,
  decodeRecords,
  MissingCodecError,
  validateProducedBatch,
} from "../../src/records/index.ts";
import { recordedPairs } from "../recorded-frames.ts";

const ports: CompressionPorts = {
  gzip: { decompress: (bytes, outputBytesMax) => gunzipSync(bytes, { maxOutputLength: outputBytesMax }) },
  zstd: { decompress: (bytes, outputBytesMax) => zstdDecompressSync(bytes, { maxOutputLength: outputBytesMax }) },
};

/** Batches that real clients sent. */
const produced = recordedPairs()
  .filter(({ apiKey }) => apiKey === 0)
  .flatMap((pair) => {
    const { bodyReader, apiVersion } = decodeRequestHeader(pair.request);
    const request = apis.Produce.decodeRequest(bodyReader, apiVersion);
    return request.topicData.flatMap((topic) => topic.partitionData).flatMap(({ records }) => (records === null ? [] : [{ records, apiVersion }]));
  });

const compressedWith = (codec: Compression) => produced.filter(({ records }) => compressionOf(records) === codec);

describe.each(["gzip", "zstd"] as const)("%s", (codec) => {
  const batches = compressedWith(codec);

  test("what clients compressed decodes to as many records as the header says", () => {
    expect(batches.length).toBeGreaterThan(0);
    for (const { records, apiVersion } of batches) {
      expect(decodeRecords(records, 0, ports)).toHaveLength(countOf(records));
      expect(validateProducedBatch(records, { maxMessageBytes: 1_048_588, isCompacted: false, apiVersion, compression: ports })).toBeUndefined();
    }
  });

  test("a batch that decompresses beyond the limit is a DecodeError", () => {
    for (const { records } of batches) expect(() => decodeRecords(records, 0, ports, 3)).toThrow(DecodeError);
  });
});

test("without the codec the error says so", () => {
  for (const { records } of compressedWith("lz4")) expect(() => decodeRecords(records, 0, ports)).toThrow(MissingCodecError);
  expect(compressedWith("lz4").length).toBeGreaterThan(0);
});
