import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-P7: at most one process leads a partition in one leader epoch, over all time; leader epochs of a replica never fall. */
export class OnePartitionLeader implements InvariantCheck {
  readonly id = "I-P7";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;
  private readonly leaders = new Map<string, string>();
  /** Of the replicas of each node's present incarnation. */
  private readonly epochs = new Map<number, { readonly incarnation: number; readonly byKey: Map<string, number> }>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, _ghost: Ghost, { changed }: Turn): void {
    const epochs = this.epochsOf(view);
    for (const { key, topic, partition, replica } of changed) {
      const earlier = epochs.get(key);
      if (earlier === replica.leaderEpoch) continue;
      if (earlier !== undefined && replica.leaderEpoch < earlier)
        this.report(this.id, `the leader epoch of ${topic}-${partition} on node ${view.id} fell from ${earlier} to ${replica.leaderEpoch}`);
      epochs.set(key, replica.leaderEpoch);
      if (replica.role === "leader") this.leads(view, `${topic}-${partition}`, `${key}@${replica.leaderEpoch}`);
    }
  }

  private epochsOf({ id, incarnation }: NodeView): Map<string, number> {
    const known = this.epochs.get(id);
    if (known?.incarnation === incarnation) return known.byKey;
    const byKey = new Map<string, number>();
    this.epochs.set(id, { incarnation, byKey });
    return byKey;
  }

  private leads(view: NodeView, name: string, epoch: string): void {
    const who = `node ${view.id} (incarnation ${view.incarnation})`;
    const known = this.leaders.get(epoch) ?? who;
    if (known !== who) this.report(this.id, `${name} has two leaders in one epoch (${epoch}): ${known} and ${who}`);
    this.leaders.set(epoch, who);
  }
}
