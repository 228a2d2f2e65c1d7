import type { Micros, Now } from "@samsa/stdx";
import { afterMs, invariant, micros } from "@samsa/stdx";
import { earlier, stillToCome } from "../deadline.ts";
import type { BatchedRecord } from "./batch.ts";
import { Batch, sizeOfRecord } from "./batch.ts";
import type { ProducerConfig } from "./producer-config.ts";
import type { RecordId } from "./producer-event.ts";
import { type ProducerIdAndEpoch, sequenceAfter } from "./sequence.ts";

/**
 * The batches of one partition, in order. `outstanding` are those that were sent at least once and whose outcome is open;
 * `queued` follow. Invariants: outstanding batches with sequences have contiguous ones, in order, of one identity; a
 * batch that was sent never moves behind one that was not.
 *
 * While an outstanding batch waits for its retry, only the head of `outstanding` is sent: a later one would be out of
 * sequence, or, without idempotence, would overtake for sure.
 */
export class PartitionQueue {
  readonly topic: string;
  readonly partition: number;
  private readonly config: ProducerConfig;
  private readonly queued: Batch[] = [];
  private readonly outstanding: Batch[] = [];
  private identity: ProducerIdAndEpoch | undefined;
  private nextSequence = 0;
  /** A batch of this identity was acknowledged. Until then one at a time: a broker takes any first sequence of a producer it does not know. */
  private isEstablished = false;
  /** A sequenced batch was given up: the broker may have it or not, so the next sequence is not known. */
  private isUnresolved = false;
  /** The broker lacks what was before the head: sequences must begin anew under a new epoch. */
  private hasGap = false;

  constructor(config: ProducerConfig, topic: string, partition: number) {
    this.config = config;
    this.topic = topic;
    this.partition = partition;
  }

  get isEmpty(): boolean {
    return this.queued.length === 0 && this.outstanding.length === 0;
  }

  append(id: RecordId, record: BatchedRecord, now: Now): void {
    const size = sizeOfRecord(record);
    let batch = this.queued.at(-1);
    if (batch === undefined || batch.sizeBytes + size > this.config.batchSizeBytes) {
      batch = new Batch(now.monotonicUs, afterMs(now, this.config.deliveryTimeoutMs));
      this.queued.push(batch);
    }
    batch.add(id, record, size);
  }

  /** The batch that may be sent now, if any. `isFlushing`: without waiting for more records. */
  sendable(now: Now, isFlushing: boolean): Batch | undefined {
    const head = this.outstanding[0];
    if (head === undefined && this.queued.length === 0) return undefined;
    if (head !== undefined && this.outstanding.some((batch) => batch.state === "retrying")) {
      if (this.hasGap || head?.state !== "retrying") return undefined;
      return (head.retryAt ?? 0) <= now.monotonicUs ? head : undefined;
    }
    const limit = this.config.isIdempotent && !this.isEstablished ? 1 : this.config.maxInFlight;
    if (this.outstanding.length >= limit || this.isUnresolved || this.hasGap) return undefined;
    const next = this.queued[0];
    return next !== undefined && this.isRipe(next, now, isFlushing) ? next : undefined;
  }

  /** The batch leaves. With an identity it gets its sequence now, unless it had one. */
  sent(batch: Batch, identity: ProducerIdAndEpoch | undefined): void {
    if (batch.state === "queued") {
      invariant(this.queued.shift() === batch, "batches are sent in order", { topic: this.topic, partition: this.partition });
      this.outstanding.push(batch);
      if (identity !== undefined) this.number(batch, identity);
    }
    batch.state = "in-flight";
    batch.attempts++;
  }

  /** The attempt failed, another one will follow. */
  retry(batch: Batch, at: Micros): void {
    batch.state = "retrying";
    batch.retryAt = at;
  }

  /** The outcome of the batch is known, or it was given up. */
  finish(batch: Batch, isAcknowledged: boolean): void {
    batch.state = "done";
    remove(this.queued, batch);
    const wasOutstanding = remove(this.outstanding, batch);
    if (!wasOutstanding || batch.sequence === undefined) return;
    if (isAcknowledged) this.isEstablished = true;
    else this.isUnresolved = true;
  }

  isHead(batch: Batch): boolean {
    return this.outstanding[0] === batch;
  }

  markGap(): void {
    this.hasGap = true;
  }

  /** True if sequences must begin anew under a new epoch, and nothing is on the way that could still be appended. */
  get needsNewEpoch(): boolean {
    if (this.hasGap) return this.outstanding.every((batch) => batch.state !== "in-flight");
    return this.isUnresolved && this.outstanding.length === 0;
  }

  /** Whether what was sent last has its sequence under this identity. */
  isNumberedBy(identity: ProducerIdAndEpoch | undefined): boolean {
    return this.identity?.producerId === identity?.producerId && this.identity?.producerEpoch === identity?.producerEpoch;
  }

  /** The batches that wait for their retry get new sequences from 0 on. */
  restart(identity: ProducerIdAndEpoch): void {
    invariant(this.needsNewEpoch, "sequences begin anew when nothing is on the way", { topic: this.topic, partition: this.partition });
    this.hasGap = false;
    this.isUnresolved = false;
    this.begin(identity);
    for (const batch of this.outstanding) this.number(batch, identity);
  }

  /** Oldest first. */
  get openBatches(): readonly Batch[] {
    return [...this.outstanding, ...this.queued];
  }

  /** Deadlines ascend with age, so that the oldest batch tells whether there are any. */
  expired(now: Now): readonly Batch[] {
    const oldest = this.outstanding[0] ?? this.queued[0];
    if (oldest === undefined || oldest.deadline > now.monotonicUs) return NONE;
    return this.openBatches.filter((batch) => batch.deadline <= now.monotonicUs);
  }

  /** What is due already waits for something else than time. */
  nextDeadline(now: Now): Micros | undefined {
    let at: Micros | undefined;
    for (const batch of this.outstanding) at = earlier(at, earlier(batch.deadline, batch.state === "retrying" ? stillToCome(batch.retryAt, now) : undefined));
    const next = this.queued[0];
    return next === undefined ? at : earlier(at, earlier(next.deadline, stillToCome(this.ripeAt(next), now)));
  }

  /** A new identity is taken up when nothing of the old one is open: the broker begins at 0 for each epoch. */
  private number(batch: Batch, identity: ProducerIdAndEpoch): void {
    const isFirst = this.outstanding[0] === batch;
    if (isFirst && !this.isNumberedBy(identity)) this.begin(identity);
    batch.sequence = { ...(this.identity ?? identity), baseSequence: this.nextSequence };
    this.nextSequence = sequenceAfter(this.nextSequence, batch.records.length);
  }

  private begin(identity: ProducerIdAndEpoch): void {
    this.identity = identity;
    const { firstProducerEpoch, firstSequence } = this.config;
    this.nextSequence = identity.producerEpoch === firstProducerEpoch ? firstSequence : 0;
    this.isEstablished = false;
  }

  private isRipe(batch: Batch, now: Now, isFlushing: boolean): boolean {
    return isFlushing || this.queued.length > 1 || batch.sizeBytes >= this.config.batchSizeBytes || this.ripeAt(batch) <= now.monotonicUs;
  }

  private ripeAt(batch: Batch): Micros {
    return micros(batch.createdAt + Math.round(this.config.lingerMs * 1000));
  }
}

const NONE: readonly Batch[] = [];

function remove(batches: Batch[], batch: Batch): boolean {
  const index = batches.indexOf(batch);
  if (index >= 0) batches.splice(index, 1);
  return index >= 0;
}
