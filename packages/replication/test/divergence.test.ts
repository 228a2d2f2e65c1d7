import { leaderEpoch, offset, wallMs, micros } from "@samsa/stdx";
import fc from "fast-check";
import { expect, it } from "vitest";
import { consumersDivergence, divergenceOf, epochEndOf, truncationFor } from "../src/divergence.ts";
import { encodeRecords, MemoryLog } from "./memory-log.ts";

const now = { monotonicUs: micros(0), wallMs: wallMs(0) };

/** Epoch of each record; its value names who wrote it, so that two records of one epoch and offset are the same. */
function logOf(epochs: readonly number[]): MemoryLog {
  const log = new MemoryLog();
  log.appendAsFollower(encodeRecords(epochs.map((epoch, at) => ({ offset: at, epoch, value: epoch * 1000 + at }))));
  log.finishWrites(now);
  return log;
}

const positionOf = (log: MemoryLog): Parameters<typeof divergenceOf>[1] => ({ fetchOffset: log.writtenEnd, lastFetchedEpoch: log.epochBefore(log.writtenEnd) });

/** What a follower does until the leader has nothing against its log. */
function reconcile(leader: MemoryLog, follower: MemoryLog): number {
  for (let round = 0; round < 50; round++) {
    const diverging = divergenceOf(leader, positionOf(follower), false);
    if (diverging === undefined) return round;
    const { type, toOffset } = truncationFor(follower, diverging);
    expect(toOffset < follower.appendedEnd || type === "all").toBe(true);
    if (type === "all") follower.truncateFullyAndStartAt(toOffset);
    else follower.truncateTo(toOffset);
  }
  throw new Error("does not end");
}

it("finds the divergence after two fast fail-overs, where the next epoch's start would hide it (P03, KIP-279)", () => {
  // B: offset 0 of epoch 0, 1 of epoch 1 (never copied), 2 of epoch 3. A: offset 1 of epoch 2 (never copied).
  const b = logOf([0, 1, 3]);
  const a = logOf([0, 2]);
  expect(divergenceOf(b, positionOf(a), false)).toEqual({ leaderEpoch: 1, endOffset: 2 });
  reconcile(b, a);
  expect(a.all.map(({ epoch }) => epoch)).toEqual([0]);
});

it("lets a log go on that is a prefix, and tells a reader of nothing known here to start anew", () => {
  const leader = logOf([0, 0, 2, 2]);
  expect(divergenceOf(leader, { fetchOffset: offset(3), lastFetchedEpoch: leaderEpoch(2) }, false)).toBeUndefined();
  expect(divergenceOf(leader, { fetchOffset: offset(4), lastFetchedEpoch: leaderEpoch(2) }, false)).toBeUndefined();
  expect(divergenceOf(leader, { fetchOffset: offset(5), lastFetchedEpoch: leaderEpoch(2) }, false)).toEqual({ leaderEpoch: 2, endOffset: 4 });
  expect(divergenceOf(leader, { fetchOffset: offset(5), lastFetchedEpoch: leaderEpoch(-1) }, false)).toEqual({ leaderEpoch: -1, endOffset: 0 });
  leader.deleteBefore(offset(2));
  expect(divergenceOf(leader, { fetchOffset: offset(1), lastFetchedEpoch: leaderEpoch(0) }, false)).toEqual({ leaderEpoch: -1, endOffset: 2 });
});

it("lets a follower that ends where the leader's log starts go on only with the record that was deleted there", () => {
  const anew = { leaderEpoch: -1, endOffset: 2 };
  const at = (epoch: number) => ({ fetchOffset: offset(2), lastFetchedEpoch: leaderEpoch(epoch) });
  const leader = logOf([0, 5]);
  leader.assignEpoch(leaderEpoch(7));
  leader.deleteBefore(offset(2));
  expect(divergenceOf(leader, at(5), false)).toBeUndefined();
  // Before an unclean election it was another one.
  expect(divergenceOf(leader, at(4), false)).toEqual(anew);
  expect(divergenceOf(leader, at(4), true)).toEqual(anew);
  expect(divergenceOf(leader, at(6), false)).toEqual(anew);
  // It has none, and nothing to compare.
  expect(divergenceOf(leader, at(-1), false)).toBeUndefined();
  // A consumer has read what was there in its time.
  expect(consumersDivergence(leader, at(4), leaderEpoch(7))).toBeUndefined();
  const restarted = new MemoryLog();
  restarted.truncateFullyAndStartAt(offset(2));
  restarted.assignEpoch(leaderEpoch(8));
  expect(divergenceOf(restarted, at(5), false)).toEqual(anew);
  expect(divergenceOf(restarted, at(5), true)).toBeUndefined();
  expect(divergenceOf(restarted, at(-1), false)).toBeUndefined();
});

/** Histories as elections make them: each epoch is led by a log that extends a prefix of some other. */
const history = fc
  .array(fc.record({ from: fc.nat(), keep: fc.nat(), append: fc.integer({ min: 1, max: 3 }) }), { minLength: 2, maxLength: 8 })
  .map((elections) => {
    const logs: number[][] = [[]];
    elections.forEach(({ from, keep, append }, epoch) => {
      const base = logs[from % logs.length] ?? [];
      logs.push([...base.slice(0, keep % (base.length + 1)), ...Array.from({ length: append }, () => epoch)]);
    });
    return logs;
  });

it("makes every follower's log a prefix of its leader's, and keeps all they have in common", () => {
  fc.assert(
    fc.property(history, fc.nat(), fc.nat(), (logs, one, other) => {
      const leaderEpochs = logs[one % logs.length] ?? [];
      const followerEpochs = logs[other % logs.length] ?? [];
      const follower = logOf(followerEpochs);
      reconcile(logOf(leaderEpochs), follower);
      const differsAt = followerEpochs.findIndex((epoch, at) => epoch !== leaderEpochs[at]);
      expect(follower.all.length).toBe(differsAt < 0 ? followerEpochs.length : differsAt);
    }),
    { seed: 279, numRuns: 1_000 },
  );
});

it("ends an epoch where the next one of its log starts, an unknown one with the largest before it, and knows none after the latest", () => {
  const log = logOf([1, 1, 4, 4, 7]);
  const ends = [0, 1, 3, 4, 7, 8, -1].map((epoch) => epochEndOf(log, leaderEpoch(epoch)));
  expect(ends.map((end) => [end.leaderEpoch, end.endOffset])).toEqual([
    // Before the first: what the asker has of it is gone here, and it can go on from the start.
    [0, 0],
    [1, 2],
    [1, 2],
    [4, 4],
    [7, 5],
    [-1, -1],
    [-1, -1],
  ]);
  expect(epochEndOf(new MemoryLog(), leaderEpoch(0))).toEqual({ leaderEpoch: -1, endOffset: -1 });
});
