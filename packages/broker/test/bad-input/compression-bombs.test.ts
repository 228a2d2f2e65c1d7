import { gzipSync, zstdCompressSync } from "node:zlib";
import { ErrorCode } from "@samsa/protocol";
import {
  ATTRIBUTES_AT,
  BATCH_LENGTH_AT,
  BATCH_OVERHEAD,
  compressionPorts,
  computeCrc,
  CRC_AT,
  DECOMPRESSED_BYTES_MAX,
  LOG_OVERHEAD,
  useCompression,
  writeInt16,
  writeInt32,
} from "@samsa/protocol/records";
import { concatBytes, ZERO_UUID } from "@samsa/stdx";
import { nativeCompression } from "@samsa/world-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { batchOf, produceRequest } from "../support/requests.ts";
import { TestBroker, TOPIC, type TestClient, topicRecords } from "../support/test-broker.ts";

const VERSION = 9;
const CODECS = ["gzip", "snappy", "lz4", "zstd"] as const;
type Codec = (typeof CODECS)[number];

/** What came out of all codecs since the test began. */
let bytesGiven = 0;

const before = compressionPorts();
beforeAll(() => {
  const counted = Object.entries({ ...compressionPorts(), ...nativeCompression }).map(([codec, port]) => [
    codec,
    {
      decompress: (bytes: Uint8Array, outputBytesMax: number): Uint8Array => {
        try {
          const content = port.decompress(bytes, outputBytesMax);
          bytesGiven += content.length;
          return content;
        } catch (error) {
          bytesGiven += outputBytesMax;
          throw error;
        }
      },
    },
  ]);
  useCompression(Object.fromEntries(counted));
});
// What was put in is taken out, too: other files of this worker count on there being no codec.
afterAll(() => useCompression(Object.fromEntries([...Object.keys(nativeCompression).map((name) => [name, undefined]), ...Object.entries(before)])));

const MiB = 1024 * 1024;

/** A varint as snappy writes lengths. */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
  return [...bytes, left];
}

const littleEndian = (value: number): number[] => [value & 255, (value >> 8) & 255, (value >> 16) & 255, value >>> 24];

/** One literal byte, and copies of the byte before: 64 bytes of 3. */
function snappyZeros(length: number): Uint8Array {
  const copies = Math.ceil((length - 1) / 64);
  const size = varint(1 + copies * 64);
  const bytes = new Uint8Array(size.length + 2 + copies * 3);
  bytes.set([...size, 0, 0]);
  for (let at = size.length + 2; at < bytes.length; at += 3) bytes.set([(63 << 2) | 2, 1, 0], at);
  return bytes;
}

/** Blocks of 4 MiB, each a literal and one copy of all the rest, whose length takes a byte for 255. */
function lz4Zeros(length: number): Uint8Array {
  const rest = 4 * MiB - 1 - 4;
  const block = [0x1f, 0, 1, 0, ...Array.from({ length: Math.floor((rest - 15) / 255) }, () => 255), (rest - 15) % 255];
  const one = Uint8Array.from([...littleEndian(block.length), ...block]);
  // Version 1, independent blocks of at most 4 MiB, no checksums but the header's own.
  const header = Uint8Array.from([0x04, 0x22, 0x4d, 0x18, 0x60, 0x70, 0x73]);
  return concatBytes([header, ...Array.from({ length: Math.ceil(length / (4 * MiB)) }, () => one), new Uint8Array(4)]);
}

const zeros: Record<Codec, (length: number) => Uint8Array> = {
  gzip: (length) => gzipSync(new Uint8Array(length)),
  zstd: (length) => zstdCompressSync(new Uint8Array(length)),
  snappy: snappyZeros,
  lz4: lz4Zeros,
};

/** A batch, by its header sound in everything, of whatever a codec is to make something of. */
function batchOfContent(codec: Codec, content: Uint8Array): Uint8Array {
  const batch = concatBytes([batchOf("a").subarray(0, BATCH_OVERHEAD), content]);
  writeInt32(batch, BATCH_LENGTH_AT, batch.length - LOG_OVERHEAD);
  writeInt16(batch, ATTRIBUTES_AT, 1 + CODECS.indexOf(codec));
  writeInt32(batch, CRC_AT, computeCrc(batch));
  return batch;
}

const serving = (): TestBroker => TestBroker.serving({ config: { messageMaxBytes: 100 * MiB }, topics: topicRecords({ partitions: [[1], [1], [1], [1]] }) });

