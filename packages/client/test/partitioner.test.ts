import { newMetadataResponse, newMetadataResponsePartition, newMetadataResponseTopic } from "@samsa/protocol";
import { encodeUtf8, Prng, uuid } from "@samsa/stdx";
import { describe, expect, it } from "vitest";
import { ClusterMetadata, Partitioner, partitionOfKey } from "../src/index.ts";
import { murmur2 } from "../src/producer/murmur2.ts";

const TOPIC = "orders";
const SIZE = 40;

function setup(leaders: readonly number[], batchSizeBytes = 100) {
  const metadata = new ClusterMetadata();
  const lead = (next: readonly number[], epoch: number): void => {
    const partitions = next.map((leaderId, partitionIndex) => newMetadataResponsePartition({ partitionIndex, leaderId, leaderEpoch: epoch }));
    metadata.apply(newMetadataResponse({ topics: [newMetadataResponseTopic({ name: TOPIC, topicId: uuid("AAAAAAAAAAAAAAAAAAAAAQ"), partitions })] }));
  };
  if (leaders.length > 0) lead(leaders, 1);
  const partitioner = new Partitioner({ metadata, prng: new Prng(1), batchSizeBytes });
  const next = (key: string | null = null): number | undefined =>
    partitioner.partitionOf({ topic: TOPIC, key: key === null ? null : encodeUtf8(key), sizeBytes: SIZE });
  return { next, lead };
}

describe("murmur2", () => {
  it.each([
    ["21", -973_932_308],
    ["foobar", -790_332_482],
    ["a-little-bit-long-string", -985_981_536],
    ["a-little-bit-longer-string", -1_486_304_829],
    ["lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58_897_971],
    ["abc", 479_470_107],
  ])("of %s is what Java's client computes", (text, hash) => {
    expect(murmur2(encodeUtf8(text))).toBe(hash);
  });
});

describe("a partitioner", () => {
  it("puts a key on the partition that other clients put it on, also where the hash is negative", () => {
    expect(partitionOfKey(encodeUtf8("abc"), 10)).toBe(479_470_107 % 10);
    expect(partitionOfKey(encodeUtf8("21"), 10)).toBe((-973_932_308 & 0x7fff_ffff) % 10);
    const { next } = setup([0, 1, 2]);
    expect(next("abc")).toBe(479_470_107 % 3);
    expect(next("abc")).toBe(next("abc"));
  });

  it("puts a key there though nobody leads that partition: where else would its other records be", () => {
    expect(setup([-1, -1, -1]).next("abc")).toBe(479_470_107 % 3);
  });

  it("stays with one partition for a batch's bytes, and draws another one then", () => {
    const { next } = setup([0, 0, 0, 0, 0, 0, 0, 0]);
    const drawn = Array.from({ length: 30 }, () => next());
    for (let at = 0; at < drawn.length; at += 3) expect(new Set(drawn.slice(at, at + 3)).size).toBe(1);
    expect(new Set(drawn).size).toBeGreaterThan(3);
  });

  it("passes over partitions that nobody leads, as long as somebody leads one", () => {
    const { next, lead } = setup([-1, 0, -1], 1_000_000);
    expect([next(), next(), next()]).toEqual([1, 1, 1]);
    lead([-1, -1, 2], 2);
    expect([next(), next()]).toEqual([2, 2]);
    lead([-1, -1, -1], 3);
    expect(next()).toBeTypeOf("number");
  });

  it("knows no partition of a topic that it knows nothing of", () => {
    const { next } = setup([]);
    expect([next(), next("abc")]).toEqual([undefined, undefined]);
  });
});
