import { micros, type NodeId } from "@samsa/stdx";
import type { TraceBody, TraceEvent } from "@samsa/world";
import { expect, it } from "vitest";
import { ExcuseBook } from "../src/excuses.ts";
import { GhostPartition } from "../src/invariants/ghost-partition.ts";

const AT = { topic: "orders", partition: 0 };

function bookOf(...events: readonly (readonly [atUs: number, node: number, event: TraceBody])[]): ExcuseBook {
  return bookOfWorld(() => true, events);
}

function bookOfWorld(isUp: (node: number) => boolean, events: readonly (readonly [atUs: number, node: number, event: TraceBody])[]): ExcuseBook {
  const book = new ExcuseBook();
  for (const [atUs, node, event] of events) book.add({ seq: 0, t: micros(0), node: node as NodeId, event } satisfies TraceEvent, atUs, isUp);
  return book;
}

const leads = (leaderEpoch: number, startOffset: number): TraceBody => ({ kind: "became-leader", ...AT, leaderEpoch, startOffset });
const follows = (leaderEpoch: number): TraceBody => ({ kind: "became-follower", ...AT, leader: 2, leaderEpoch, endOffset: 0 });
const boundsOf = ({ offsets, sentBeforeUs }: { offsets?: object; sentBeforeUs?: number }) => ({ ...offsets, sentBeforeUs });

it("excuses nothing under one leader", () => {
  expect(bookOf([10, 1, leads(0, 0)], [20, 2, follows(0)]).ofLeaderChanges()).toEqual([]);
});

it("excuses with acks=1 what a leader took that another one followed, if it was sent before the first had stopped to lead", () => {
  const book = bookOf([10, 1, leads(0, 3)], [50, 2, leads(1, 7)], [60, 1, follows(1)]);
  expect(book.ofLeaderChanges().map(boundsOf)).toEqual([{ startOffset: 3, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 60 }]);
});

it("takes the start of a process for the end of what it led before", () => {
  const restarted: TraceBody = { kind: "started", incarnation: "a", pageCacheSurvived: true };
  const book = bookOf([10, 1, leads(0, 0)], [30, 1, restarted], [50, 2, leads(1, 7)]);
  expect(book.ofLeaderChanges().map(boundsOf)).toEqual([{ startOffset: 0, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 30 }]);
});

it("does not wait for a dead leader to come back", () => {
  const restarted: TraceBody = { kind: "started", incarnation: "a", pageCacheSurvived: true };
  const book = bookOfWorld(
    (node) => node !== 1,
    [
      [10, 1, leads(0, 0)],
      [50, 2, leads(1, 7)],
      [60_000, 1, restarted],
    ],
  );
  expect(book.ofLeaderChanges().map(boundsOf)).toEqual([{ startOffset: 0, endOffset: Number.POSITIVE_INFINITY, sentBeforeUs: 50 }]);
});

it("excuses a committed record that an unclean election lost if it was sent before that leader began", () => {
  const ghost = new GhostPartition(AT.topic, AT.partition);
  ghost.append({ baseOffset: 0, endOffset: 9, leaderEpoch: 0, crc: 1 }, 0);
  ghost.forget(4, 3, "everybody lost power");
  const book = bookOf([10, 1, leads(0, 0)], [70, 1, leads(3, 4)]);
  expect(book.ofLosses([ghost]).map(boundsOf)).toEqual([{ startOffset: 4, endOffset: 9, sentBeforeUs: 70 }]);
});
