import { incrementSequence, NO_PRODUCER_EPOCH } from "@samsa/protocol/records";
import { type BatchHeader, lastSequenceOfHeader } from "./batch-header.ts";
import { BATCHES_PER_PRODUCER, PRODUCERS_MAX } from "./log-config.ts";

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
}

export type SequenceCheck =
  | { readonly type: "next" }
  /** In the log already, there. */
  | { readonly type: "duplicate"; readonly batch: ProducerBatch }
  | { readonly type: "rejected"; readonly error: "OUT_OF_ORDER_SEQUENCE_NUMBER" | "INVALID_PRODUCER_EPOCH"; readonly message: string };

const NEXT: SequenceCheck = { type: "next" };

/**
 * What a partition remembers of its idempotent producers (KIP-98). It is a fold of `update` over the batches of the log,
 * in order, so that leader, follower, recovery and truncation come to the same state.
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

  /** The batch is in the log. */
  update(header: BatchHeader): void {
    if (header.producerId < 0) return;
    const entry = this.producers.get(header.producerId);
    const earlier = entry !== undefined && entry.epoch === header.producerEpoch ? entry.batches : [];
    if (this.newest !== header.producerId) this.producers.delete(header.producerId);
    this.newest = header.producerId;
    this.producers.set(header.producerId, { producerId: header.producerId, epoch: header.producerEpoch, batches: withBatch(earlier, header) });
    if (this.producers.size > PRODUCERS_MAX) this.forgetOldest();
  }

  /** From the batches of a log alone. */
  rebuild(headers: Iterable<BatchHeader>): void {
    this.clear();
    for (const header of headers) this.update(header);
  }

  clear(): void {
    this.newest = undefined;
    this.producers.clear();
  }

  private forgetOldest(): void {
    for (const producerId of this.producers.keys()) {
      this.producers.delete(producerId);
      return;
    }
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
