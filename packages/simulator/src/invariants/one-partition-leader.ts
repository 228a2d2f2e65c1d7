import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-P7: at most one process leads a partition in one leader epoch, over all time; leader epochs of a replica never fall. */
export class OnePartitionLeader implements InvariantCheck {
  readonly id = "I-P7";
  private readonly report: Report;
  private readonly leaders = new Map<string, string>();
  private readonly epochs = new Map<string, number>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, _ghost: Ghost, { changed }: Turn): void {
    for (const { key, topic, partition, replica } of changed) {
      const place = `${view.id}.${view.incarnation}/${key}`;
      const earlier = this.epochs.get(place);
      if (earlier === replica.leaderEpoch) continue;
      if (earlier !== undefined && replica.leaderEpoch < earlier) this.report(this.id, `the leader epoch of ${topic}-${partition} on node ${view.id} fell from ${earlier} to ${replica.leaderEpoch}`);
      this.epochs.set(place, replica.leaderEpoch);
      if (replica.role === "leader") this.leads(view, `${topic}-${partition}`, `${key}@${replica.leaderEpoch}`);
    }
  }

  private leads(view: NodeView, name: string, epoch: string): void {
    const who = `node ${view.id} (incarnation ${view.incarnation})`;
    const known = this.leaders.get(epoch) ?? who;
    if (known !== who) this.report(this.id, `${name} has two leaders in one epoch (${epoch}): ${known} and ${who}`);
    this.leaders.set(epoch, who);
  }
}
