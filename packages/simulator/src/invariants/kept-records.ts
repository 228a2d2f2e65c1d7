import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** A log, or the whole process, ends of its disk. */
const hasFailed = (effect: Turn["effects"][number]): boolean =>
  (effect.type === "trace" && effect.event.kind === "replica-offline") || (effect.type === "exit" && effect.code !== 0);

/**
 * I-S1 for partitions: what was written survives the death of the process, and what was synced a loss of power too. A sync that fails takes
 * pages with it that count as clean (fsyncgate): until the power is lost no later sync of that host proves what lies before, whichever
 * process asks for it.
 */
export class KeptRecords implements InvariantCheck {
  readonly id = "I-S1";
  private readonly report: Report;
  private readonly expected = new Map<string, { readonly end: number; readonly syncedEnd: number; readonly lostPower: boolean }>();

  /** By node whose disk has failed since its host had power: by partition, how far syncs had come then. */
  private readonly failed = new Map<number, ReadonlyMap<string, number>>();

  constructor(report: Report) {
    this.report = report;
  }

  started(view: NodeView, ghost: Ghost, { lostPower }: { readonly lostPower: boolean }): void {
    for (const [key, replica] of ghost.nodes.get(view.id)?.replicas ?? []) {
      const unchecked = this.expected.get(`${view.id}/${key}`);
      const proved = this.failed.get(view.id);
      const { end, syncedEnd } = unchecked ?? {
        // What was written to its new file shows that the file is there.
        end: replica.isBeginningAnew && replica.logStartOffset >= replica.writtenEnd ? 0 : replica.writtenEnd,
        syncedEnd: replica.isBeginningAnew ? 0 : Math.min(replica.syncedEnd, proved === undefined ? replica.syncedEnd : (proved.get(key) ?? 0)),
      };
      this.expected.set(`${view.id}/${key}`, { end, syncedEnd, lostPower: lostPower || unchecked?.lostPower === true });
    }
    if (lostPower) this.failed.delete(view.id);
  }

  wiped(node: number): void {
    this.failed.delete(node);
    for (const key of this.expected.keys()) if (key.startsWith(`${node}/`)) this.expected.delete(key);
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects }: Turn): void {
    if (!this.failed.has(view.id) && effects.some(hasFailed)) {
      const replicas = [...(ghost.nodes.get(view.id)?.replicas ?? [])];
      this.failed.set(view.id, new Map(replicas.map(([key, { syncedEnd }]) => [key, syncedEnd])));
    }
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
