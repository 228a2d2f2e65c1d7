import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { MatchingEntries } from "../../src/invariants/matching-entries.ts";

interface Look {
  readonly node: number;
  readonly incarnation?: number;
  /** `[term, content]` from index 1 on. */
  readonly log: readonly (readonly [term: number, content: number])[];
  readonly commitIndex?: number;
  readonly leads?: number;
}

/** What is reported when nodes are looked at one after the other. */
function reportsOf(...looks: readonly Look[]): string[] {
  const reports: string[] = [];
  const check = new MatchingEntries((invariant) => reports.push(invariant));
  const ghost = new Ghost(combined(3));
  for (const { node, incarnation = 1, log, commitIndex = 0, leads } of looks) {
    const raft = {
      base: { index: 0, term: 0 },
      lastIndex: log.length,
      commitIndex,
      role: leads === undefined ? "follower" : "leader",
      term: leads ?? 0,
      termAt: (index: number) => (index === 0 ? 0 : log[index - 1]?.[0]),
      entryAt: (index: number) => ({ index, term: log[index - 1]?.[0], payload: Uint8Array.of(log[index - 1]?.[1] ?? 0) }),
    };
    const view = { id: node, incarnation, node: { quorum: { node: raft } } } as unknown as NodeView;
    check.afterTurn(view, ghost);
    Object.assign(ghost.memoryOf(view), { isRaftLeader: leads !== undefined, term: leads ?? 0 });
  }
  return reports;
}

it("is content with logs that part in entries of different terms", () => {
  expect(
    reportsOf(
      {
        node: 1,
        log: [
          [1, 10],
          [1, 11],
        ],
      },
      {
        node: 2,
        log: [
          [1, 10],
          [2, 12],
        ],
      },
      {
        node: 1,
        log: [
          [1, 10],
          [2, 12],
        ],
      },
    ),
  ).toEqual([]);
});

it("is not content with another entry at the same index and term, or with one that follows another (I-R3)", () => {
  expect(reportsOf({ node: 1, log: [[1, 10]] }, { node: 2, log: [[1, 99]] })).toEqual(["I-R3"]);
  expect(
    reportsOf(
      {
        node: 1,
        log: [
          [1, 10],
          [3, 11],
        ],
      },
      {
        node: 2,
        log: [
          [2, 10],
          [3, 11],
        ],
      },
    ),
  ).toEqual(["I-R3"]);
});

it("is not content with a leader that drops or replaces what it has while it leads (I-R2)", () => {
  expect(
    reportsOf(
      {
        node: 1,
        leads: 2,
        log: [
          [1, 10],
          [2, 11],
        ],
      },
      { node: 1, leads: 2, log: [[1, 10]] },
    ),
  ).toEqual(["I-R2"]);
  expect(
    reportsOf(
      {
        node: 1,
        leads: 1,
        log: [
          [1, 10],
          [1, 11],
        ],
      },
      { node: 1, log: [[1, 10]] },
    ),
  ).toEqual([]);
});

it("is not content with a log that ends below its commit index (I-R10)", () => {
  expect(reportsOf({ node: 1, log: [[1, 10]], commitIndex: 2 })).toEqual(["I-R10"]);
});
