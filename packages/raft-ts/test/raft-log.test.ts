import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { VoterSet } from "../src/voter-set.ts";
import { logOf } from "./support/logs.ts";
import { entry, voters } from "./support/replicas.ts";

describe("the log", () => {
  test("begins with index 1; index 0 has term 0, and behind the end there is nothing", () => {
    const log = logOf([1, 1, 3]);
    expect([0, 1, 2, 3, 4].map((index) => log.termAt(index))).toEqual([0, 1, 1, 3, undefined]);
    expect(log.lastTerm).toBe(3);
  });

  test("takes no entry that leaves a gap or goes back in terms", () => {
    const log = logOf([1, 3]);
    expect(() => log.append([entry(4, 3)])).toThrow("follows the last one");
    expect(() => log.append([entry(3, 2)])).toThrow("follows the last one");
  });

  test("a batch keeps within entries and bytes, but has at least one entry", () => {
    const log = logOf([1, 1, 1, 1], 10);
    expect(log.batch(2, { maxEntries: 2, maxBytes: 1000 }).map((entry) => entry.index)).toEqual([2, 3]);
    expect(log.batch(1, { maxEntries: 9, maxBytes: 25 }).map((entry) => entry.index)).toEqual([1, 2]);
    expect(log.batch(1, { maxEntries: 9, maxBytes: 5 }).map((entry) => entry.index)).toEqual([1]);
    expect(log.batch(5, { maxEntries: 9, maxBytes: 5 })).toEqual([]);
  });

  test("finds the ends of terms as a scan would", () => {
    const terms = fc.array(fc.integer({ min: 1, max: 6 }), { maxLength: 12 }).map((list) => list.toSorted((a, b) => a - b));
    const property = fc.property(terms, fc.nat(7), fc.nat(14), (list, term, bound) => {
      const log = logOf(list);
      expect(log.lastIndexOfTerm(term, bound)).toBe(list.filter((each, i) => each <= term && i + 1 < bound).length);
      expect(log.firstIndexOfTerm(term)).toBe(list.filter((each) => each < term).length + 1);
    });
    fc.assert(property, { seed: 1, numRuns: 300 });
  });

  test("behind a base knows the base's term and nothing before it, and drops no more than a snapshot covers", () => {
    const log = logOf([1, 1, 2, 2, 3]);
    log.compactTo(2, 4);
    expect([1, 2, 3, 5, 6].map((index) => log.termAt(index))).toEqual([undefined, 1, 2, 3, undefined]);
    expect(log.slice(3, 5).map(({ index }) => index)).toEqual([3, 4]);
    expect([log.lastIndexOfTerm(1, 9), log.firstIndexOfTerm(2), log.firstIndexOfTerm(1)]).toEqual([2, 3, 3]);
    log.compactTo(1, 4);
    expect(log.base).toEqual({ index: 2, term: 1 });
    expect(() => log.compactTo(5, 4)).toThrow("what is dropped is covered");
    expect(() => log.truncateFrom(2)).toThrow("what is truncated is there");
  });

  test("that a snapshot replaces begins behind it", () => {
    const log = logOf([1, 1, 2]);
    log.reset({ index: 9, term: 4 }, { index: 9, voters: new VoterSet(voters(2, 3)) });
    expect([log.lastIndex, log.lastTerm, log.voters.latest.voters.size]).toEqual([9, 4, 2]);
    expect(() => log.append([entry(11, 4)])).toThrow("follows the last one");
    log.append([entry(10, 4)]);
    expect(log.entryAt(10)?.index).toBe(10);
  });
});
