import { describe, expect, test } from "vitest";
import { encodeVoters, type RaftMessage, type RaftOptions, type VoterChange } from "../src/index.ts";
import { append, Bench, pastOf, sent, types } from "./support/bench.ts";
import { entry, replica, voter, voters } from "./support/replicas.ts";

const matched = (sequence: number, index: number): RaftMessage => ({ type: "append-matched", term: 1, sequence, lastIndex: index, matchIndex: index });
const fetch = (sequence: number, commitIndex: number): RaftMessage => ({ type: "fetch-request", term: 1, sequence, commitIndex });
const add = (id: number): VoterChange => ({ type: "add", voter: voter(id) });
const remove = (id: number): VoterChange => ({ type: "remove", voter: replica(id) });

/** Leads, with its first entry committed. */
function ready(options: Partial<RaftOptions> = {}): Bench {
  const bench = new Bench(options).elect();
  bench.sync();
  for (const peer of [2, 3]) bench.receive(peer, matched(1, 1));
  expect(bench.node.commitIndex).toBe(1);
  return bench;
}

const reasonOf = (answer: { readonly ok: boolean; readonly reason?: string }) => (answer.ok ? "ok" : answer.reason);
const change = (bench: Bench, wanted: VoterChange) => reasonOf(bench.node.changeVoters(wanted, bench.nowUs));

describe("a change of the voters", () => {
  test("is refused to a follower, and to a leader that has committed nothing of its term", () => {
    expect(change(new Bench(), remove(2))).toBe("not-leader");
    expect(change(new Bench().elect(), remove(2))).toBe("not-ready");
  });

  test("is refused where it would change nothing, or leave nobody", () => {
    const bench = ready();
    expect(change(bench, remove(9))).toBe("unknown-voter");
    expect(change(bench, { type: "remove", voter: { id: 2, directoryId: "other" } })).toBe("unknown-voter");
    expect(change(bench, add(2))).toBe("duplicate-voter");
    expect(change(bench, { type: "add", voter: { ...voter(2), directoryId: "other" } })).toBe("duplicate-voter");
    const alone = new Bench({ voters: voters(1) });
    alone.expire();
    for (let i = 0; i < 2; i++) alone.sync();
    expect(change(alone, remove(1))).toBe("last-voter");
  });

  test("is refused where nobody could read it back, and the leader leads on", () => {
    const bench = ready();
    for (const address of ["hôte:9000", "h".repeat(256)]) {
      bench.receive(4, fetch(1, 1));
      expect(change(bench, { type: "add", voter: { ...voter(4), address } })).toBe("bad-address");
    }
    expect(bench.node.voters.map(({ id }) => id)).toEqual([1, 2, 3]);
    expect(change(bench, add(4))).toBe("ok");
  });

  test("adds only who fetches, lately, and is close", () => {
    const bench = ready({ limits: { maxVoterLag: 2 } });
    expect(change(bench, add(4))).toBe("not-caught-up");
    bench.receive(4, fetch(1, 0));
    for (let i = 0; i < 2; i++) bench.node.propose(new Uint8Array(1), bench.nowUs);
    bench.drain();
    for (const peer of [2, 3]) bench.receive(peer, matched(2, 3));
    expect(bench.node.commitIndex).toBe(3);
    expect(change(bench, add(4))).toBe("not-caught-up");
    bench.receive(4, fetch(2, 1));
    expect(change(bench, add(4))).toBe("ok");
  });

  test("waits for the last one to be committed, and counts the new voters meanwhile", () => {
    const bench = ready();
    bench.receive(4, fetch(1, 1));
    expect(change(bench, add(4))).toBe("ok");
    bench.drain();
    expect(change(bench, remove(2))).toBe("change-pending");
    bench.sync();
    bench.receive(2, matched(2, 2));
    expect(bench.node.commitIndex).toBe(1);
    bench.receive(3, matched(2, 2));
    expect(bench.node.commitIndex).toBe(2);
    expect(change(bench, remove(2))).toBe("ok");
  });

  test("with which the leader removes itself is committed without it; it says so, names successors, and observes", () => {
    const bench = ready();
    expect(change(bench, remove(1))).toBe("ok");
    bench.drain();
    bench.sync();
    bench.receive(2, matched(2, 2));
    expect(bench.node.commitIndex).toBe(1);
    const outputs = bench.receive(3, matched(2, 2));
    expect(bench.node.commitIndex).toBe(2);
    expect(sent(outputs).filter(({ type }) => type === "end-term")).toMatchObject([{ successors: [2, 3] }, { successors: [2, 3] }]);
    expect(bench.node.role).toBe("observer");
  });

  test("that the log takes back brings back the voters before", () => {
    const bench = new Bench({}, pastOf(2, [entry(1, 1, [...encodeVoters(voters(1, 2, 3))], "voters"), entry(2, 1, [...encodeVoters(voters(2, 3))], "voters")]));
    expect(bench.node.voters.length).toBe(2);
    bench.receive(2, append(3, 1, [entry(2, 3)], { previousTerm: 1 }));
    expect(bench.node.voters.length).toBe(3);
    expect(bench.node.role).toBe("follower");
  });
});

