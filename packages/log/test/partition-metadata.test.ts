import { decodeUtf8, encodeUtf8, uuid } from "@samsa/stdx";
import { expect, test } from "vitest";
import { decodePartitionMetadata, encodePartitionMetadata } from "../src/partition-metadata.ts";

const ID = uuid("vvvvvvvvvvvvvvvvvvvvvA");

test("partition.metadata has the bytes that Apache Kafka 4.3 writes: no newline at its end", () => {
  expect(decodeUtf8(encodePartitionMetadata(ID))).toBe("version: 0\ntopic_id: vvvvvvvvvvvvvvvvvvvvvA");
});

test("a partition.metadata is read with a newline at its end, too, as Samsa wrote it before", () => {
  expect(decodePartitionMetadata(encodePartitionMetadata(ID))).toBe(ID);
  expect(decodePartitionMetadata(encodeUtf8(`version: 0\ntopic_id: ${ID}\n`))).toBe(ID);
  expect(decodePartitionMetadata(encodeUtf8(`version: 0\ntopic_id: ${ID}\n\n`))).toBeUndefined();
  expect(decodePartitionMetadata(encodeUtf8(`version: 1\ntopic_id: ${ID}`))).toBeUndefined();
});
