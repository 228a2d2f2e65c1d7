import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** I-P8: log start ≤ last stable offset ≤ high watermark ≤ log end on each replica; a leader's high watermark and its log's start never fall in its epoch. */
export class PartitionEnds implements InvariantCheck {
  readonly id = "I-P8";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const { replica, log, topic, partition, key } = hosted;
      if (!log.isReady) continue;
      const { highWatermark, lastStableOffset } = replica;
      const isOrdered = log.logStartOffset <= lastStableOffset && lastStableOffset <= highWatermark && highWatermark <= log.appendedEnd;
      if (!isOrdered)
        this.report(
          this.id,
          `${topic}-${partition} on node ${view.id}: start ${log.logStartOffset}, stable ${lastStableOffset}, high watermark ${highWatermark}, end ${log.appendedEnd}`,
        );
      const before = memory.replicas.get(key);
      const isSameLeadership = before?.role === "leader" && replica.role === "leader" && before.leaderEpoch === replica.leaderEpoch;
      if (isSameLeadership && log.logStartOffset < before.logStartOffset)
        this.report(
          this.id,
          `the log of ${topic}-${partition} started at ${before.logStartOffset}, and starts at ${log.logStartOffset} now, on its leader ${view.id}`,
        );
      if (isSameLeadership && highWatermark < before.highWatermark)
        this.report(this.id, `the high watermark of ${topic}-${partition} fell from ${before.highWatermark} to ${highWatermark} on its leader ${view.id}`);
    }
  }
}