describe("a transfer of the leadership", () => {
  test("is refused to whoever does not lead, and for whoever does not vote", () => {
    expect(reasonOf(new Bench().node.transferLeadership(2, 0))).toBe("not-leader");
    const bench = ready();
    for (const target of [1, 9]) expect(reasonOf(bench.node.transferLeadership(target, bench.nowUs))).toBe("unknown-voter");
  });

  test("happens at once where the successor has all, which campaigns at once without a pre-vote", () => {
    const bench = ready();
    expect(bench.node.transferLeadership(3, bench.nowUs)).toEqual({ ok: true });
    expect(sent(bench.drain()).filter(({ type }) => type === "end-term")).toMatchObject([{ successors: [3, 2] }, { successors: [3, 2] }]);
    expect(bench.node.role).toBe("resigned");
    const successor = new Bench({ self: replica(3) });
    successor.receive(1, append(1, 0, [entry(1, 1)]));
    successor.sync();
    successor.receive(1, { type: "end-term", term: 1, successors: [3, 2] });
    expect([successor.node.role, successor.node.term]).toEqual(["candidate", 2]);
  });

  test("waits for a successor that lags; meanwhile nothing is proposed, changed or transferred; then it is given up", () => {
    const bench = ready();
    bench.node.propose(new Uint8Array(1), bench.nowUs);
    bench.node.transferLeadership(3, bench.nowUs);
    bench.drain();
    expect(reasonOf(bench.node.propose(new Uint8Array(1), bench.nowUs))).toBe("transferring");
    expect(change(bench, remove(2))).toBe("transferring");
    expect(reasonOf(bench.node.transferLeadership(2, bench.nowUs))).toBe("transferring");
    const startUs = bench.nowUs;
    for (let sequence = 3; bench.nowUs < startUs + 1_000_000; sequence++) {
      bench.receive(2, matched(sequence, 2));
      bench.expire();
    }
    expect(bench.node.role).toBe("leader");
    expect(reasonOf(bench.node.propose(new Uint8Array(1), bench.nowUs))).toBe("ok");
  });

  test("is an end of the term for the others: they wait their turn", () => {
    const bench = new Bench();
    bench.receive(2, append(1, 0, []));
    bench.receive(2, { type: "end-term", term: 1, successors: [3, 1] });
    expect([bench.node.role, bench.node.leader]).toEqual(["follower", -1]);
    expect((bench.node.nextDeadlineUs ?? 0) - bench.nowUs).toBeLessThan(200_000);
  });
});

describe("a read", () => {
  const reads = (bench: Bench) => bench.drain().filter(({ type }) => type === "read");

  test("is answered when a majority answered a request that was sent after it, and not by an earlier one", () => {
    const bench = ready();
    expect(bench.node.readIndex(bench.nowUs)).toEqual({ ok: true, id: 1 });
    const heartbeats = sent(bench.drain());
    expect(heartbeats.map(({ type }) => type)).toEqual(["append-request", "append-request"]);
    bench.receive(2, matched(2, 1));
    expect(reads(bench)).toEqual([]);
    const outputs = bench.receive(2, matched(3, 1));
    expect(outputs).toContainEqual({ type: "read", id: 1, index: 1 });
  });

  test("sees what was committed by then: a new leader's waits for its own first entry", () => {
    const bench = new Bench().elect();
    bench.sync();
    bench.node.readIndex(bench.nowUs);
    bench.drain();
    expect(types(bench.receive(3, { type: "append-conflict", term: 1, sequence: 2, lastIndex: 0, conflictTerm: 0, conflictIndex: 1 }))).not.toContain("read");
    expect(bench.receive(2, matched(2, 1))).toContainEqual({ type: "read", id: 1, index: 1 });
  });

  test("is refused when the leadership ends first, when too many wait, and to whoever does not lead", () => {
    const bench = ready({ limits: { maxPendingReads: 1 } });
    bench.node.readIndex(bench.nowUs);
    expect(reasonOf(bench.node.readIndex(bench.nowUs))).toBe("too-many");
    bench.node.resign(bench.nowUs);
    expect(bench.drain()).toContainEqual({ type: "read", id: 1, index: undefined });
    expect(reasonOf(bench.node.readIndex(bench.nowUs))).toBe("not-leader");
  });

  test("of a single voter needs nobody", () => {
    const bench = new Bench({ voters: voters(1) });
    bench.expire();
    for (let i = 0; i < 2; i++) bench.sync();
    bench.node.readIndex(bench.nowUs);
    expect(bench.drain()).toContainEqual({ type: "read", id: 1, index: 1 });
  });
});

