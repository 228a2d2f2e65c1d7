import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-R2 for partitions: a leader never drops a record of its own log while it leads; what it cut off may be acknowledged (KAFKA-13207). */
export class AppendOnlyLeader implements InvariantCheck {
  readonly id = "I-R2";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const { replica, log, topic, partition, key } of changed) {
      const before = memory.replicas.get(key);
      if (before?.role !== "leader" || replica.role !== "leader" || before.leaderEpoch !== replica.leaderEpoch) continue;
      if (log.isReady && log.appendedEnd < before.appendedEnd)
        this.report(
          this.id,
          `${topic}-${partition}: node ${view.id} leads epoch ${replica.leaderEpoch} and its log ends at ${log.appendedEnd}, after it had ended at ${before.appendedEnd}`,
        );
    }
  }
}
