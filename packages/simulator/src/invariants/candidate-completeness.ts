import type { MetadataImage } from "@samsa/metadata";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost, NodeMemory, ReplicaMemory } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/**
 * I-P3: whoever the controller could elect next, that is every running and unfenced member of ISR and ELR, holds all committed
 * records. Looked at when the metadata changes and when a high watermark moves. A replica that came back without its page
 * cache must have left both by the time it is registered (I-P6).
 */
export class CandidateCompleteness implements InvariantCheck {
  readonly id = "I-P3";
  private readonly report: Report;
  private image: MetadataImage | undefined;

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { changed }: Turn): void {
    const { image } = ghost;
    if (image !== this.image) {
      for (const topic of image.topics()) {
        if (this.image?.topicById(topic.topicId) === topic) continue;
        for (const { partition } of topic.partitions) this.check(view, ghost, `${topic.topicId}:${partition}`);
      }
      this.image = image;
    }
    const memory = ghost.memoryOf(view);
    for (const { key, replica } of changed) {
      if (replica.role === "leader" && replica.highWatermark > (memory.replicas.get(key)?.highWatermark ?? 0)) this.check(view, ghost, key);
    }
  }

  private check(view: NodeView, ghost: Ghost, key: string): void {
    const committed = ghost.partitions.get(key);
    const state = ghost.stateOfKey(key);
    if (committed === undefined || state === undefined || ghost.uncleanElections.has(key)) return;
    for (const id of [...state.isr, ...state.elr]) {
      const registration = ghost.image.brokers.get(id);
      const memory = ghost.nodes.get(id);
      if (registration?.isFenced !== false || memory?.incarnationId !== registration.incarnationId) continue;
      const { end, epochs } = this.tailOf(id, view, key, memory);
      const last = committed.last;
      // Log matching (I-P4): where the epoch is the same, so is all before it.
      const epoch = last === undefined ? undefined : epochs.findLast(({ startOffset }) => startOffset <= last.baseOffset)?.epoch;
      if (end >= committed.end && epoch !== last?.leaderEpoch)
        this.report(
          this.id,
          `${committed.name}: node ${id} could be elected, but at ${last?.baseOffset ?? 0} has a batch of epoch ${epoch ?? "none"}, not the committed one of epoch ${last?.leaderEpoch ?? "none"}`,
        );
      if (end < committed.end)
        this.report(
          this.id,
          `${committed.name}: node ${id} could be elected, but ends at ${end} below the committed ${committed.end} (ISR [${state.isr.join(", ")}], ELR [${state.elr.join(", ")}])`,
        );
    }
  }

  /** This node as it is now, the others as they were last seen. */
  private tailOf(id: number, view: NodeView, key: string, memory: NodeMemory): { readonly end: number; readonly epochs: ReplicaMemory["epochs"] } {
    const remembered = memory.replicas.get(key);
    if (id === view.id) {
      for (const hosted of view.node.broker.replicas.all())
        if (hosted.key === key && hosted.log.isReady) return { end: hosted.log.writtenEnd, epochs: hosted.log.epochEntries };
    }
    return { end: remembered?.writtenEnd ?? 0, epochs: remembered?.epochs ?? [] };
  }
}
