import type { Effect } from "@samsa/world";
import { isBehind, type NumberedBatch } from "./invariants/forgotten-batches.ts";
import type { GhostPartition } from "./invariants/ghost-partition.ts";
import type { Ghost } from "./invariants/ghost.ts";
import type { Report } from "./invariants/invariant-check.ts";

export interface ClientPromisesOptions {
  readonly topic: string;
  readonly acks: -1 | 0 | 1;
  readonly ghost: Ghost;
  readonly report: Report;
}

/** What an idempotent producer is told only where records before are gone. */
const SEQUENCE_ERRORS: ReadonlySet<string> = new Set(["OUT_OF_ORDER_SEQUENCE_NUMBER", "UNKNOWN_PRODUCER_ID", "INVALID_PRODUCER_EPOCH"]);

/** A batch that no log of such small segments takes: those behind it, which are on their way, are out of order. */
const TOO_LARGE: ReadonlySet<string> = new Set(["RECORD_LIST_TOO_LARGE", "MESSAGE_TOO_LARGE"]);

/**
 * What clients of one topic are told, against what is so. I-P10: with acks=all what is acknowledged is committed. I-P9: what a consumer is given,
 * by the leader or a follower, is committed. I-T4: no producer has to give records up for their sequence, unless records of the partition were lost by
 * leave, or the batch lies behind one of the same epoch that was refused, or is in a log whose process need not remember it.
 */
export class ClientPromises {
  private readonly options: ClientPromisesOptions;
  /** By partition, the batches that were refused for their size. */
  private readonly refused = new Map<number, NumberedBatch[]>();

  constructor(options: ClientPromisesOptions) {
    this.options = options;
  }

  afterTurn(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.type !== "trace") continue;
      if (effect.event.kind === "client-ack") this.checkAck(effect.event);
      else if (effect.event.kind === "client-error") this.checkError(effect.event);
      else if (effect.event.kind === "client-read") this.checkRead(effect.event);
    }
  }

  private checkAck({ partition, offset, records }: { readonly partition: number; readonly offset: number; readonly records: number }): void {
    const { topic, acks, report } = this.options;
    const end = this.committedEnd(partition);
    if (acks === -1 && offset >= 0 && end < offset + records)
      report(
        "I-P10",
        `${topic}-${partition}: offsets ${offset}–${offset + records - 1} were acknowledged with acks=all, but only ${end} records are committed`,
      );
  }

  private checkRead({ partition, lastOffset }: { readonly partition: number; readonly lastOffset: number }): void {
    const { topic, report } = this.options;
    const end = this.committedEnd(partition);
    if (lastOffset >= end) report("I-P9", `${topic}-${partition}: a consumer was given offset ${lastOffset}, but only ${end} records are committed`);
  }

  private checkError({ partition, error, sequence }: { readonly partition: number; readonly error: string; readonly sequence?: NumberedBatch }): void {
    const { topic, ghost, report } = this.options;
    if (sequence !== undefined) {
      ghost.gaveUp(topic, sequence.producerId);
      if (TOO_LARGE.has(error)) this.refused.set(partition, [...(this.refused.get(partition) ?? []), sequence]);
    }
    if (!SEQUENCE_ERRORS.has(error) || this.committed(partition)?.hasLost === true) return;
    if (error === "OUT_OF_ORDER_SEQUENCE_NUMBER" && sequence !== undefined && this.mayBeOutOfOrder(partition, sequence)) return;
    report("I-T4", `${topic}-${partition}: a producer was told ${error}, and no record was lost`);
  }

  private mayBeOutOfOrder(partition: number, sequence: NumberedBatch): boolean {
    if (this.refused.get(partition)?.some((refused) => isBehind(refused, sequence)) === true) return true;
    return this.options.ghost.forgottenBatches.has(this.keyOf(partition), sequence);
  }

  /** The furthest that it ever was: what an excused loss took was committed once. */
  private committedEnd(partition: number): number {
    const committed = this.committed(partition);
    return Math.max(committed?.end ?? 0, ...(committed?.excused.map(({ toOffset }) => toOffset) ?? []));
  }

  private committed(partition: number): GhostPartition | undefined {
    return this.options.ghost.partitions.get(this.keyOf(partition));
  }

  private keyOf(partition: number): string {
    const { ghost, topic } = this.options;
    return `${ghost.image.topicByName(topic)?.topicId ?? ""}:${partition}`;
  }
}
