import { incrementSequence, NO_PRODUCER_EPOCH, NO_SEQUENCE } from "@samsa/protocol/records";
import { type BatchHeader, lastSequenceOfHeader } from "./batch-header.ts";
import { BATCHES_PER_PRODUCER, PRODUCERS_MAX } from "./log-config.ts";
import { OpenTransactions } from "./open-transactions.ts";
import type { SnapshotEntry } from "./producer-snapshot.ts";

/** One of the last batches of a producer: which sequences, and where they went. */
export interface ProducerBatch {
  readonly baseSequence: number;
  readonly lastSequence: number;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly maxTimestamp: number;
}

export interface ProducerEntry {
  readonly producerId: number;
  readonly epoch: number;
  /** Of this epoch, oldest first, at most `BATCHES_PER_PRODUCER`. */
  readonly batches: readonly ProducerBatch[];
  /** Of its last batch or marker. */
  readonly lastTimestampMs: number;
  /** Of the coordinator that ended its last transaction; −1 for none. */
  readonly coordinatorEpoch: number;
  /** Where its open transaction began; −1 without one. */
  readonly currentTxnFirstOffset: number;
}

/** A producer's transaction that a marker has ended. */
export interface EndedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker. */
  readonly lastOffset: number;
  readonly isAborted: boolean;
}

export type SequenceCheck =
  | { readonly type: "next" }
  /** In the log already, there. */
  | { readonly type: "duplicate"; readonly batch: ProducerBatch }
  | { readonly type: "rejected"; readonly error: "OUT_OF_ORDER_SEQUENCE_NUMBER" | "INVALID_PRODUCER_EPOCH"; readonly message: string };

const NEXT: SequenceCheck = { type: "next" };

/**
 * What a partition remembers of its idempotent producers (KIP-98). It is a fold of `update` over the batches of the log,
 * in order, so that leader, follower, recovery and truncation come to the same state; but for what a snapshot leaves out: of the last five
 * batches it has one, as Kafka's.
 *
 * | the batch's epoch, to the producer's | sequence | outcome |
 * |---|---|---|
 * | producer not known | any | next |
 * | older | any | INVALID_PRODUCER_EPOCH |
 * | newer | 0 | next |
 * | newer | other | OUT_OF_ORDER_SEQUENCE_NUMBER |
 * | equal | exactly that of one of the last five batches | duplicate |
 * | equal | one beyond the last; 0 behind 2^31 − 1 | next |
 * | equal | other | OUT_OF_ORDER_SEQUENCE_NUMBER |
 */
export class ProducerState {
  /** In the order of their last append, so that the first is the one to forget. */
  private readonly producers = new Map<number, ProducerEntry>();
  /** The one that appended last: mostly it appends again, and is in its place already. */
  private newest: number | undefined;
  readonly transactions = new OpenTransactions();

  get size(): number {
    return this.producers.size;
  }

  get(producerId: number): ProducerEntry | undefined {
    return this.producers.get(producerId);
  }

  /** In the order of their last append. */
  all(): Iterable<ProducerEntry> {
    return this.producers.values();
  }

  /** Whether a leader may append the batch. */
  check(header: BatchHeader): SequenceCheck {
    if (header.producerId < 0) return NEXT;
    const entry = this.producers.get(header.producerId);
    if (entry === undefined || entry.epoch === NO_PRODUCER_EPOCH) return NEXT;
    if (header.producerEpoch < entry.epoch) {
      return {
        type: "rejected",
        error: "INVALID_PRODUCER_EPOCH",
        message: `producer ${header.producerId} has epoch ${entry.epoch}, not ${header.producerEpoch}`,
      };
    }
    return header.isControl ? NEXT : checkSequence(header, entry);
  }

  /** The batch is in the log. Returns the transaction that it ends. */
  update(header: BatchHeader): EndedTransaction | undefined {
    if (header.producerId < 0) return undefined;
    const { producerId, producerEpoch: epoch, marker } = header;
    const entry = this.producers.get(producerId);
    const earlier = entry !== undefined && entry.epoch === epoch ? entry.batches : [];
    const open = entry?.currentTxnFirstOffset ?? -1;
    const begins = header.isTransactional && !header.isControl && open < 0;
    if (this.newest !== producerId) this.producers.delete(producerId);
    this.newest = producerId;
    this.producers.set(producerId, {
      producerId,
      epoch,
      batches: withBatch(earlier, header),
      lastTimestampMs: header.maxTimestamp,
      coordinatorEpoch: marker?.coordinatorEpoch ?? entry?.coordinatorEpoch ?? -1,
      currentTxnFirstOffset: marker !== undefined ? -1 : begins ? header.baseOffset : open,
    });
    if (begins) this.transactions.begin(producerId, header.baseOffset);
    if (this.producers.size > PRODUCERS_MAX) this.forgetOldest();
    if (marker === undefined || open < 0) return undefined;
    this.transactions.end(producerId, header.endOffset - 1);
    return { producerId, firstOffset: open, lastOffset: header.endOffset - 1, isAborted: marker.isAbort };
  }

