import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS } from "../src/index.ts";
import { Progress } from "../src/progress.ts";
import { logOf } from "./support/logs.ts";
import { replica } from "./support/replicas.ts";

const log = logOf([1, 1, 1, 4, 4, 5, 5, 6, 6, 6]);
const conflict = (sequence: number, conflictTerm: number, conflictIndex: number) =>
  ({ type: "append-conflict", term: 8, sequence, lastIndex: 0, conflictTerm, conflictIndex }) as const;

describe("a follower's progress", () => {
  test("backs off behind the follower's last entry if that is shorter", () => {
    const follower = new Progress(replica(2), 11, 0);
    follower.conflicted(conflict(follower.nextSequence(), 0, 5), log);
    expect(follower.nextIndex).toBe(5);
  });

  test("backs off to our last entry of the conflicting term, or before its first index if we have none", () => {
    const shared = new Progress(replica(2), 11, 0);
    shared.conflicted(conflict(shared.nextSequence(), 4, 4), log);
    expect(shared.nextIndex).toBe(6);
    const foreign = new Progress(replica(2), 11, 0);
    foreign.conflicted(conflict(foreign.nextSequence(), 3, 7), log);
    expect(foreign.nextIndex).toBe(7);
  });

  test("ignores conflicts of requests that were sent before it began to probe anew", () => {
    const follower = new Progress(replica(2), 11, 0);
    const [first, second] = [follower.nextSequence(), follower.nextSequence()];
    follower.conflicted(conflict(first, 0, 8), log);
    follower.conflicted(conflict(second, 0, 2), log);
    expect(follower.nextIndex).toBe(8);
  });

  test("never goes back behind what the follower has acknowledged, and does not ask it in a tight loop", () => {
    const follower = new Progress(replica(2), 11, 0);
    follower.matched(10, follower.nextSequence());
    follower.hasProbed = true;
    follower.conflicted(conflict(follower.nextSequence(), 0, 1), log);
    expect(follower.nextIndex).toBe(11);
    expect(follower.hasProbed).toBe(true);
  });

  test("holds back when too many appends, or too many bytes, are in flight, and goes on when they are matched", () => {
    const limits = { ...DEFAULT_LIMITS, maxInflightAppends: 2, maxInflightBytes: 100 };
    const follower = new Progress(replica(2), 1, 0);
    follower.matched(0, follower.nextSequence());
    follower.sent(1, 500);
    expect(follower.hasRoom(limits)).toBe(false);
    follower.matched(1, follower.nextSequence());
    follower.sent(2, 10);
    expect(follower.hasRoom(limits)).toBe(true);
    follower.sent(3, 10);
    expect(follower.hasRoom(limits)).toBe(false);
    follower.matched(2, follower.nextSequence());
    expect(follower.hasRoom(limits)).toBe(true);
    expect(follower.view()).toMatchObject({ matchIndex: 2, nextIndex: 4, inflightAppends: 1, inflightBytes: 10 });
  });

  test("starts from the match when a new connection may have lost what was in flight", () => {
    const follower = new Progress(replica(2), 1, 0);
    follower.matched(3, follower.nextSequence());
    follower.sent(9, 100);
    follower.restart();
    expect(follower.view()).toMatchObject({ mode: "probe", nextIndex: 4, inflightAppends: 0, inflightBytes: 0 });
  });
});
