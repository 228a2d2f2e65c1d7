import { describe, expect, test } from "vitest";
import { DurableState } from "../src/durable-state.ts";
import { EMPTY_PAST, encodeSnapshot, type Entry, type Recovered } from "../src/index.ts";
import { appendMatched, voteRequest, voteResponse } from "../src/replies.ts";
import { VoterSet } from "../src/voter-set.ts";
import { crc32c } from "./support/crc.ts";
import { entry, replica, voters } from "./support/replicas.ts";

const FIRST_VOTERS = new VoterSet(voters(1, 2, 3));
const past = (term: number, entries: readonly Entry[]): Recovered => ({ ...EMPTY_PAST, term, entries, hasPromised: true });
const stateOf = (recovered: Recovered): DurableState => new DurableState(recovered, FIRST_VOTERS);

describe("the durable state", () => {
  test("has one write outstanding, and gathers what happens meanwhile into the next", () => {
    const state = stateOf(EMPTY_PAST);
    state.adoptTerm(1);
    state.append([entry(1, 1)]);
    expect(state.nextWrite()?.write.entries.length).toBe(1);
    state.append([entry(2, 1)]);
    state.append([entry(3, 1)]);
    expect(state.nextWrite()).toBeUndefined();
    state.complete(1);
    expect(state.nextWrite()?.write.entries.map((each) => each.index)).toEqual([2, 3]);
  });

  test("does not count as synced what was truncated while its write was being synced", () => {
    const state = stateOf(past(1, [entry(1, 1)]));
    state.append([entry(2, 1), entry(3, 1)]);
    state.nextWrite();
    state.adoptTerm(2);
    state.truncateFrom(2, 1);
    state.append([entry(2, 2), entry(3, 2)]);
    expect(state.complete(1)?.index).toBe(1);
    expect(state.nextWrite()?.write).toMatchObject({ term: 2, truncateFrom: 2, entries: [entry(2, 2), entry(3, 2)] });
    expect(state.complete(2)?.index).toBe(3);
  });

  test("writes no truncation of entries that were never written", () => {
    const state = stateOf(past(1, [entry(1, 1)]));
    state.append([entry(2, 1)]);
    state.truncateFrom(2, 1);
    expect(state.nextWrite()?.write).toMatchObject({ truncateFrom: 0, entries: [] });
  });

  test("refuses to truncate what is committed", () => {
    const state = stateOf(past(1, [entry(1, 1), entry(2, 1)]));
    expect(() => state.truncateFrom(2, 2)).toThrow("a committed entry is never truncated");
  });

  test("refuses a second vote in a term, and a term that is no later", () => {
    const state = stateOf(EMPTY_PAST);
    state.adoptTerm(1);
    state.voteFor(replica(2));
    expect(() => state.voteFor(replica(3))).toThrow("a term has one vote");
    expect(() => state.adoptTerm(1)).toThrow("terms only grow");
  });

  test("ignores the completion of a write that is not outstanding", () => {
    const state = stateOf(EMPTY_PAST);
    expect(state.complete(1)).toBeUndefined();
  });
});

describe("the durable state and snapshots", () => {
  const snapshotAt = (index: number, term: number) => encodeSnapshot({ index, term, voters: voters(1, 2, 3), data: new Uint8Array(1) }, crc32c);

  test("begins a new file when the log is compacted, with all that is left, and counts what the snapshot covers as synced", () => {
    const state = stateOf(past(1, [entry(1, 1), entry(2, 1)]));
    state.append([entry(3, 1), entry(4, 1)]);
    expect(state.synced.index).toBe(2);
    state.compact({ index: 3, term: 1 }, 2);
    expect(state.synced.index).toBe(3);
    expect(state.nextWrite()?.write).toMatchObject({ base: { index: 2, term: 1 }, truncateFrom: 0, entries: [{ index: 3 }, { index: 4 }] });
    state.complete(1);
    state.append([entry(5, 1)]);
    expect(state.nextWrite()?.write).toMatchObject({ base: undefined, entries: [{ index: 5 }] });
  });

  test("does not believe a write to the old file, that was under way, to say anything of a log that was replaced", () => {
    const state = stateOf(past(1, [entry(1, 1)]));
    state.append([entry(2, 1), entry(3, 1)]);
    state.nextWrite();
    state.reset(snapshotAt(2, 1));
    expect(state.complete(1)?.index).toBe(2);
    expect(state.nextWrite()?.write).toMatchObject({ base: { index: 2, term: 1 }, entries: [] });
  });

  test("that is volatile writes nothing, promises nothing but its snapshot, and writes all when it is to be durable", () => {
    const state = stateOf(EMPTY_PAST);
    state.makeVolatile();
    state.adoptTerm(3);
    state.append([entry(1, 2)]);
    expect(state.nextWrite()).toBeUndefined();
    expect([state.synced.term, state.synced.index]).toEqual([0, 0]);
    state.makeDurable();
    expect(state.nextWrite()?.write).toMatchObject({ term: 3, base: { index: 0 }, entries: [{ index: 1 }] });
    expect(state.complete(1)).toMatchObject({ term: 3, index: 1 });
  });

  test("becomes durable with a vote", () => {
    const state = stateOf(EMPTY_PAST);
    state.makeVolatile();
    state.adoptTerm(3);
    state.voteFor(replica(2));
    expect(state.nextWrite()?.write).toMatchObject({ term: 3, votedFor: replica(2) });
  });
});

describe("a message that promises something is not built before the disk holds the promise", () => {
  const state = stateOf(EMPTY_PAST);
  const before = state.synced;
  state.adoptTerm(1);
  state.voteFor(replica(2));
  state.append([entry(1, 1)]);
  state.nextWrite();
  const after = state.complete(1) ?? before;

  test("a vote", () => {
    expect(voteResponse(before, { term: 1, candidate: replica(2), isGranted: true })).toBeUndefined();
    expect(voteResponse(before, { term: 1, candidate: replica(2), isGranted: false })).toBeUndefined();
    expect(voteResponse(after, { term: 1, candidate: replica(2), isGranted: true })).toBeDefined();
    expect(voteResponse(after, { term: 1, candidate: replica(3), isGranted: true })).toBeUndefined();
    expect(voteResponse(after, { term: 1, candidate: replica(3), isGranted: false })).toBeDefined();
  });

  test("a candidacy", () => {
    expect(voteRequest(before, { term: 1, self: replica(2), lastIndex: 1, lastTerm: 1 })).toBeUndefined();
    expect(voteRequest(after, { term: 1, self: replica(2), lastIndex: 1, lastTerm: 1 })).toBeDefined();
  });

  test("a match", () => {
    expect(appendMatched(after, { term: 1, sequence: 1, lastIndex: 2, matchIndex: 1 })).toBeDefined();
    expect(appendMatched(after, { term: 1, sequence: 1, lastIndex: 2, matchIndex: 2 })).toBeUndefined();
    expect(appendMatched(before, { term: 1, sequence: 1, lastIndex: 2, matchIndex: 0 })).toBeUndefined();
  });
});
