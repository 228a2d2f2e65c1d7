import type { HostedReplica } from "@samsa/broker";
import type { NodeId } from "@samsa/stdx";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost, NodeMemory } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P5: whoever the controller could elect from the ISR is waited for: a leader's maximal ISR ⊇ the controller's ISR.
 * I-P10: at least the effective
 * min.insync.replicas held a record when it was committed.
 */
export class ReplicationQuorum implements InvariantCheck {
  readonly id = "I-P5";
  readonly looksAtChangesOnly = true;
  private readonly report: Report;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const { replica } = hosted;
      const before = memory.replicas.get(hosted.key);
      if (replica.role !== "leader" || !hosted.log.isReady) continue;
      const isSameLeadership = before?.role === "leader" && before.leaderEpoch === replica.leaderEpoch;
      if (isSameLeadership && replica.highWatermark > before.highWatermark) this.checkAdvance(view, hosted, ghost);
    }
  }

  private checkAdvance(view: NodeView, hosted: HostedReplica, ghost: Ghost): void {
    const { replica, topic, partition } = hosted;
    const name = `${topic}-${partition}`;
    const effectiveMinIsr = replica.effectiveMinIsr ?? 1;
    const state = ghost.stateOf(hosted);
    const { brokers } = view.node.broker.image;
    // Who held it when asked, but has lost it with its power since, counts as long as the leader can't know: the evidence came before the loss.
    const heldBy = ([id, { replicas, incarnationId }]: readonly [number, NodeMemory]): number => {
      const { writtenEnd = 0, heldEnd = 0 } = replicas.get(hosted.key) ?? {};
      return brokers.get(id as NodeId)?.incarnationId === incarnationId ? writtenEnd : Math.max(writtenEnd, heldEnd);
    };
    const holders = [...ghost.nodes].filter((entry) => this.endOf(entry[0], view, hosted, heldBy(entry)) >= replica.highWatermark);
    if (holders.length < effectiveMinIsr) {
      this.report(
        "I-P10",
        `${name}: high watermark ${replica.highWatermark} on leader ${view.id} with ${holders.length} holders (min.insync.replicas is ${effectiveMinIsr})`,
      );
    }
    if (state === undefined || state.leaderEpoch !== replica.leaderEpoch) return;
    const missing = state.isr.filter((id) => !replica.maximalIsr.includes(id));
    if (missing.length > 0)
      this.report(this.id, `${name}: leader ${view.id} advances without ${missing.join(", ")} of the controller's ISR [${state.isr.join(", ")}]`);
  }

  /** The leader is looked at as it is now, the others as they were last seen. */
  private endOf(id: number, view: NodeView, hosted: HostedReplica, rememberedEnd: number): number {
    return id === view.id ? hosted.log.writtenEnd : rememberedEnd;
  }
}
