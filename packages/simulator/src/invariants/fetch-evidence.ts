import type { HostedReplica } from "@samsa/broker";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P5, evidence only from the current epoch: a high watermark moves on what the members of the ISR said in this very leader epoch. One that
 * has not heard of the epoch can have said nothing in it (KIP-320).
 */
export class FetchEvidence implements InvariantCheck {
  readonly id = "I-P5";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const before = memory.replicas.get(hosted.key);
      const { replica } = hosted;
      if (replica.role !== "leader" || !hosted.log.isReady || replica.highWatermark <= (before?.highWatermark ?? 0)) continue;
      // At an election it is raised to the log's start, without evidence.
      if (replica.highWatermark > hosted.log.logStartOffset) this.checkHeard(view, hosted, ghost);
    }
  }

  private checkHeard(view: NodeView, { replica, key, topic, partition }: HostedReplica, ghost: Ghost): void {
    for (const id of replica.maximalIsr) {
      const heard = id === view.id ? undefined : ghost.nodes.get(id)?.replicas.get(key)?.heardEpoch;
      if (heard !== undefined && heard < replica.leaderEpoch)
        this.report(
          this.id,
          `${topic}-${partition}: leader ${view.id} moves its high watermark to ${replica.highWatermark} in epoch ${replica.leaderEpoch} on the word of ${id}, which has heard of no epoch after ${heard}`,
        );
    }
  }
}
