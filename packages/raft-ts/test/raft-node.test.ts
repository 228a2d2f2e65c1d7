import { describe, expect, test } from "vitest";
import { DEFAULT_LIMITS, EMPTY_PAST, InvalidOptionsError, RaftNode, type RaftOptions } from "../src/index.ts";
import { append, Bench, OPTIONS, pastOf, sent, types } from "./support/bench.ts";
import { entry, replica, voter, voters } from "./support/replicas.ts";

const bytes = (size: number): Uint8Array => new Uint8Array(size);

describe("options", () => {
  test("that contradict each other are refused at once", () => {
    const wrong: readonly Partial<RaftOptions>[] = [
      { voters: voters(1, 1, 2) },
      { voters: voters(1, -2) },
      { voters: voters(1, 2.5) },
      { voters: voters(...Array.from({ length: 256 }, (_, id) => id)) },
      { voters: [{ ...voter(1), directoryId: "not one" }] },
      { voters: [{ ...voter(1), address: "\n" }] },
      { self: { id: 1, directoryId: "" } },
      { seeds: [-1] },
      { heartbeatIntervalUs: 500_000 },
      { heartbeatIntervalUs: 0 },
      { electionTimeoutUs: 1e6 + 0.5 },
      { limits: { maxInflightAppends: 0 } },
      { limits: { maxEntriesPerAppend: 1_000_000 } },
    ];
    for (const options of wrong) expect(() => new RaftNode({ ...OPTIONS, ...options }, EMPTY_PAST, 0)).toThrow(InvalidOptionsError);
  });

  test("with a past that can't be are an invariant violation", () => {
    expect(() => new RaftNode(OPTIONS, pastOf(1, [entry(2, 1)]), 0)).toThrow("follows the last one");
    expect(() => new RaftNode(OPTIONS, pastOf(1, [entry(1, 2)]), 0)).toThrow("later term");
  });
});

describe("a proposal", () => {
  test("is refused by a follower, with the leader it knows", () => {
    const bench = new Bench();
    expect(bench.node.propose(bytes(1), 0)).toEqual({ ok: false, reason: "not-leader", leader: -1 });
    bench.receive(3, append(1, 0, []));
    expect(bench.node.propose(bytes(1), 0)).toEqual({ ok: false, reason: "not-leader", leader: 3 });
  });

  test("is refused if it is too large, at the bound and not below", () => {
    const bench = new Bench({ limits: { maxPayloadBytes: 10 } }).elect();
    expect(bench.node.propose(bytes(11), bench.nowUs)).toEqual({ ok: false, reason: "too-large", leader: 1 });
    expect(bench.node.role).toBe("leader");
    expect(bench.node.propose(bytes(10), bench.nowUs)).toEqual({ ok: true, index: 2, term: 1 });
    expect(DEFAULT_LIMITS.maxPayloadBytes).toBe(8 * 1024 * 1024);
  });

  test("to a leader that was paused too long is refused: it may be deposed without knowing", () => {
    const bench = new Bench().elect();
    expect(bench.node.propose(bytes(1), bench.nowUs + 60_000_000).ok).toBe(false);
    expect(bench.node.role).toBe("resigned");
  });

  test("that comes in a burst leaves as one write and one append a follower", () => {
    const bench = new Bench().elect();
    bench.sync();
    bench.receive(2, { type: "append-matched", term: 1, sequence: 1, lastIndex: 1, matchIndex: 1 });
    for (let i = 0; i < 5; i++) bench.node.propose(bytes(1), bench.nowUs);
    const outputs = bench.drain();
    expect(types(outputs)).toEqual(["persist", "append-request"]);
    expect(sent(outputs)[0]).toMatchObject({ previousIndex: 1, entries: { length: 5 } });
  });

  test("of a single voter is committed when it is synced, not before", () => {
    const bench = new Bench({ voters: voters(1) });
    bench.expire();
    bench.sync();
    bench.sync();
    expect(bench.node.commitIndex).toBe(1);
    bench.node.propose(bytes(1), bench.nowUs);
    expect(types(bench.drain())).toEqual(["persist"]);
    expect(bench.node.commitIndex).toBe(1);
    expect(types(bench.sync())).toEqual(["committed"]);
    expect(bench.node.commitIndex).toBe(2);
  });
});