/** Error codes of the partitions, in their order. */
function produce(client: TestClient, batches: readonly (readonly [partition: number, records: Uint8Array])[]): readonly number[] {
  const partitionData = batches.map(([index, records]) => ({ index, records }));
  const request = { ...produceRequest(VERSION), topicData: [{ name: TOPIC, topicId: ZERO_UUID, partitionData }] };
  return client.call("Produce", VERSION, request).responses.flatMap(({ partitionResponses }) => partitionResponses.map(({ errorCode }) => errorCode));
}

describe.each(CODECS)("A bomb of %s", (codec) => {
  it("is taken for no records, at the cost of what comes out of it, as long as that is within the limit", () => {
    const host = serving();
    bytesGiven = 0;
    expect(produce(host.client(), [[0, batchOfContent(codec, zeros[codec](8 * MiB))]])).toEqual([ErrorCode.INVALID_RECORD]);
    expect(bytesGiven).toBeLessThanOrEqual(9 * MiB);
  });

  it("of more than the limit is too large, which lets the Java client make two of it, and gives no more than the limit", () => {
    const host = serving();
    const client = host.client();
    bytesGiven = 0;
    const bomb = batchOfContent(codec, zeros[codec](DECOMPRESSED_BYTES_MAX + 5 * MiB));
    expect(produce(client, [[0, bomb]])).toEqual([ErrorCode.MESSAGE_TOO_LARGE]);
    expect(bytesGiven).toBeLessThanOrEqual(DECOMPRESSED_BYTES_MAX);
    expect(produce(client, [[0, batchOf("good")]])).toEqual([0]);
    expect(host.traces.filter(({ kind }) => kind === "connection-closed")).toEqual([]);
  });

  it("is looked into once: what it holds may be another bomb, and is none of ours", () => {
    bytesGiven = 0;
    const inner = zeros[codec](8 * MiB);
    expect(produce(serving().client(), [[0, batchOfContent("gzip", gzipSync(inner))]])).toEqual([ErrorCode.INVALID_RECORD]);
    expect(bytesGiven).toBe(inner.length);
  });

  it.each([
    ["nothing", new Uint8Array(0)],
    ["garbage", Uint8Array.of(0xff, 0, 0, 0xff, 0xff)],
    ["half of what was compressed", undefined],
  ])("of %s holds no record", (_, given) => {
    const whole = zeros[codec](1_000);
    const content = given ?? whole.subarray(0, whole.length >> 1);
    // Kafka 4.3 answers UNKNOWN_SERVER_ERROR to most of these.
    expect(produce(serving().client(), [[0, batchOfContent(codec, content)]])).toEqual([ErrorCode.INVALID_RECORD]);
  });
});

describe("Bombs", () => {
  it("of one request share one limit, however many partitions they are for", () => {
    const bomb = batchOfContent("zstd", zeros.zstd(40 * MiB));
    bytesGiven = 0;
    const many = Array.from({ length: 400 }, (_, index): readonly [number, Uint8Array] => [index % 4, bomb]);
    const [first, ...others] = produce(serving().client(), many);
    expect(first).toBe(ErrorCode.INVALID_RECORD);
    expect(new Set(others)).toEqual(new Set([ErrorCode.MESSAGE_TOO_LARGE]));
    // What fails is counted with all that it was allowed.
    expect(bytesGiven).toBeLessThanOrEqual(2 * DECOMPRESSED_BYTES_MAX);
  });

  it("do not take away what a large request of sound batches needs", () => {
    const records = batchOf("x".repeat(15 * MiB)).subarray(BATCH_OVERHEAD);
    const literal = Uint8Array.of(...varint(records.length), 63 << 2, ...littleEndian(records.length - 1));
    const sound = batchOfContent("snappy", concatBytes([literal, records]));
    const six = Array.from({ length: 6 }, (_, index): readonly [number, Uint8Array] => [index % 4, sound]);
    bytesGiven = 0;
    expect(produce(serving().client(), six)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(bytesGiven).toBeGreaterThan(DECOMPRESSED_BYTES_MAX);
  });

  it("that claim 2 GiB in their first bytes cost nothing", () => {
    bytesGiven = 0;
    expect(produce(serving().client(), [[0, batchOfContent("snappy", Uint8Array.of(0xff, 0xff, 0xff, 0xff, 0x07, 0, 0))]])).toEqual([ErrorCode.INVALID_RECORD]);
  });
});
