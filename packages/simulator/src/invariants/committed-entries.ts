import { equalBytes } from "@samsa/stdx";
import type { LogPosition } from "raft-ts";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

/**
 * I-R5, I-R3: what a node says is committed at an index is what every node ever said. I-R4: a new leader has all of it.
 * I-R7: a leader commits what a majority holds durably, and no commit index falls within an incarnation. I-R8: a snapshot ends with a committed
 * entry, and covers whatever of the log is gone.
 */
export class CommittedEntries implements InvariantCheck {
  readonly id = "I-R5";
  readonly looksAtQuorumOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost): void {
    const raft = view.node.quorum.node;
    if (raft === undefined) return;
    const memory = ghost.memoryOf(view);
    const from = memory.commitIndex;
    if (raft.commitIndex < from) this.report("I-R7", `the commit index of node ${view.id} fell from ${from} to ${raft.commitIndex}`);
    if (raft.snapshot !== undefined) this.checkSnapshot(view, ghost, raft.snapshot);
    // What came in a snapshot is compared as metadata (I-M2).
    for (let index = Math.max(from, raft.base.index) + 1; index <= raft.commitIndex; index++) this.compare(view, ghost, index);
    if (raft.role !== "leader") return;
    if (!(memory.isRaftLeader && memory.term === raft.term)) this.checkCompleteness(view, ghost);
    if (raft.commitIndex > from) this.checkDurable(view, ghost, raft.commitIndex);
  }

  private compare(view: NodeView, ghost: Ghost, index: number): void {
    const entry = view.node.quorum.node?.entryAt(index);
    if (entry === undefined) return this.report(this.id, `node ${view.id} says ${index} is committed and does not have it`);
    const known = ghost.entries[index - 1];
    if (known === undefined) {
      if (ghost.entries.length !== index - 1) this.report(this.id, `node ${view.id} commits ${index} where ${ghost.entries.length} entries are known`);
      ghost.commit({ term: entry.term, kind: entry.kind, payload: entry.payload, committedIn: view.node.quorum.node?.term ?? 0 });
    } else if (known.term !== entry.term || known.kind !== entry.kind || !equalBytes(known.payload, entry.payload)) {
      this.report(this.id, `entry ${index} of node ${view.id} (term ${entry.term}) is not the one that was committed (term ${known.term})`);
    }
  }

  private checkSnapshot(view: NodeView, ghost: Ghost, { index, term }: LogPosition): void {
    const base = view.node.quorum.node?.base.index ?? 0;
    if (index < base) this.report("I-R8", `the log of node ${view.id} begins behind entry ${base}, and its snapshot ends at ${index}`);
    const known = ghost.entries[index - 1];
    if (known?.term !== term)
      this.report("I-R8", `the snapshot of node ${view.id} ends with entry ${index} of term ${term}, and that entry was committed in term ${known?.term}`);
  }

  private checkCompleteness(view: NodeView, ghost: Ghost): void {
    const raft = view.node.quorum.node;
    if (raft === undefined) return;
    // A candidate may hear late that it has won, when a later term has committed more: that was not its to have.
    const last = ghost.entries.findLastIndex(({ committedIn }) => committedIn < raft.term) + 1;
    if (last === 0) return;
    // Log matching makes the last committed entry stand for all before it.
    // It may be in the snapshot, which is checked on its own.
    if (last < raft.base.index) return;
    const term = raft.termAt(last);
    if (term !== ghost.entries[last - 1]?.term)
      this.report("I-R4", `node ${view.id} leads term ${raft.term} without committed entry ${last} (has term ${term ?? "none"} there)`);
  }

  private checkDurable(view: NodeView, ghost: Ghost, commitIndex: number): void {
    const term = ghost.entries[commitIndex - 1]?.term ?? 0;
    const own = view.node.quorum.node;
    let holders = 0;
    for (const id of ghost.voters) {
      const synced = id === view.id ? { index: own?.syncedIndex ?? 0, term: own?.termAt(own.syncedIndex) ?? 0 } : lastSynced(ghost, id);
      // Whose last entry is of an earlier term has another entry there.
      if (synced.index >= commitIndex && synced.term >= term) holders++;
    }
    if (holders * 2 <= ghost.voters.length)
      this.report("I-R7", `node ${view.id} commits ${commitIndex}, which only ${holders} of ${ghost.voters.length} voters hold durably`);
  }
}

function lastSynced(ghost: Ghost, id: number): { readonly index: number; readonly term: number } {
  const memory = ghost.nodes.get(id);
  return { index: memory?.syncedIndex ?? 0, term: memory?.syncedTerm ?? 0 };
}
