import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-R6: no node ever promises two votes in one term, and its term never falls, whatever crashes lie between. */
export class VoteLedger implements InvariantCheck {
  readonly id = "I-R6";
  private readonly report: Report;
  /** Whose term was seen: an unsynced one may fall with its process. */
  private readonly incarnations = new Map<number, number>();
  /** Votes that left a node, or made it leader: `node/term` → candidate. */
  private readonly promised = new Map<string, number>();

  constructor(report: Report) {
    this.report = report;
  }

  /** It is another voter from here on, which promised nothing. */
  lostMetadataLog(node: number): void {
    for (const key of this.promised.keys()) if (key.startsWith(`${node}/`)) this.promised.delete(key);
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    const raft = view.node.quorum.node;
    const memory = ghost.memoryOf(view);
    if (raft !== undefined && this.incarnations.get(view.id) === view.incarnation && raft.term < memory.term)
      this.report(this.id, `the term of node ${view.id} fell from ${memory.term} to ${raft.term}`);
    if (raft !== undefined) this.incarnations.set(view.id, view.incarnation);
    for (const effect of effects) {
      if (effect.type !== "trace") continue;
      const { event } = effect;
      if (event.kind === "vote" && !event.isPreVote && event.isGranted) this.promise(view.id, event.term, event.candidate);
      // It could not lead without its own vote.
      if (event.kind === "raft-role" && event.role === "leader") this.promise(view.id, event.term, view.id);
    }
  }

  private promise(id: number, term: number, candidate: number): void {
    const earlier = this.promised.get(`${id}/${term}`) ?? candidate;
    if (earlier !== candidate) this.report(this.id, `node ${id} voted for ${earlier} and for ${candidate} in term ${term}`);
    this.promised.set(`${id}/${term}`, candidate);
  }
}