describe("an observer", () => {
  test("is answered at once if something is committed, else when it is, or after a heartbeat", () => {
    const bench = ready();
    expect(sent(bench.receive(4, fetch(1, 0)))).toMatchObject([{ type: "fetch-response", sequence: 1, entries: { length: 1 } }]);
    expect(sent(bench.receive(4, fetch(2, 1)))).toEqual([]);
    bench.node.propose(new Uint8Array(1), bench.nowUs);
    bench.drain();
    bench.sync();
    expect(sent(bench.receive(2, matched(2, 2)))).toContainEqual(expect.objectContaining({ type: "fetch-response", sequence: 2, commitIndex: 2 }));
    bench.receive(4, fetch(3, 2));
    expect(sent(bench.expire())).toContainEqual(expect.objectContaining({ type: "fetch-response", sequence: 3, entries: [] }));
  });

  test("counts for nothing, and the one silent longest is forgotten when there are too many", () => {
    const bench = ready({ limits: { maxObservers: 2 } });
    for (const id of [4, 5]) bench.receive(id, fetch(1, 1));
    bench.nowUs += 10;
    bench.receive(4, fetch(2, 1));
    bench.receive(6, fetch(1, 1));
    expect(bench.node.observers.map(({ id }) => id)).toEqual([4, 6]);
    bench.node.propose(new Uint8Array(1), bench.nowUs);
    bench.drain();
    bench.sync();
    for (const id of [4, 6]) bench.receive(id, matched(1, 2));
    expect(bench.node.commitIndex).toBe(1);
  });

  test("is not answered over a new connection what it asked over the old one", () => {
    const bench = ready();
    bench.receive(4, fetch(1, 1));
    bench.step({ type: "peer-reconnected", peer: 4 });
    expect(sent(bench.expire()).filter(({ type }) => type === "fetch-response")).toEqual([]);
  });

  test("that asks again gets a snapshot in answer to its last fetch alone, not once for each", () => {
    const bench = ready({ limits: { snapshotAfterEntries: 1, retainedEntries: 1, maxBytesPerChunk: 10 } });
    bench.step({ type: "snapshot-taken", index: 1, data: new Uint8Array(50) });
    bench.step({ type: "snapshot-stored", id: 1 });
    for (let i = 0; i < 2; i++) bench.node.propose(new Uint8Array(1), bench.nowUs);
    bench.drain();
    bench.sync();
    for (const peer of [2, 3]) bench.receive(peer, matched(2, 3));
    bench.step({ type: "snapshot-taken", index: 2, data: new Uint8Array(50) });
    bench.step({ type: "snapshot-stored", id: 2 });
    expect(bench.node.base.index).toBe(1);
    const [first] = sent(bench.receive(4, fetch(1, 0)));
    bench.receive(4, fetch(2, 0));
    if (first?.type !== "snapshot-chunk") throw new Error("a snapshot was expected");
    const wanted = (sequence: number): RaftMessage => ({ type: "snapshot-wanted", term: 1, sequence, snapshot: first.snapshot, position: 10 });
    expect(sent(bench.receive(4, wanted(1)))).toEqual([]);
    expect(sent(bench.receive(4, wanted(2)))).toMatchObject([{ type: "snapshot-chunk", position: 10 }]);
  });

  test("writes nothing to its disk until somebody counts on it, and then all that it has", () => {
    const bench = new Bench({ self: replica(4), voters: [], seeds: [1] });
    expect(sent(bench.expire())).toEqual([{ type: "fetch-request", term: 0, sequence: 1, commitIndex: 0 }]);
    const response = { type: "fetch-response", term: 1, sequence: 1, previousIndex: 0, previousTerm: 0, commitIndex: 1, entries: [entry(1, 1)] } as const;
    expect(types(bench.receive(1, response))).not.toContain("persist");
    expect([bench.node.commitIndex, bench.node.syncedIndex]).toEqual([1, 0]);
    const outputs = bench.receive(1, append(1, 1, [entry(2, 1, [...encodeVoters(voters(1, 4))], "voters")], { previousTerm: 1 }));
    expect(outputs.find(({ type }) => type === "persist")).toMatchObject({ write: { entries: [{ index: 1 }, { index: 2 }] } });
    expect(bench.node.role).toBe("follower");
  });
});
