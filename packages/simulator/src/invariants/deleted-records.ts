import type { MetadataImage } from "@samsa/metadata";
import { appliedImage, type NodeView } from "../cluster/cluster.ts";
import type { ExcusedLoss } from "./ghost-partition.ts";
import type { Ghost } from "./ghost.ts";
import type { InvariantCheck, Report, Turn } from "./invariant-check.ts";

/** What a process has deleted for good, as far as it was told to an operator. */
interface Deleted {
  readonly incarnation: number;
  readonly beforeOffset: number;
  /** Of the partition's losses by leave, how many had come before. */
  readonly losses: number;
}

/**
 * I-P15: when DeleteRecords is answered, the logs of all replicas start there whose brokers are alive for all that the leader knows; and no such
 * process leads with a log that starts before it later. Where a log starts is written down now and then only (KIP-107): a later process may not know,
 * and what leads after an unclean election may start, and end, before it; who follows begins anew there.
 */
export class DeletedRecords implements InvariantCheck {
  readonly id = "I-P15";
  private readonly report: Report;
  /** By `node/partition`. */
  private readonly deleted = new Map<string, Deleted>();
  /** By node, what it knew before its turn: who comes in the very turn of an answer is not waited for. */
  private readonly images = new Map<number, MetadataImage>();

  constructor(report: Report) {
    this.report = report;
  }

  afterTurn(view: NodeView, ghost: Ghost, { effects, changed }: Turn): void {
    for (const effect of effects) if (effect.type === "trace" && effect.event.kind === "records-deleted") this.checkAnswer(view, ghost, effect.event);
    for (const { key, replica, log, topic, partition } of changed) {
      const deleted = this.deleted.get(`${view.id}/${key}`);
      if (deleted?.incarnation !== view.incarnation || !log.isReady || replica.role !== "leader" || log.logStartOffset >= deleted.beforeOffset) continue;
      if (isLost(deleted, lossesOf(ghost, key))) continue;
      this.report(
        this.id,
        `${topic}-${partition}: node ${view.id} leads with a log that starts at ${log.logStartOffset}, and had deleted what lies before ${deleted.beforeOffset}`,
      );
    }
    if (view.node.broker !== undefined) this.images.set(view.id, appliedImage(view.node));
  }

  private checkAnswer(
    view: NodeView,
    ghost: Ghost,
    { topic, partition, beforeOffset }: { readonly topic: string; readonly partition: number; readonly beforeOffset: number },
  ): void {
    const image = appliedImage(view.node);
    const before = this.images.get(view.id);
    const known = image.topicByName(topic);
    if (known === undefined) return;
    const key = `${known.topicId}:${partition}`;
    for (const id of known.partitions[partition]?.replicas ?? []) {
      const registration = image.brokers.get(id);
      const memory = ghost.nodes.get(id);
      const isAlive = registration?.isFenced === false && before?.brokers.get(id)?.isFenced === false && memory?.incarnationId === registration.incarnationId;
      const replica = memory?.replicas.get(key);
      if (!isAlive || replica === undefined) continue;
      const logStartOffset =
        id === view.id ? view.node.broker?.replicas.get(known.topicId, partition)?.log.logStartOffset : replica.isCurrent ? replica.logStartOffset : undefined;
      if (logStartOffset === undefined) continue;
      if (logStartOffset < beforeOffset)
        this.report(
          this.id,
          `${topic}-${partition}: node ${view.id} says that what lies before ${beforeOffset} is deleted, and the log of node ${id}, which is alive, starts at ${logStartOffset}`,
        );
      const at = `${id}/${key}`;
      const earlier = this.deleted.get(at);
      const losses = lossesOf(ghost, key);
      const isLater = earlier?.incarnation !== memory.incarnation || earlier.beforeOffset < beforeOffset || isLost(earlier, losses);
      if (isLater) this.deleted.set(at, { incarnation: memory.incarnation, beforeOffset, losses: losses.length });
    }
  }
}

const lossesOf = (ghost: Ghost, key: string): readonly ExcusedLoss[] => ghost.partitions.get(key)?.excused ?? [];

const isLost = ({ beforeOffset, losses: before }: Deleted, losses: readonly ExcusedLoss[]): boolean =>
  losses.some(({ fromOffset }, at) => at >= before && fromOffset < beforeOffset);
