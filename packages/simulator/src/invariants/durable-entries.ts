import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

/** I-S1 for the metadata log: what a node held durably it still holds after any crash or loss of power. */
export class DurableEntries implements InvariantCheck {
  readonly id = "I-S1";
  readonly looksAtQuorumOnly = true;
  private readonly report: Report;
  private readonly expected = new Map<number, { readonly index: number; readonly lastTerm: number }>();

  constructor(report: Report) {
    this.report = report;
  }

  started(view: NodeView, ghost: Ghost): void {
    const memory = ghost.nodes.get(view.id);
    if (memory !== undefined) this.expected.set(view.id, { index: memory.syncedIndex, lastTerm: memory.syncedTerm });
  }

  lostMetadataLog(node: number): void {
    this.expected.delete(node);
  }

  afterTurn(view: NodeView): void {
    const raft = view.node.quorum.node;
    const expected = this.expected.get(view.id);
    if (raft === undefined || expected === undefined) return;
    this.expected.delete(view.id);
    // A later leader's conflicting entries may have replaced them in a write that was durable before the crash, and not yet known to be.
    const wasReplaced = (raft.termAt(raft.lastIndex) ?? 0) > expected.lastTerm;
    if (raft.lastIndex < expected.index && !wasReplaced)
      this.report(this.id, `node ${view.id} held entries up to ${expected.index} durably and came back with ${raft.lastIndex}`);
  }
}
