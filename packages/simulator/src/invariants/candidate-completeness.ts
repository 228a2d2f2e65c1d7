import type { MetadataImage, PartitionImage } from "@samsa/metadata";
import { type NodeId, nodeId, type Uuid } from "@samsa/stdx";
import type { NodeView } from "../cluster/cluster.ts";
import type { Ghost, ReplicaMemory } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

const NOTHING: Pick<ReplicaMemory, "logStartOffset" | "writtenEnd" | "epochs"> = { logStartOffset: 0, writtenEnd: 0, epochs: [] };

const endsOf = ({ logStartOffset, writtenEnd }: { readonly logStartOffset: number; readonly writtenEnd: number }) => ({ logStartOffset, writtenEnd });

/** A partition, and the controller's newest committed word on it. */
interface Looked {
  readonly key: string;
  readonly topicId: Uuid;
  readonly state: PartitionImage;
}

/**
 * I-P3: whoever the controller could elect next, that is every running and unfenced member of ISR and ELR, holds all committed
 * records. Looked at when the metadata changes, when a high watermark moves, and when a log is cut. A replica that came back without its page
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
        for (const state of topic.partitions) this.check(view, ghost, { key: `${topic.topicId}:${state.partition}`, topicId: topic.topicId, state });
      }
      this.image = image;
    }
    const memory = ghost.memoryOf(view);
    for (const hosted of changed) {
      const { key, topicId, replica, log } = hosted;
      const before = memory.replicas.get(key);
      const hasCommitted = replica.role === "leader" && replica.highWatermark > (before?.highWatermark ?? 0);
      const wasCut = log.isReady && before?.isCurrent === true && log.appendedEnd < before.appendedEnd;
      const state = hasCommitted || wasCut ? ghost.stateOf(hosted) : undefined;
      if (state === undefined) continue;
      if (hasCommitted) this.check(view, ghost, { key, topicId, state });
      else if (state.isr.includes(nodeId(view.id)) || state.elr.includes(nodeId(view.id)))
        this.checkCandidate(view, ghost, { key, topicId, state }, nodeId(view.id));
    }
  }

  private check(view: NodeView, ghost: Ghost, looked: Looked): void {
    for (const id of looked.state.isr) this.checkCandidate(view, ghost, looked, id);
    for (const id of looked.state.elr) this.checkCandidate(view, ghost, looked, id);
  }

  private checkCandidate(view: NodeView, ghost: Ghost, { key, topicId, state }: Looked, id: NodeId): void {
    const committed = ghost.partitions.get(key);
    if (committed === undefined || ghost.uncleanElections.has(key)) return;
    const registration = ghost.image.brokers.get(id);
    const memory = ghost.nodes.get(id);
    if (registration?.isFenced !== false || memory?.incarnationId !== registration.incarnationId) return;
    const own = id === view.id ? view.node.broker?.replicas.get(topicId, state.partition)?.log : undefined;
    // This node as it is now, the others as they were last seen.
    const { logStartOffset, writtenEnd, epochs } = own?.isReady === true ? { ...endsOf(own), epochs: own.epochEntries } : (memory.replicas.get(key) ?? NOTHING);
    const { last } = committed;
    if (writtenEnd < committed.end)
      return this.report(
        this.id,
        `${committed.name}: node ${id} could be elected, but ends at ${writtenEnd} below the committed ${committed.end} (ISR [${state.isr.join(", ")}], ELR [${state.elr.join(", ")}])`,
      );
    // What was deleted since is nobody's to have.
    if (last === undefined || logStartOffset >= last.endOffset) return;
    // Log matching (I-P4): where the epoch is the same, so is all before it.
    const epoch = epochs.findLast(({ startOffset }) => startOffset <= Math.max(last.baseOffset, logStartOffset))?.epoch;
    if (epoch !== last.leaderEpoch)
      this.report(
        this.id,
        `${committed.name}: node ${id} could be elected, but its batch at ${last.baseOffset} is of epoch ${epoch ?? "none"}, and the committed one of epoch ${last.leaderEpoch}`,
      );
  }
}
