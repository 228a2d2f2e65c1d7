import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-R6: no node ever promises two votes in one term, and its term never falls, whatever crashes lie between. */
export class VoteLedger implements InvariantCheck {
  readonly id = "I-R6";
  private readonly report: Report;
  /** Votes that left a node: `node/term` → candidate. */
  /** Whose term was seen: an unsynced one may fall with its process. */
  private readonly incarnations = new Map<number, number>();
  private readonly promised = new Map<string, number>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    const raft = view.node.quorum.node;
    const memory = ghost.memoryOf(view);
    if (raft !== undefined && this.incarnations.get(view.id) === view.incarnation && raft.term < memory.term)
      this.report(this.id, `the term of node ${view.id} fell from ${memory.term} to ${raft.term}`);
    if (raft !== undefined) this.incarnations.set(view.id, view.incarnation);
    for (const effect of effects) {
      if (effect.type !== "trace" || effect.event.kind !== "vote" || effect.event.isPreVote || !effect.event.isGranted) continue;
      const { term, candidate } = effect.event;
      const key = `${view.id}/${term}`;
      const earlier = this.promised.get(key) ?? candidate;
      if (earlier !== candidate) this.report(this.id, `node ${view.id} voted for ${earlier} and for ${candidate} in term ${term}`);
      this.promised.set(key, candidate);
    }
  }
}
