import type { Effect } from "@samsa/world";
import { expect, it } from "vitest";
import type { NodeView } from "../../src/cluster/cluster.ts";
import { combined } from "../../src/cluster/cluster-shape.ts";
import { Ghost } from "../../src/invariants/ghost.ts";
import { VoteLedger } from "../../src/invariants/vote-ledger.ts";

interface Look {
  readonly incarnation?: number;
  readonly term: number;
  /** Whom it grants its vote in that term. */
  readonly votesFor?: number;
  readonly isAnotherVoter?: boolean;
}

/** What is reported of node 1, looked at again and again. */
function reportsOf(...looks: readonly Look[]): string[] {
  const reports: string[] = [];
  const check = new VoteLedger((_, detail) => reports.push(detail));
  const ghost = new Ghost(combined(3));
  for (const { incarnation = 1, term, votesFor, isAnotherVoter = false } of looks) {
    if (isAnotherVoter) check.lostMetadataLog(1);
    const view = { id: 1, incarnation, node: { quorum: { node: { term } } } } as unknown as NodeView;
    const vote: Effect = { type: "trace", event: { kind: "vote", term, candidate: votesFor ?? 0, isPreVote: false, isGranted: true } };
    check.afterTurn(view, ghost, { effects: votesFor === undefined ? [] : [vote], changed: [] });
    ghost.memoryOf(view).term = term;
  }
  return reports;
}

it("is not content with two votes in one term, also of two processes", () => {
  expect(reportsOf({ term: 3, votesFor: 2 }, { incarnation: 2, term: 3, votesFor: 3 })).toEqual(["node 1 voted for 2 and for 3 in term 3"]);
  expect(reportsOf({ term: 3, votesFor: 2 }, { incarnation: 2, term: 3, votesFor: 2 }, { incarnation: 2, term: 4, votesFor: 3 })).toEqual([]);
});

it("is not content with a term that falls while its process lives", () => {
  expect(reportsOf({ term: 3 }, { term: 2 })).toEqual(["the term of node 1 fell from 3 to 2"]);
});

it("lets a term fall with its process that nobody was told of, and none in which a vote has left", () => {
  expect(reportsOf({ term: 3, votesFor: 2 }, { term: 5 }, { incarnation: 2, term: 3 })).toEqual([]);
  expect(reportsOf({ term: 3, votesFor: 2 }, { incarnation: 2, term: 2 })).toEqual(["the term of node 1 fell from 3 to 2 with its process"]);
});

it("holds nobody to what another disk promised", () => {
  expect(reportsOf({ term: 3, votesFor: 2 }, { incarnation: 2, term: 1, votesFor: 3, isAnotherVoter: true })).toEqual([]);
});
