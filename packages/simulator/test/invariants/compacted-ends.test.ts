import type { HostedReplica } from "@samsa/broker";
import type { Effect } from "@samsa/world";
import { expect, it } from "vitest";
import { combined } from "../../src/cluster/cluster-shape.ts";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { noteCompaction } from "../../src/invariants/compacted-ends.ts";
import type { GhostPartition } from "../../src/invariants/ghost-partition.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const PLACE = { key: "topic:0", topic: "orders", partition: 0 };
const OTHER = { key: "topic:1", topic: "orders", partition: 1 };

interface Asked {
  readonly type: "sync" | "append";
  readonly path: string;
  readonly highWatermark: number;
  /** The last of the log; else 2. */
  readonly latestEpoch?: number;
}

/** What the ghost knows of two partitions after what a node has asked its disk for. */
function ghostAfter(...asked: readonly Asked[]): readonly GhostPartition[] {
  const ghost = new Ghost(combined(3));
  for (const { highWatermark, latestEpoch = 2, ...effect } of asked) {
    const hosted = [PLACE, OTHER].map((place) => {
      return { ...place, log: { segmentPaths: [`orders-${place.partition}/0.log`], latestEpoch }, replica: { highWatermark } };
    });
    const view = { id: 1, node: { broker: { replicas: { all: () => hosted as unknown as readonly HostedReplica[] } } } } as unknown as NodeView;
    noteCompaction(view, ghost, [effect] as unknown as readonly Effect[]);
  }
  return [PLACE, OTHER].map((place) => ghost.partition(place));
}

/** Where it takes them for compacted. */
const endsAfter = (...asked: readonly Asked[]): number[] => ghostAfter(...asked).map((partition) => partition.compactedEndOf(2));

it("takes a log for compacted up to its high watermark when a segment is about to be replaced, though the round may be given up", () => {
  expect(endsAfter({ type: "sync", path: "orders-0/0.log.cleaned", highWatermark: 7 })).toEqual([7, 0]);
});

it("takes none for compacted of which nothing is replaced", () => {
  const highWatermark = 7;
  expect(endsAfter({ type: "append", path: "orders-0/0.log.cleaned", highWatermark }, { type: "sync", path: "orders-1/0.log", highWatermark })).toEqual([0, 0]);
});

it("does not forget it when a high watermark falls", () => {
  const path = "orders-1/0.log.cleaned";
  expect(endsAfter({ type: "sync", path, highWatermark: 7 }, { type: "sync", path, highWatermark: 3 })).toEqual([0, 7]);
});

it("takes nothing for compacted of an epoch that the log which was compacted had not heard of", () => {
  const path = "orders-0/0.log.cleaned";
  const endsOf = (...asked: readonly Asked[]): (number | undefined)[] => [1, 2, 3, 4].map((epoch) => ghostAfter(...asked)[0]?.compactedEndOf(epoch));
  const [before, since]: Asked[] = [
    { type: "sync", path, highWatermark: 7 },
    { type: "sync", path, highWatermark: 4, latestEpoch: 3 },
  ];
  for (const asked of [
    [before, since],
    [since, before],
    [before, since, before],
  ] as Asked[][])
    expect(endsOf(...asked)).toEqual([7, 7, 4, 0]);
  expect(endsOf(since as Asked, { ...since, highWatermark: 9 } as Asked)).toEqual([9, 9, 9, 0]);
});
