import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report } from "./invariant-check.ts";

/** I-S1 for partitions: what was written survives the death of the process, and what was synced a loss of power too. */
export class KeptRecords implements InvariantCheck {
  readonly id = "I-S1";
  private readonly report: Report;
  private readonly expected = new Map<string, { readonly end: number; readonly syncedEnd: number; readonly lostPower: boolean }>();

  constructor(report: Report) {
    this.report = report;
  }

  started(view: NodeView, ghost: Ghost, { lostPower }: { readonly lostPower: boolean }): void {
    for (const [key, replica] of ghost.nodes.get(view.id)?.replicas ?? []) {
      const unchecked = this.expected.get(`${view.id}/${key}`);
      const { end, syncedEnd } = unchecked ?? { end: replica.writtenEnd, syncedEnd: replica.syncedEnd };
      this.expected.set(`${view.id}/${key}`, { end, syncedEnd, lostPower: lostPower || unchecked?.lostPower === true });
    }
  }

  wiped(node: number): void {
    for (const key of this.expected.keys()) if (key.startsWith(`${node}/`)) this.expected.delete(key);
  }

  afterTurn(view: NodeView): void {
    if (this.expected.size === 0) return;
    for (const { key, log, topic, partition } of view.node.broker?.replicas.all() ?? []) {
      const expected = this.expected.get(`${view.id}/${key}`);
      if (expected === undefined || !log.isReady) continue;
      this.expected.delete(`${view.id}/${key}`);
      if (log.appendedEnd < expected.end && !expected.lostPower)
        this.report(
          this.id,
          `${topic}-${partition} on node ${view.id} had written up to ${expected.end} and came back with ${log.appendedEnd} after the death of the process alone`,
        );
      if (log.appendedEnd < expected.syncedEnd)
        this.report(this.id, `${topic}-${partition} on node ${view.id} had synced up to ${expected.syncedEnd} and came back with ${log.appendedEnd}`);
    }
  }
}
