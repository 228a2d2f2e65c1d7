import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

/** I-R1: at most one leader in a term, over all time; a node's next incarnation is another leader (R02). */
export class ElectionSafety implements InvariantCheck {
  readonly id = "I-R1";
  readonly looksAtQuorumOnly = true;
  private readonly report: Report;
  private readonly leaders = new Map<number, string>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost): void {
    const raft = view.node.quorum.node;
    if (raft?.role !== "leader") return;
    const before = ghost.memoryOf(view);
    if (before.isRaftLeader && before.term === raft.term) return;
    const name = `node ${view.id} (incarnation ${view.incarnation})`;
    const known = this.leaders.get(raft.term) ?? name;
    if (known !== name) this.report(this.id, `term ${raft.term} has two leaders: ${known} and ${name}`);
    this.leaders.set(raft.term, name);
  }
}
