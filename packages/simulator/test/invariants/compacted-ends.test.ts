import type { HostedReplica } from "@samsa/broker";
import type { Effect } from "@samsa/world";
import { expect, it } from "vitest";
import { combined } from "../../src/cluster/cluster-shape.ts";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { noteCompaction } from "../../src/invariants/compacted-ends.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const PLACE = { key: "topic:0", topic: "orders", partition: 0 };
const OTHER = { key: "topic:1", topic: "orders", partition: 1 };

/** Where the ghost takes two partitions for compacted, after what a node has asked its disk for. */
function endsAfter(...asked: readonly { readonly type: "sync" | "append"; readonly path: string; readonly highWatermark: number }[]): number[] {
  const ghost = new Ghost(combined(3));
  for (const { highWatermark, ...effect } of asked) {
    const hosted = [PLACE, OTHER].map((place) => ({ ...place, log: { segmentPaths: [`orders-${place.partition}/0.log`] }, replica: { highWatermark } }));
    const view = { id: 1, node: { broker: { replicas: { all: () => hosted as unknown as readonly HostedReplica[] } } } } as unknown as NodeView;
    noteCompaction(view, ghost, [effect] as unknown as readonly Effect[]);
  }
  return [ghost.partition(PLACE).compactedEnd, ghost.partition(OTHER).compactedEnd];
}

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
