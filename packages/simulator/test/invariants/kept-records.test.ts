import type { HostedReplica } from "@samsa/broker";
import { expect, it } from "vitest";
import { combined } from "../../src/cluster/cluster-shape.ts";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { KeptRecords } from "../../src/invariants/kept-records.ts";

interface Had {
  readonly logStartOffset: number;
  readonly writtenEnd: number;
  readonly syncedEnd: number;
  readonly isBeginningAnew?: boolean;
}

/** What is said of a log that had this, and is read by the next process with its end at `appendedEnd`. */
function reportsOf(had: Had, appendedEnd: number, lostPower = false): string[] {
  const hosted = { key: "topic:0", topic: "orders", partition: 0, log: { isReady: true, appendedEnd } } as unknown as HostedReplica;
  const view = { id: 1, node: { broker: { replicas: { all: () => [hosted] } } } } as unknown as NodeView;
  const ghost = new Ghost(combined(3));
  Object.assign(ghost.replicaMemory(ghost.memoryOf(view), hosted), had);
  const reports: string[] = [];
  const invariant = new KeptRecords((_, detail) => reports.push(detail));
  invariant.started(view, ghost, { lostPower });
  invariant.afterTurn(view, ghost, { changed: [hosted], effects: [] });
  return reports;
}

it("what was written survives the death of the process, and what was synced a loss of power (I-S1)", () => {
  const had = { logStartOffset: 5, writtenEnd: 9, syncedEnd: 7 };
  expect([reportsOf(had, 9), reportsOf(had, 7, true)]).toEqual([[], []]);
  expect(reportsOf(had, 8)).toHaveLength(1);
  expect(reportsOf(had, 6, true)).toHaveLength(1);
  expect(reportsOf(had, 0)).toHaveLength(2);
});

it("a log that was killed as it began anew, before its new file was there, may begin anew at 0; one that had begun keeps where it begins", () => {
  const had = { logStartOffset: 9, writtenEnd: 9, syncedEnd: 9 };
  expect(reportsOf({ ...had, isBeginningAnew: true }, 0)).toEqual([]);
  expect(reportsOf({ ...had, isBeginningAnew: false }, 0)).toHaveLength(2);
});

it("a log that begins anew and has records by now keeps those that were written, if the process alone dies", () => {
  const had = { logStartOffset: 9, writtenEnd: 12, syncedEnd: 9, isBeginningAnew: true };
  expect(reportsOf(had, 12)).toEqual([]);
  expect(reportsOf(had, 11)).toHaveLength(1);
  expect(reportsOf(had, 0)).toHaveLength(1);
  expect(reportsOf(had, 0, true)).toEqual([]);
});

/** What is said of a log with 145 records, in `process` or the one before, that was `then` so as it was stopped, and comes back with 144. */
function reportsOfStop(
  then: { readonly appendedEnd: number; readonly logStartOffset?: number; readonly isBeginningAnew?: boolean },
  isSameProcess = true,
): string[] {
  const ready = { isReady: true, logStartOffset: 5, writtenEnd: 145, syncedEnd: 145, appendedEnd: 145, isBeginningAnew: false, epochEntries: [] };
  const replica = { role: "follower", leaderEpoch: 3, maximalIsr: [], highWatermark: 140, lastStableOffset: 140, isUnderMinIsr: false };
  const hostedWith = (log: object): HostedReplica => ({ key: "topic:0", topic: "orders", partition: 0, log, replica }) as unknown as HostedReplica;
  let hosted = hostedWith(ready);
  const view = { id: 1, node: { broker: { replicas: { all: () => [hosted] } } } } as unknown as NodeView;
  const ghost = new Ghost(combined(3));
  ghost.rememberReplicas(view, [hosted]);
  if (!isSameProcess) ghost.began(view);
  ghost.rememberReplicas(view, [hostedWith({ ...ready, isReady: false, ...then })]);
  const reports: string[] = [];
  const invariant = new KeptRecords((_, detail) => reports.push(detail));
  invariant.started(view, ghost, { lostPower: false });
  hosted = hostedWith({ ...ready, appendedEnd: 144, logStartOffset: then.logStartOffset ?? 5 });
  invariant.afterTurn(view, ghost, { changed: [hosted], effects: [] });
  return reports;
}

it("a log that is cut in the turn in which it is stopped ends there, and one that is not, or has not been read, ends where it did", () => {
  expect(reportsOfStop({ appendedEnd: 144 })).toEqual([]);
  expect(reportsOfStop({ appendedEnd: 145 })).toHaveLength(2);
  expect(reportsOfStop({ appendedEnd: 0 }, false)).toHaveLength(2);
  expect(reportsOfStop({ appendedEnd: 200, logStartOffset: 200, isBeginningAnew: true })).toEqual([]);
});
