import type { HostedReplica } from "@samsa/broker";
import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { CommittedRecords } from "../../src/invariants/committed-records.ts";
import type { BatchMark } from "../../src/invariants/ghost-partition.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";

const KEY = "topic:0";
const lost: BatchMark = { baseOffset: 5, endOffset: 10, leaderEpoch: 0, crc: 0xaa };
const kept: BatchMark = { baseOffset: 0, endOffset: 5, leaderEpoch: 0, crc: 0xbb };
/** The epoch of the leader that was elected without `lost`. */
const LOSING_EPOCH = 4;

/** What is reported of a replica whose high watermark now covers its log, after `lost` was excused. */
function reportsOf(replica: { readonly leaderEpoch: number; readonly log: readonly BatchMark[]; readonly isJustRestarted?: boolean }): string[] {
  const reports: string[] = [];
  const ghost = new Ghost(combined(3));
  const committed = ghost.partition({ key: KEY, topic: "orders", partition: 0 });
  committed.append(kept, 0);
  committed.append(lost, 0);
  committed.forget(lost.baseOffset, LOSING_EPOCH, "every replica lost power");
  const end = replica.log.at(-1)?.endOffset ?? 0;
  const hosted = {
    key: KEY,
    topic: "orders",
    partition: 0,
    log: {
      isReady: true,
      appendedEnd: end,
      latestEpoch: 0,
      segmentSpans: [{ path: "", baseOffset: 0, endOffset: Number.MAX_SAFE_INTEGER, knownOffset: 0, knownPosition: 0 }],
      batchesIn: () => replica.log,
    },
    replica: { role: "follower", leaderEpoch: replica.leaderEpoch, highWatermark: end },
  } as unknown as HostedReplica;
  const view = { id: 1 } as unknown as NodeView;
  ghost.replicaMemory(ghost.memoryOf(view), hosted).isCurrent = replica.isJustRestarted !== true;
  new CommittedRecords((invariant) => reports.push(invariant)).afterTurn(view, ghost, { changed: [hosted], effects: [] });
  return reports;
}

it("lets a replica that has not heard of the lossy election believe in what was lost", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [kept, lost] })).toEqual([]);
});

it("does not let one that has heard of it", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, lost] })).toEqual(["I-P1"]);
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH + 1, log: [kept, lost] })).toEqual(["I-P1"]);
});

it("lets one that has heard of it, but only just read its high watermark from before", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, lost], isJustRestarted: true })).toEqual([]);
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH, log: [kept, { ...lost, crc: 0xcc }], isJustRestarted: true })).toEqual(["I-P1"]);
});

it.each([
  ["of other content", { ...lost, crc: 0xcc }],
  ["of another epoch", { ...lost, leaderEpoch: 1 }],
  ["of another length", { ...lost, endOffset: 9 }],
])("lets nobody believe in a batch %s in the place of what was lost", (_, other) => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [kept, other] })).toEqual(["I-P1"]);
});

it("excuses nothing that was kept", () => {
  expect(reportsOf({ leaderEpoch: LOSING_EPOCH - 1, log: [{ ...kept, crc: 0xcc }] })).toEqual(["I-P1"]);
});
