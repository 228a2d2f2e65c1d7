import type { HostedReplica } from "@samsa/broker";
import { batchHeaderAt } from "@samsa/log";
import { encodeBatch, encodeEmptyBatch } from "@samsa/protocol/records";
import { concatBytes, encodeUtf8 } from "@samsa/stdx";
import type { Effect } from "@samsa/world";
import { describe, expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { CompactedRecords } from "../../src/invariants/compacted-records.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const PLACE = { key: "topic:0", topic: "compacted", partition: 0 };
const RETENTION_MS = 1_000;

/** `k=v` is a batch of one record, `k` a tombstone, a number stands for that many offsets of which nothing is left. */
function logOf(...texts: readonly (string | number)[]): Uint8Array {
  let baseOffset = 0;
  const parts = texts.map((text) => {
    const [key = "", value] = String(text).split("=");
    const record = { key: encodeUtf8(key), value: value === undefined ? null : encodeUtf8(value), timestamp: 1 };
    const bytes =
      typeof text === "number"
        ? encodeEmptyBatch({ baseOffset, endOffset: baseOffset + text, partitionLeaderEpoch: 0 })
        : encodeBatch({ records: [record], baseOffset, partitionLeaderEpoch: 0 });
    baseOffset += typeof text === "number" ? text : 1;
    return bytes;
  });
  return concatBytes(parts);
}

function endOf(bytes: Uint8Array): number {
  let end = 0;
  for (let at = 0; at < bytes.length;) {
    const header = batchHeaderAt(bytes, at);
    end = header.endOffset;
    at += header.sizeInBytes;
  }
  return end;
}

class Watched {
  private readonly told: string[] = [];
  readonly ghost = Object.assign(new Ghost(combined(3)), { isCompacted: () => true, looksAtKeys: true, deleteRetentionMs: RETENTION_MS });
  private readonly check = new CompactedRecords((invariant, detail) => this.told.push(`${invariant} ${detail}`));

  /** All of it was committed, in the log of node 1. */
  constructor(...texts: readonly string[]) {
    const bytes = logOf(...texts);
    const committed = this.ghost.partition(PLACE);
    for (let at = 0; at < bytes.length;) {
      const { sizeInBytes, baseOffset, endOffset, leaderEpoch, crc } = batchHeaderAt(bytes, at);
      committed.append({ baseOffset, endOffset, leaderEpoch, crc }, 0);
      at += sizeInBytes;
    }
    this.sees(1, bytes);
  }

  /** Each once: a log that is seen for the first time, and was just compacted, is looked at twice. */
  get reports(): readonly string[] {
    return [...new Set(this.told)];
  }

  /** What is told when a node has that in its log; a round of compaction is just done where it says up to which offset. */
  sees(node: number, bytes: Uint8Array, { highWatermark = endOf(bytes), compactedEnd }: { highWatermark?: number; compactedEnd?: number } = {}): this {
    const endOffset = endOf(bytes);
    const log = {
      isReady: true,
      firstSegmentOffset: 0,
      appendedEnd: endOffset,
      writtenEnd: endOffset,
      segmentSpans: () => [{ path: "0.log", baseOffset: 0, endOffset, knownOffset: endOffset, knownPosition: bytes.length }],
      batchesIn: () => [],
    };
    const hosted = { ...PLACE, log, replica: { highWatermark } } as unknown as HostedReplica;
    const view = { id: node, incarnation: 1, fileOf: () => bytes, node: { broker: { replicas: { all: () => [hosted] } } } } as unknown as NodeView;
    const event = { kind: "log-compacted", topic: PLACE.topic, partition: 0, endOffset: compactedEnd };
    const effects = (compactedEnd === undefined ? [] : [{ type: "trace", event }]) as unknown as readonly Effect[];
    this.check.afterTurn(view, this.ghost, { changed: [hosted], effects });
    return this;
  }

  after(ms: number): this {
    this.ghost.nowUs += ms * 1000;
    return this;
  }
}

describe("a compacted log", () => {
  it("may lack what a newer record of its key follows", () => {
    expect(new Watched("a=1", "b=1", "a=2", "b=2").sees(2, logOf(2, "a=2", "b=2"), { compactedEnd: 4 }).reports).toEqual([]);
  });

  it("may not lack the newest record of a key", () => {
    const { reports } = new Watched("a=1", "b=1", "a=2").sees(2, logOf("a=1", 1, "a=2"), { compactedEnd: 3 });
    expect(reports).toEqual(["I-C1 compacted-0 on node 2: the newest record of key 62, at 1, is gone"]);
  });

  it("has what was committed, and nothing else", () => {
    const { reports } = new Watched("a=1", "a=2").sees(2, logOf(1, "a=3"), { compactedEnd: 2 });
    expect(reports).toEqual(["I-C1 compacted-0 on node 2: the record at 1 is not the one that was committed there"]);
  });

  it("has its tombstones for delete.retention.ms", () => {
    const early = new Watched("a=1", "a", "b=1").after(RETENTION_MS - 1).sees(2, logOf(2, "b=1"), { compactedEnd: 3 });
    expect(early.reports).toEqual(["I-C1 compacted-0 on node 2: the tombstone of key 61 at 1 is gone after 999 ms"]);
    expect(new Watched("a=1", "a", "b=1").after(RETENTION_MS).sees(2, logOf(2, "b=1"), { compactedEnd: 3 }).reports).toEqual([]);
  });

  it("has not what a tombstone has deleted that it had once; one that never had the tombstone may", () => {
    const back = logOf("a=1", 1, "b=1");
    const { reports } = new Watched("a=1", "a", "b=1").after(RETENTION_MS).sees(1, back, { compactedEnd: 3 });
    expect(reports).toEqual(["I-C1 compacted-0 on node 1: the tombstone of key 61 at 1 is gone, and what it deletes is still there, at 0"]);
    expect(new Watched("a=1", "a", "b=1").after(RETENTION_MS).sees(2, back).reports).toEqual([]);
  });

  it("is compacted below its own high watermark alone", () => {
    const { reports } = new Watched("a=1", "a=2").sees(2, logOf(1, "a=2"), { highWatermark: 1, compactedEnd: 2 });
    expect(reports).toEqual(["I-C2 compacted-0 on node 2 is compacted up to 2, and its high watermark is 1"]);
  });

  it("is nobody's to judge where records were lost by leave, or it is of before", () => {
    const watched = new Watched("a=1", "b=1", "c=1");
    watched.ghost.partition(PLACE).forget(2, 4, "all lost their power");
    expect(watched.sees(2, logOf(1, "b=1"), { compactedEnd: 2 }).reports).toEqual([]);
  });
});
