/** Who wrote a batch, for the broker's de-duplication. */
export interface ProducerIdAndEpoch {
  readonly producerId: number;
  readonly producerEpoch: number;
}

export interface BatchSequence extends ProducerIdAndEpoch {
  readonly baseSequence: number;
}

/** Sequence numbers are int32 and wrap to 0 behind 2^31 − 1 (KAFKA-7692). */
const SEQUENCES = 0x8000_0000;
/** Largest producer epoch; behind it a producer needs a new id. */
export const MAX_PRODUCER_EPOCH = 0x7fff;

export const sequenceAfter = (sequence: number, records: number): number => (sequence + records) % SEQUENCES;