  /** As it was when `all` said `entries`; transactions that had ended by then are no matter any more. */
  restore(entries: readonly ProducerEntry[]): void {
    this.clear();
    for (const entry of entries) this.producers.set(entry.producerId, entry);
    const open = entries.filter(({ currentTxnFirstOffset }) => currentTxnFirstOffset >= 0).sort((a, b) => a.currentTxnFirstOffset - b.currentTxnFirstOffset);
    for (const { producerId, currentTxnFirstOffset } of open) this.transactions.begin(producerId, currentTxnFirstOffset);
  }

  /** Forgets those without an open transaction that have written nothing for so long. */
  expire(nowMs: number, expirationMs: number): void {
    for (const entry of this.producers.values()) if (isExpired(entry, nowMs, expirationMs)) this.forget(entry.producerId);
  }

  clear(): void {
    this.newest = undefined;
    this.producers.clear();
    this.transactions.clear();
  }

  private forgetOldest(): void {
    const [oldest] = this.producers.keys();
    if (oldest !== undefined) this.forget(oldest);
  }

  private forget(producerId: number): void {
    if (this.newest === producerId) this.newest = undefined;
    this.producers.delete(producerId);
  }
}

function checkSequence(header: BatchHeader, entry: ProducerEntry): SequenceCheck {
  const lastSequence = lastSequenceOfHeader(header);
  const isNewEpoch = header.producerEpoch > entry.epoch;
  const duplicate = isNewEpoch ? undefined : entry.batches.find((batch) => batch.baseSequence === header.baseSequence && batch.lastSequence === lastSequence);
  if (duplicate !== undefined) return { type: "duplicate", batch: duplicate };
  const last = isNewEpoch ? undefined : entry.batches.at(-1);
  // An epoch that has written only markers begins at 0, as a new one does.
  const expected = last === undefined ? 0 : incrementSequence(last.lastSequence, 1);
  if (header.baseSequence === expected) return NEXT;
  return {
    type: "rejected",
    error: "OUT_OF_ORDER_SEQUENCE_NUMBER",
    message: `producer ${header.producerId}, epoch ${header.producerEpoch}: sequence ${header.baseSequence} where ${expected} is next`,
  };
}

/** Markers move the epoch and carry no sequence. */
function withBatch(earlier: readonly ProducerBatch[], header: BatchHeader): readonly ProducerBatch[] {
  if (header.isControl) return earlier;
  const { baseSequence, baseOffset, endOffset, maxTimestamp } = header;
  const batch = { baseSequence, lastSequence: lastSequenceOfHeader(header), baseOffset, endOffset, maxTimestamp };
  return [...earlier.slice(1 - BATCHES_PER_PRODUCER), batch];
}

function isExpired({ lastTimestampMs, currentTxnFirstOffset }: ProducerEntry, nowMs: number, expirationMs: number): boolean {
  return currentTxnFirstOffset < 0 && nowMs - lastTimestampMs >= expirationMs;
}

export function toSnapshotEntry({ producerId, epoch, batches, lastTimestampMs, coordinatorEpoch, currentTxnFirstOffset }: ProducerEntry): SnapshotEntry {
  const last = batches.at(-1);
  return {
    producerId,
    epoch,
    lastSequence: last?.lastSequence ?? NO_SEQUENCE,
    lastOffset: last === undefined ? -1 : last.endOffset - 1,
    offsetDelta: last === undefined ? 0 : last.endOffset - 1 - last.baseOffset,
    timestampMs: lastTimestampMs,
    coordinatorEpoch,
    currentTxnFirstOffset,
  };
}

export function fromSnapshotEntry(entry: SnapshotEntry): ProducerEntry {
  const { producerId, epoch, lastSequence, lastOffset, offsetDelta, timestampMs, coordinatorEpoch, currentTxnFirstOffset } = entry;
  const batch: ProducerBatch = {
    // Before 0 comes 2^31 − 1.
    baseSequence: incrementSequence(lastSequence, 0x8000_0000 - offsetDelta),
    lastSequence,
    baseOffset: lastOffset - offsetDelta,
    endOffset: lastOffset + 1,
    maxTimestamp: timestampMs,
  };
  const batches = lastSequence >= 0 && lastOffset >= 0 ? [batch] : [];
  return { producerId, epoch, batches, lastTimestampMs: timestampMs, coordinatorEpoch, currentTxnFirstOffset };
}
