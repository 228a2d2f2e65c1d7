import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-R6: no node ever promises two votes in one term, and its term never falls while its process lives. After any crash it is not below the
 * last one in which a vote left the node.
 */
export class VoteLedger implements InvariantCheck {
  readonly id = "I-R6";
  private readonly report: Report;
  /** Whose term was seen: an unsynced one may fall with its process. */
  private readonly incarnations = new Map<number, number>();
  /** Votes that left a node, or made it leader: `node/term` → candidate. */
  private readonly promised = new Map<string, number>();
  /** By node: the last term in which it promised anything. */
  private readonly lastTerms = new Map<number, number>();

  constructor(report: Report) {
    this.report = report;
  }

  /** It is another voter from here on, which promised nothing. */
  lostMetadataLog(node: number): void {
    this.lastTerms.delete(node);
    for (const key of this.promised.keys()) if (key.startsWith(`${node}/`)) this.promised.delete(key);
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    const raft = view.node.quorum.node;
    const memory = ghost.memoryOf(view);
    if (raft !== undefined) this.checkTerm(view, raft.term, memory.term);
    for (const effect of effects) {
      if (effect.type !== "trace") continue;
      const { event } = effect;
      if (event.kind === "vote" && !event.isPreVote && event.isGranted) this.promise(view.id, event.term, event.candidate);
      // It could not lead without its own vote.
      if (event.kind === "raft-role" && event.role === "leader") this.promise(view.id, event.term, view.id);
    }
  }

  private checkTerm({ id, incarnation }: NodeView, term: number, termBefore: number): void {
    const isSameProcess = this.incarnations.get(id) === incarnation;
    const least = isSameProcess ? termBefore : (this.lastTerms.get(id) ?? 0);
    if (term < least) this.report(this.id, `the term of node ${id} fell from ${least} to ${term}${isSameProcess ? "" : " with its process"}`);
    this.incarnations.set(id, incarnation);
  }

  private promise(id: number, term: number, candidate: number): void {
    const earlier = this.promised.get(`${id}/${term}`) ?? candidate;
    if (earlier !== candidate) this.report(this.id, `node ${id} voted for ${earlier} and for ${candidate} in term ${term}`);
    this.promised.set(`${id}/${term}`, candidate);
    this.lastTerms.set(id, Math.max(term, this.lastTerms.get(id) ?? 0));
  }
}
