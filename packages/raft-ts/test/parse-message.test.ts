import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EMPTY_PAST, MAX_TERM, parseRaftMessage, type RaftMessage, RaftNode } from "../src/index.ts";
import { crc32c } from "./support/crc.ts";
import { entry, replica, voters } from "./support/replicas.ts";

const snapshot = { index: 5, term: 2, size: 100, checksum: 7 };
const MESSAGES: readonly RaftMessage[] = [
  { type: "pre-vote-request", term: 3, round: 1, lastIndex: 5, lastTerm: 2 },
  { type: "pre-vote-response", term: 3, round: 1, isGranted: true, leader: 2 },
  { type: "vote-request", term: 3, lastIndex: 5, lastTerm: 2 },
  { type: "vote-response", term: 3, isGranted: false },
  { type: "append-request", term: 3, sequence: 1, previousIndex: 5, previousTerm: 2, commitIndex: 4, entries: [entry(6, 2), entry(7, 3)] },
  { type: "append-matched", term: 3, sequence: 1, lastIndex: 7, matchIndex: 7 },
  { type: "append-conflict", term: 3, sequence: 1, lastIndex: 7, conflictTerm: 2, conflictIndex: 4 },
  { type: "snapshot-chunk", term: 3, sequence: 1, snapshot, position: 90, bytes: Uint8Array.of(1, 2, 3) },
  { type: "snapshot-wanted", term: 3, sequence: 1, snapshot, position: 100 },
  { type: "fetch-request", term: 3, sequence: 1, commitIndex: 9 },
  { type: "fetch-response", term: 3, sequence: 1, previousIndex: 5, previousTerm: 2, commitIndex: 7, entries: [entry(6, 2), entry(7, 3)] },
  { type: "fetch-redirect", term: 3, sequence: 1, leader: 2 },
  { type: "end-term", term: 3, successors: [2, 3] },
];
/** What a field may be for all that. */
const isAllowed = (key: string, value: unknown): boolean =>
  (typeof value === "boolean" && key === "isGranted") ||
  (Array.isArray(value) && (key === "entries" || key === "successors")) ||
  (value === -1 && key === "leader");
const HOSTILE: readonly unknown[] = [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, "1", null, undefined, true, [], {}, 1n];

describe("a message from outside", () => {
  for (const message of MESSAGES) {
    test(`${message.type}: the shape is taken as it is, without fields that nobody knows`, () => {
      expect(parseRaftMessage({ ...message, extra: 1 })).toEqual(message);
    });

    test(`${message.type}: no field may be missing or of another kind`, () => {
      for (const key of Object.keys(message)) {
        for (const value of HOSTILE) {
          if (isAllowed(key, value)) continue;
          expect(parseRaftMessage({ ...message, [key]: value }), `${key} ${String(value)}`).toBeUndefined();
        }
      }
    });
  }

  test("has no term that no node may have, and none of the entries is of a later one", () => {
    expect(parseRaftMessage({ type: "vote-request", term: MAX_TERM + 1, lastIndex: 0, lastTerm: 0 })).toBeUndefined();
    expect(parseRaftMessage({ type: "vote-request", term: 1, lastIndex: 1, lastTerm: 2 })).toBeUndefined();
    const append = { type: "append-request", term: 3, sequence: 1, previousIndex: 5, previousTerm: 2, commitIndex: 4 };
    for (const entries of [
      [entry(7, 3)],
      [entry(6, 4)],
      [entry(6, 1)],
      [entry(6, 3), entry(7, 2)],
      [{ ...entry(6, 3), payload: "x" }],
      [{ ...entry(6, 3), kind: "other" }],
      [entry(6, 3, [1], "voters")],
      [null],
    ])
      expect(parseRaftMessage({ ...append, entries })).toBeUndefined();
  });

  test("speaks of no byte behind the end of a snapshot, and of no snapshot of nothing", () => {
    const chunk = { type: "snapshot-chunk", term: 3, sequence: 1, snapshot, position: 98, bytes: new Uint8Array(3) };
    expect(parseRaftMessage(chunk)).toBeUndefined();
    expect(parseRaftMessage({ ...chunk, position: 97 })).toBeDefined();
    for (const wrong of [
      { ...snapshot, index: 0 },
      { ...snapshot, term: 0 },
      { ...snapshot, term: 4 },
      { ...snapshot, checksum: 2 ** 32 },
    ])
      expect(parseRaftMessage({ ...chunk, position: 0, snapshot: wrong })).toBeUndefined();
  });

  test("gives an observer nothing that is not committed", () => {
    const response = { type: "fetch-response", term: 3, sequence: 1, previousIndex: 5, previousTerm: 2, commitIndex: 6, entries: [entry(6, 2), entry(7, 3)] };
    expect(parseRaftMessage(response)).toBeUndefined();
  });

  test("anything at all is parsed without a throw", () => {
    fc.assert(
      fc.property(fc.anything(), (value) => void parseRaftMessage(value)),
      { seed: 1, numRuns: 500 },
    );
  });

  test("that has the right shape never makes a node without commits throw, whatever it says", () => {
    const small = fc.nat(4);
    const message = fc.record({
      type: fc.constantFrom(...MESSAGES.map(({ type }) => type)),
      term: small,
      round: small,
      sequence: small,
      lastIndex: small,
      lastTerm: small,
      isGranted: fc.boolean(),
      previousIndex: small,
      previousTerm: small,
      commitIndex: fc.constant(0),
      matchIndex: small,
      conflictTerm: small,
      conflictIndex: small,
      leader: fc.integer({ min: -1, max: 5 }),
      position: small,
      bytes: fc.constant(new Uint8Array(1)),
      snapshot: fc.record({ index: small, term: small, size: small, checksum: small }),
      successors: fc.array(small, { maxLength: 3 }),
      entries: fc.array(fc.record({ index: small, term: small, kind: fc.constantFrom("data", "barrier"), payload: fc.constant(new Uint8Array(1)) }), {
        maxLength: 3,
      }),
    });
    const input = fc.record({ from: fc.constantFrom(0, 1, 2, 3, 99), message, persists: fc.boolean(), expires: fc.boolean() });
    const property = fc.property(fc.array(input, { maxLength: 40 }), (inputs) => {
      const options = { self: replica(1), voters: voters(1, 2, 3, 4, 5), electionTimeoutUs: 1000, heartbeatIntervalUs: 100, random: () => 7, crc: crc32c };
      const node = new RaftNode(options, EMPTY_PAST, 0);
      let nowUs = 0;
      let writeId = 0;
      for (const { from, message: raw, persists, expires } of inputs) {
        const parsed = parseRaftMessage(raw);
        if (parsed !== undefined) node.step({ type: "message", from: replica(from), message: parsed }, nowUs);
        if (expires) node.step({ type: "deadline" }, (nowUs = Math.max(nowUs, node.nextDeadlineUs ?? nowUs)));
        for (const output of node.drain()) if (output.type === "persist") writeId = output.id;
        if (persists) node.step({ type: "persisted", id: writeId }, nowUs);
        if (node.commitIndex > 0) return;
      }
    });
    fc.assert(property, { seed: 1, numRuns: 2000 });
  });
});
