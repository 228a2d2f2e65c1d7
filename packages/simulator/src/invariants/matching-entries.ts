import { equalBytes } from "@samsa/stdx";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

interface Known {
  readonly payload: Uint8Array;
  readonly termBefore: number;
}

/** The end of a node's log when it was last looked at. */
interface Tail {
  readonly incarnation: number;
  readonly index: number;
  readonly term: number;
}

/**
 * I-R3: entries of equal index and term are the same and follow the same entry, on all nodes, committed or not. I-R2: a leader keeps
 * its own entries while it leads. I-R10: no log ends below its commit index.
 */
export class MatchingEntries implements InvariantCheck {
  readonly id = "I-R3";
  readonly looksAtQuorumOnly = true;
  private readonly report: Report;
  /** By `index/term`. */
  private readonly known = new Map<string, Known>();
  private readonly tails = new Map<number, Tail>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost): void {
    const raft = view.node.quorum.node;
    if (raft === undefined) return;
    if (raft.lastIndex < raft.commitIndex)
      this.report("I-R10", `the log of node ${view.id} ends at ${raft.lastIndex}, below its commit index ${raft.commitIndex}`);
    const tail = this.tails.get(view.id);
    const term = raft.termAt(raft.lastIndex) ?? 0;
    const isSameProcess = tail?.incarnation === view.incarnation;
    if (isSameProcess && tail.index === raft.lastIndex && tail.term === term) return;
    const hasKept = isSameProcess && raft.lastIndex >= tail.index && raft.termAt(tail.index) === tail.term;
    const before = ghost.memoryOf(view);
    if (isSameProcess && !hasKept && raft.role === "leader" && before.isRaftLeader && before.term === raft.term)
      this.report("I-R2", `node ${view.id} leads term ${raft.term} and has not kept its entry ${tail.index} of term ${tail.term}`);
    const first = hasKept ? tail.index + 1 : isSameProcess ? raft.commitIndex + 1 : 1;
    for (let index = Math.max(first, raft.base.index + 1); index <= raft.lastIndex; index++) this.compare(view, index);
    this.tails.set(view.id, { incarnation: view.incarnation, index: raft.lastIndex, term });
  }

  private compare(view: NodeView, index: number): void {
    const raft = view.node.quorum.node;
    const entry = raft?.entryAt(index);
    if (entry === undefined) return;
    const termBefore = raft?.termAt(index - 1) ?? 0;
    const key = `${index}/${entry.term}`;
    const known = this.known.get(key);
    if (known === undefined) this.known.set(key, { payload: entry.payload, termBefore });
    else if (known.termBefore !== termBefore || !equalBytes(known.payload, entry.payload))
      this.report(this.id, `entry ${index} of term ${entry.term} on node ${view.id} is not the one that another node has, or follows another one`);
  }
}
