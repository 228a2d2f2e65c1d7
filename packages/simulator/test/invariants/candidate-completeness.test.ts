import type { MetadataImage } from "@samsa/metadata";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { CandidateCompleteness } from "../../src/invariants/candidate-completeness.ts";
import { Ghost, type ReplicaMemory } from "../../src/invariants/ghost.ts";

const KEY = "topic:0";
const CANDIDATE = 2;
const INCARNATION = "second";

/** What is reported when node 2 is in the ISR of a partition whose offsets 0–9 are committed, 5–9 in epoch 1. */
function reportsOf(log: Pick<ReplicaMemory, "logStartOffset" | "writtenEnd" | "epochs">): string[] {
  const reports: string[] = [];
  const ghost = new Ghost(combined(3));
  const committed = ghost.partition({ key: KEY, topic: "orders", partition: 0 });
  committed.append({ baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 1 }, 0);
  committed.append({ baseOffset: 5, endOffset: 10, leaderEpoch: 1, crc: 2 }, 1);
  const partitions = [{ partition: 0, isr: [CANDIDATE], elr: [] }];
  ghost.image = {
    topics: () => [{ topicId: "topic", partitions }],
    brokers: new Map([[CANDIDATE, { isFenced: false, incarnationId: INCARNATION }]]),
  } as unknown as MetadataImage;
  const memory = ghost.memoryOf({ id: CANDIDATE } as unknown as NodeView);
  memory.incarnationId = INCARNATION;
  memory.replicas.set(KEY, log as ReplicaMemory);
  new CandidateCompleteness((invariant) => reports.push(invariant)).afterTurn({ id: 1 } as unknown as NodeView, ghost, { changed: [], effects: [] });
  return reports;
}

const EPOCHS = [
  { epoch: 0, startOffset: 0 },
  { epoch: 1, startOffset: 5 },
];

it("is content with a candidate that holds all committed records, and not with one whose log is too short, or of another epoch there", () => {
  expect(reportsOf({ logStartOffset: 0, writtenEnd: 10, epochs: EPOCHS })).toEqual([]);
  expect(reportsOf({ logStartOffset: 0, writtenEnd: 9, epochs: EPOCHS })).toEqual(["I-P3"]);
  expect(reportsOf({ logStartOffset: 0, writtenEnd: 10, epochs: [{ epoch: 0, startOffset: 0 }] })).toEqual(["I-P3"]);
});

describe("where records are deleted", () => {
  it("is content with a start within the last committed batch, or behind it", () => {
    expect(reportsOf({ logStartOffset: 7, writtenEnd: 10, epochs: [{ epoch: 1, startOffset: 7 }] })).toEqual([]);
    expect(reportsOf({ logStartOffset: 10, writtenEnd: 10, epochs: [] })).toEqual([]);
  });

  it("still wants a log that ends where what is committed does, whatever was deleted", () => {
    expect(reportsOf({ logStartOffset: 9, writtenEnd: 9, epochs: [] })).toEqual(["I-P3"]);
  });

  it("still wants the last committed batch to be of its epoch, where a part of it is left", () => {
    expect(reportsOf({ logStartOffset: 7, writtenEnd: 10, epochs: [{ epoch: 0, startOffset: 7 }] })).toEqual(["I-P3"]);
    expect(reportsOf({ logStartOffset: 9, writtenEnd: 10, epochs: [] })).toEqual(["I-P3"]);
  });
});
