import type { HostedReplica } from "@samsa/broker";
import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { FetchEvidence } from "../../src/invariants/fetch-evidence.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

interface Seen {
  readonly node?: number;
  readonly role: "leader" | "follower";
  readonly epoch: number;
  readonly highWatermark?: number;
  readonly writtenEnd?: number;
  readonly logStart?: number;
}

const viewOf = (node: number): NodeView => ({ id: node, incarnation: 1, node: { incarnationId: "" } }) as unknown as NodeView;

const hostedOf = ({ role, epoch, highWatermark = 0, writtenEnd = 9, logStart = 0 }: Seen): HostedReplica =>
  ({
    key: "topic:0",
    topic: "orders",
    partition: 0,
    replica: { role, leaderEpoch: epoch, highWatermark, lastStableOffset: highWatermark, maximalIsr: [1, 2], isUnderMinIsr: false },
    log: { isReady: true, logStartOffset: logStart, writtenEnd, syncedEnd: 0, appendedEnd: writtenEnd, isBeginningAnew: false, epochEntries: [] },
  }) as unknown as HostedReplica;

/** Node 2 has heard of epoch 0, whose leader committed up to offset 5; that of epoch 1 up to `committed` after it. Then node 1 is seen so, one time after the other. */
function setup({ committed = 0 } = {}) {
  const ghost = new Ghost(combined(3));
  const reports: string[] = [];
  const check = new FetchEvidence((invariant) => reports.push(invariant));
  const see = (...seen: readonly Seen[]): readonly string[] => {
    for (const one of seen) {
      const [view, hosted] = [viewOf(one.node ?? 1), hostedOf(one)];
      check.afterTurn(view, ghost, { changed: [hosted], effects: [] });
      ghost.rememberReplicas(view, [hosted]);
    }
    return reports;
  };
  see({ node: 2, role: "follower", epoch: 0 });
  const partition = ghost.partition(hostedOf({ role: "leader", epoch: 0 }));
  partition.append({ baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 1 }, 0);
  if (committed > 5) partition.append({ baseOffset: 5, endOffset: committed, leaderEpoch: 1, crc: 2 }, 1);
  return { ghost, see };
}

const follows = { role: "follower", epoch: 0, highWatermark: 2 } as const;

it("a high watermark does not move on the word of who has not heard of the epoch", () => {
  expect(setup().see({ role: "leader", epoch: 2, highWatermark: 2 }, { role: "leader", epoch: 2, highWatermark: 4 })).toEqual(["I-P5", "I-P5"]);
});

it("it moves on the word of who has", () => {
  expect(setup().see({ node: 2, role: "follower", epoch: 2 }, { role: "leader", epoch: 2, highWatermark: 7 })).toEqual([]);
});

it("it may be what the leader of before told in the turn in which its follower began to lead", () => {
  expect(setup().see(follows, { role: "leader", epoch: 2, highWatermark: 5 })).toEqual([]);
});

it("but no more than that one had committed, or the follower had written", () => {
  expect(setup().see(follows, { role: "leader", epoch: 2, highWatermark: 6 })).toEqual(["I-P5"]);
  expect(setup().see(follows, { role: "leader", epoch: 2, highWatermark: 5, writtenEnd: 4 })).toEqual(["I-P5"]);
});

it("nor what another leader committed, whom it did not follow", () => {
  expect(setup({ committed: 8 }).see(follows, { role: "leader", epoch: 2, highWatermark: 7 })).toEqual(["I-P5"]);
  expect(setup({ committed: 8 }).see({ ...follows, epoch: 1 }, { role: "leader", epoch: 2, highWatermark: 7 })).toEqual([]);
});

it("nor in a later turn, nor what a process was told that is no more", () => {
  expect(setup().see(follows, { role: "leader", epoch: 2, highWatermark: 2 }, { role: "leader", epoch: 2, highWatermark: 5 })).toEqual(["I-P5"]);
  const { ghost, see } = setup();
  see(follows);
  ghost.began(viewOf(1));
  expect(see({ role: "leader", epoch: 2, highWatermark: 5 })).toEqual(["I-P5"]);
});

it("it may be raised to where the log starts", () => {
  expect(setup().see({ role: "leader", epoch: 2, highWatermark: 3, logStart: 3 })).toEqual([]);
});