describe("a follower", () => {
  test("answers an append when its entries are durable, and acknowledges bursts once, to the newest", () => {
    const bench = new Bench();
    expect(types(bench.receive(2, append(1, 0, [entry(1, 1)], { sequence: 1 })))).not.toContain("append-matched");
    expect(types(bench.receive(2, append(1, 1, [entry(2, 1)], { sequence: 2 })))).toEqual([]);
    expect(types(bench.sync())).toEqual(["persist"]);
    expect(sent(bench.sync())).toEqual([{ type: "append-matched", term: 1, sequence: 2, lastIndex: 2, matchIndex: 2 }]);
  });

  test("answers a heartbeat during a sync with what is durable already", () => {
    const bench = new Bench();
    bench.receive(2, append(1, 0, [entry(1, 1)]));
    bench.sync();
    bench.receive(2, append(1, 1, [entry(2, 1)], { sequence: 2 }));
    expect(sent(bench.receive(2, append(1, 2, [], { sequence: 3 })))).toEqual([{ type: "append-matched", term: 1, sequence: 3, lastIndex: 2, matchIndex: 1 }]);
  });

  test("keeps entries it acknowledged when an older append arrives late", () => {
    const bench = new Bench();
    bench.receive(2, append(1, 0, [entry(1, 1), entry(2, 1), entry(3, 1)]));
    bench.sync();
    bench.receive(2, append(1, 0, [entry(1, 1)]));
    expect(bench.node.lastIndex).toBe(3);
  });

  test("commits no further than what the leader has compared", () => {
    const bench = new Bench({}, pastOf(1, [entry(1, 1), entry(2, 1)]));
    bench.receive(2, append(2, 1, [], { previousTerm: 1, commitIndex: 2 }));
    expect(bench.node.commitIndex).toBe(1);
  });

  test("stops when a leader would take back what is committed: the quorum is broken beyond repair", () => {
    const bench = new Bench();
    bench.receive(2, append(1, 0, [entry(1, 1)], { commitIndex: 1 }));
    expect(() => bench.receive(3, append(2, 0, [entry(1, 2)]))).toThrow("a committed entry is never truncated");
  });

  test("drops an unsent vote when the term moves on", () => {
    const bench = new Bench();
    bench.receive(2, { type: "vote-request", term: 1, lastIndex: 0, lastTerm: 0 });
    bench.receive(3, { type: "vote-request", term: 2, lastIndex: 0, lastTerm: 0 });
    expect(sent(bench.sync())).toEqual([]);
    expect(sent(bench.sync())).toEqual([{ type: "vote-response", term: 2, isGranted: true }]);
  });

  test("gives its vote again to a candidate that asks again, and to no other", () => {
    const bench = new Bench();
    bench.receive(2, { type: "vote-request", term: 1, lastIndex: 0, lastTerm: 0 });
    bench.sync();
    expect(sent(bench.receive(2, { type: "vote-request", term: 1, lastIndex: 0, lastTerm: 0 }))).toEqual([{ type: "vote-response", term: 1, isGranted: true }]);
    expect(sent(bench.receive(3, { type: "vote-request", term: 1, lastIndex: 9, lastTerm: 1 }))).toEqual([
      { type: "vote-response", term: 1, isGranted: false },
    ]);
  });

  test("refuses a candidate whose log is behind, by term first and then by length", () => {
    const past = pastOf(5, [entry(1, 1), entry(2, 3)]);
    for (const [lastTerm, lastIndex, isGranted] of [
      [2, 9, false],
      [3, 1, false],
      [3, 2, true],
      [4, 1, true],
    ] as const) {
      const bench = new Bench({}, past);
      expect(sent(bench.receive(2, { type: "vote-request", term: 5, lastIndex, lastTerm }))).toEqual(
        isGranted ? [] : [{ type: "vote-response", term: 5, isGranted }],
      );
      expect(sent(bench.sync())).toEqual(isGranted ? [{ type: "vote-response", term: 5, isGranted }] : []);
    }
  });

  test("tells a deposed leader of the later term", () => {
    const bench = new Bench({}, pastOf(5, []));
    expect(sent(bench.receive(2, append(4, 0, [])))).toEqual([
      { type: "append-conflict", term: 5, sequence: 1, lastIndex: 0, conflictTerm: 0, conflictIndex: 1 },
    ]);
  });

  test("listens to a leader that it does not know as a voter, and to no second one of a term", () => {
    const bench = new Bench();
    bench.receive(9, append(7, 0, []));
    expect([bench.node.leader, bench.node.term]).toEqual([9, 7]);
    expect(bench.receive(3, append(7, 0, [entry(1, 1)]))).toEqual([]);
    expect(bench.node.lastIndex).toBe(0);
  });
});

