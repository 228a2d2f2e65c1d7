/** A batch as an idempotent producer numbered it. */
export interface NumberedBatch {
  readonly producerId: number;
  readonly producerEpoch: number;
  readonly baseSequence: number;
}

/** As many batches of a producer as a broker remembers (KIP-98). */
const BATCHES_REMEMBERED = 5;

const SEQUENCES = 0x8000_0000;

/** Of one producer in one epoch: `later` was numbered after `earlier`, less than half of all sequences ago. */
export function isBehind(earlier: NumberedBatch, later: NumberedBatch): boolean {
  if (earlier.producerId !== later.producerId || earlier.producerEpoch !== later.producerEpoch) return false;
  const distance = (later.baseSequence - earlier.baseSequence + SEQUENCES) % SEQUENCES;
  return distance > 0 && distance < SEQUENCES / 2;
}

const nameOf = ({ producerId, producerEpoch, baseSequence }: NumberedBatch): string => `${producerId}/${producerEpoch}/${baseSequence}`;

interface Found {
  readonly names: ReadonlySet<string>;
  /** Of each producer, where compaction may have taken those before it. */
  readonly lasts: readonly NumberedBatch[];
  hasLed: boolean;
}

/**
 * Batches that a process found in a log and that it need not remember: Kafka's snapshots keep one batch of each producer, so that of the last five
 * a start, or a truncation, may leave only the last. Sent again, such a batch is answered with OUT_OF_ORDER_SEQUENCE_NUMBER, as by Kafka:
 *
 * 1. A producer sends A and B to leader 1, which appends both and stops before they are committed; 2. leader 1 starts again, knows B by its
 * snapshot, and leads again; 3. the producer sends A once more, which is neither the last batch nor the one after it.
 *
 * Only who leads answers a producer: what a process need not remember counts once it has led. In a compacted log the batches before the last one may be gone.
 */
export class ForgottenBatches {
  /** By partition (`topic id:index`) and node. */
  private readonly found = new Map<string, Map<number, Found>>();

  /** `batches`: all that the log of the node's replica held, in order. */
  begin(replica: { readonly key: string; readonly node: number; readonly isCompacted?: boolean }, batches: Iterable<NumberedBatch>): void {
    const windows = new Map<number, NumberedBatch[]>();
    for (const batch of batches) {
      const window = windows.get(batch.producerId);
      if (window?.at(-1)?.producerEpoch !== batch.producerEpoch) windows.set(batch.producerId, [batch]);
      else if (window.push(batch) > BATCHES_REMEMBERED) window.shift();
    }
    const nodes = this.found.get(replica.key) ?? new Map<number, Found>();
    this.found.set(replica.key, nodes);
    const names = new Set([...windows.values()].flatMap((window) => window.slice(0, -1).map(nameOf)));
    const lasts = replica.isCompacted === true ? [...windows.values()].flatMap((window) => window.slice(-1)) : [];
    nodes.set(replica.node, { names, lasts, hasLed: false });
  }

  /** The replica leads with what was found. */
  led(replica: { readonly key: string; readonly node: number }): void {
    const found = this.found.get(replica.key)?.get(replica.node);
    if (found !== undefined) found.hasLed = true;
  }

  /** Some replica that has led since holds the batch, and need not know. */
  has(key: string, batch: NumberedBatch): boolean {
    const name = nameOf(batch);
    return [...(this.found.get(key)?.values() ?? [])].some(
      ({ names, lasts, hasLed }) => hasLed && (names.has(name) || lasts.some((last) => isBehind(batch, last))),
    );
  }
}
