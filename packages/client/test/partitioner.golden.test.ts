import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { partitionOfKey } from "../src/index.ts";
import { murmur2 } from "../src/producer/murmur2.ts";

/** What `Utils.murmur2` and `BuiltInPartitioner.partitionForKey` of Apache Kafka 4.3.0's Java client said: the key in hex, its hash, its partitions. */
const VECTORS = JSON.parse(readFileSync(new URL("java-partitions.json", import.meta.url), "utf8")) as readonly (readonly [string, number, readonly number[]])[];
const PARTITION_COUNTS = [1, 2, 3, 6, 7, 50, 1000];

const bytesOf = (hex: string): Uint8Array => Uint8Array.from(hex.match(/../gu) ?? [], (byte) => Number.parseInt(byte, 16));

describe("a key's partition", () => {
  it.each(VECTORS)("of %s is the one of Java's client", (hex, hash, partitions) => {
    const key = bytesOf(hex);
    expect([murmur2(key), PARTITION_COUNTS.map((count) => partitionOfKey(key, count))]).toEqual([hash, partitions]);
  });
});
