import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P5, the other half: the high watermark is no less than the ISR has. A leader that is alone in its ISR, which is enough, has committed all
 * that it has written: nobody is left whose fetch would move the high watermark later (KAFKA-13091).
 */
export class PromptCommit implements InvariantCheck {
  readonly id = "I-P5";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, _ghost: Ghost, { changed }: Turn): void {
    for (const { replica, log, topic, partition } of changed) {
      if (replica.role !== "leader" || !log.isReady || replica.isUnderMinIsr || replica.maximalIsr.length > 1) continue;
      if (replica.highWatermark < log.writtenEnd)
        this.report(
          this.id,
          `${topic}-${partition}: leader ${view.id} is alone in its ISR and has written up to ${log.writtenEnd}, its high watermark is ${replica.highWatermark}`,
        );
    }
  }
}
