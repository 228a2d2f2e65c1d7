import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P10 before the append: a leader whose ISR is below its minimum takes no record with acks=all. Looked at where nobody sends with
 * anything else, for the log does not say how a record was sent.
 */
export class MinIsrGate implements InvariantCheck {
  readonly id = "I-P10";
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
      if (!ghost.acksAllTopics.has(topic) || !before.isUnderMinIsr || !replica.isUnderMinIsr) continue;
      if (log.appendedEnd > before.appendedEnd)
        this.report(
          this.id,
          `${topic}-${partition}: leader ${view.id} takes offsets ${before.appendedEnd}–${log.appendedEnd - 1} with an ISR of ${replica.isr.length} (min.insync.replicas is ${replica.effectiveMinIsr ?? 0})`,
        );
    }
  }
}
