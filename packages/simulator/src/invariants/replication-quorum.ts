import type { HostedReplica } from "@samsa/broker";
import type { NodeId } from "@samsa/stdx";
import { appliedImage, type NodeView } from "../cluster/cluster.ts";
import type { Ghost, NodeMemory } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P5: whoever the controller could elect from the ISR is waited for: a leader's maximal ISR ⊇ the controller's ISR, and all of it holds what is committed.
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
    const { appliedIndex } = ghost.memoryOf(view);
    let holders = 0;
    const lacking: number[] = [];
    for (const [id, memory] of ghost.nodes) {
      if (endOf(id, view, hosted, { memory, appliedIndex }) >= replica.highWatermark) holders++;
      else if (replica.maximalIsr.some((member) => member === id)) lacking.push(id);
    }
    if (lacking.length > 0)
      this.report(
        this.id,
        `${name}: leader ${view.id} advances to ${replica.highWatermark}, which ${lacking.join(", ")} of its maximal ISR [${replica.maximalIsr.join(", ")}] lacks`,
      );
    if (holders < effectiveMinIsr) {
      this.report(
        "I-P10",
        `${name}: high watermark ${replica.highWatermark} on leader ${view.id} with ${holders} holders (min.insync.replicas is ${effectiveMinIsr})`,
      );
    }
    if (state === undefined || state.leaderEpoch !== replica.leaderEpoch) return;
    const { maximalIsr } = replica;
    const missing = state.isr.filter((id) => !maximalIsr.includes(id));
    if (missing.length > 0)
      this.report(this.id, `${name}: leader ${view.id} advances without ${missing.join(", ")} of the controller's ISR [${state.isr.join(", ")}]`);
  }
}

/**
 * The leader is looked at as it is now, the others as they were last seen. Who held a record when asked, but has lost it with its
 * power since, counts as long as the leader had not heard of its new life before this turn (`appliedIndex`): the evidence came before the loss.
 */
function endOf(
  id: number,
  view: NodeView,
  hosted: HostedReplica,
  { memory, appliedIndex }: { readonly memory: NodeMemory; readonly appliedIndex: number },
): number {
  if (id === view.id) return hosted.log.writtenEnd;
  const remembered = memory.replicas.get(hosted.key);
  if (remembered === undefined) return 0;
  const registration = appliedImage(view.node).brokers.get(id as NodeId);
  const wasKnown = registration?.incarnationId === memory.incarnationId && registration.registeredAtIndex <= appliedIndex;
  return wasKnown ? remembered.writtenEnd : Math.max(remembered.writtenEnd, remembered.heldEnd);
}