describe("a prospective", () => {
  test("whose voters are all gone asks elsewhere for the quorum: they may have been replaced", () => {
    const bench = new Bench({ seeds: [4], random: () => 0x8000_0000 });
    for (const peer of [2, 3]) bench.step({ type: "peer-refused", peer });
    const outputs = Array.from({ length: 5 }, () => bench.expire()).flat();
    const asked = outputs.flatMap((output) => (output.type === "send" && output.message.type === "fetch-request" ? [output.to.id] : []));
    expect(asked).toContain(4);
  });

  test("counts no answer to an earlier round: who granted then may hear from a leader now", () => {
    const bench = new Bench();
    bench.expire();
    bench.expire();
    bench.receive(2, { type: "pre-vote-response", term: 0, round: 1, isGranted: true, leader: -1 });
    expect([bench.node.role, bench.node.term]).toEqual(["prospective", 0]);
    bench.receive(2, { type: "pre-vote-response", term: 0, round: 2, isGranted: true, leader: -1 });
    expect([bench.node.role, bench.node.term]).toEqual(["candidate", 1]);
  });

  test("goes back to the leader of its term, at no cost", () => {
    const bench = new Bench();
    bench.receive(2, append(1, 0, []));
    bench.expire();
    expect(bench.node.role).toBe("prospective");
    bench.receive(2, append(1, 0, []));
    expect([bench.node.role, bench.node.leader, bench.node.term]).toEqual(["follower", 2, 1]);
  });
});

describe("a candidate", () => {
  test("asks for no vote before its own is durable", () => {
    const bench = new Bench();
    bench.expire();
    expect(types(bench.receive(2, { type: "pre-vote-response", term: 0, round: 1, isGranted: true, leader: -1 }))).toEqual(["role", "persist"]);
    expect(types(bench.sync())).toEqual(["vote-request", "vote-request"]);
  });

  test("asks again those who have not answered when they are reached by a new connection", () => {
    const bench = new Bench();
    bench.expire();
    bench.receive(2, { type: "pre-vote-response", term: 0, round: 1, isGranted: true, leader: -1 });
    bench.sync();
    bench.node.step({ type: "peer-reconnected", peer: 3 }, bench.nowUs);
    expect(types(bench.drain())).toEqual(["vote-request"]);
  });
});

describe("a leader", () => {
  test("counts its own entries only when they are synced", () => {
    const bench = new Bench().elect();
    bench.receive(2, { type: "append-matched", term: 1, sequence: 1, lastIndex: 1, matchIndex: 1 });
    expect(bench.node.commitIndex).toBe(0);
    bench.sync();
    expect(bench.node.commitIndex).toBe(1);
  });

  test("commits without its own disk when a majority of the others has the entry", () => {
    const bench = new Bench().elect();
    for (const peer of [2, 3]) bench.receive(peer, { type: "append-matched", term: 1, sequence: 1, lastIndex: 1, matchIndex: 1 });
    expect([bench.node.commitIndex, bench.node.syncedIndex]).toEqual([1, 0]);
  });

  test("tells followers of a commit at once", () => {
    const bench = new Bench().elect();
    bench.sync();
    const outputs = bench.receive(2, { type: "append-matched", term: 1, sequence: 1, lastIndex: 1, matchIndex: 1 });
    expect(sent(outputs)).toMatchObject([{ type: "append-request", commitIndex: 1, entries: [] }]);
  });

  test("believes no follower that claims more than it was sent", () => {
    const bench = new Bench().elect();
    bench.sync();
    bench.receive(2, { type: "append-matched", term: 1, sequence: 1, lastIndex: 9, matchIndex: 9 });
    expect(bench.node.progress.find(({ id }) => id === 2)?.matchIndex).toBe(0);
  });

  test("sends nothing when idle but a heartbeat each interval", () => {
    const bench = new Bench().elect();
    bench.sync();
    for (const peer of [2, 3]) bench.receive(peer, { type: "append-matched", term: 1, sequence: 1, lastIndex: 1, matchIndex: 1 });
    expect(bench.drain()).toEqual([]);
    const before = bench.nowUs;
    expect(types(bench.expire())).toEqual(["append-request", "append-request"]);
    expect(bench.nowUs - before).toBe(200_000);
  });

  test("that restarts is resigned of its term, with its vote kept, and follows who leads the term if it lost it", () => {
    const bench = new Bench({}, pastOf(4, [], replica(1)));
    expect([bench.node.role, bench.node.term, bench.node.votedFor]).toEqual(["resigned", 4, replica(1)]);
    bench.receive(3, append(4, 0, []));
    expect([bench.node.role, bench.node.leader]).toEqual(["follower", 3]);
  });
});
