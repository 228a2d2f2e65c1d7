import { expect, it } from "vitest";
import * as protocol from "../src/index.ts";
import { Reader, Writer } from "../src/index.ts";

const LONG_MAX = "7fffffffffffffff";
const hexOf = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

interface Case {
  readonly field: string;
  readonly encode: (writer: Writer, value: number) => void;
  readonly decode: (reader: Reader) => number | undefined;
}

const commit = (changes: object) => ({ ...protocol.newOffsetCommitRequest(), ...changes });
const committed = (committedOffset: number) => [{ partitionIndex: 0, committedOffset, committedLeaderEpoch: -1, committedMetadata: null }];
const topic = (partitions: ReturnType<typeof committed>) => [{ ...protocol.newOffsetCommitRequestTopic({ name: "orders" }), partitions }];

const CASES: readonly Case[] = [
  {
    field: "retentionTimeMs of OffsetCommit",
    encode: (writer, retentionTimeMs) => protocol.encodeOffsetCommitRequest(writer, commit({ retentionTimeMs }), 2),
    decode: (reader) => protocol.decodeOffsetCommitRequest(reader, 2).retentionTimeMs,
  },
  {
    field: "committedOffset of OffsetCommit",
    encode: (writer, offset) => protocol.encodeOffsetCommitRequest(writer, commit({ topics: topic(committed(offset)) }), 2),
    decode: (reader) => protocol.decodeOffsetCommitRequest(reader, 2).topics[0]?.partitions[0]?.committedOffset,
  },
  {
    field: "timestamp of ListOffsets",
    encode: (writer, timestamp) => {
      const partitions = [protocol.newListOffsetsPartition({ timestamp })];
      protocol.encodeListOffsetsRequest(writer, protocol.newListOffsetsRequest({ topics: [{ name: "orders", partitions }] }), 1);
    },
    decode: (reader) => protocol.decodeListOffsetsRequest(reader, 1).topics[0]?.partitions[0]?.timestamp,
  },
  {
    field: "offset of DeleteRecords",
    encode: (writer, offset) => {
      const topics = [{ name: "orders", partitions: [{ partitionIndex: 0, offset }] }];
      protocol.encodeDeleteRecordsRequest(writer, protocol.newDeleteRecordsRequest({ topics }), 0);
    },
    decode: (reader) => protocol.decodeDeleteRecordsRequest(reader, 0).topics[0]?.partitions[0]?.offset,
  },
];

it.each(CASES)("a client may say 2^63 − 1 for $field, and it is written as it was read", ({ encode, decode }) => {
  const writer = new Writer();
  encode(writer, Number.MAX_SAFE_INTEGER);
  const bytes = writer.finishBytes();
  expect(hexOf(bytes)).toContain(LONG_MAX);
  const value = decode(new Reader(bytes));
  expect(value).toBe(Number.MAX_SAFE_INTEGER);
});

it("an int64 of 2^53 in a request is taken for one without a bound", () => {
  const writer = new Writer();
  protocol.encodeOffsetCommitRequest(writer, commit({ retentionTimeMs: 0x1234_5678 }), 2);
  const bytes = writer.finishBytes().slice();
  const at = hexOf(bytes).indexOf("0000000012345678") / 2;
  bytes.set([0x00, 0x20, 0, 0, 0, 0, 0, 0], at);
  expect(protocol.decodeOffsetCommitRequest(new Reader(bytes), 2).retentionTimeMs).toBe(Number.MAX_SAFE_INTEGER);
});
