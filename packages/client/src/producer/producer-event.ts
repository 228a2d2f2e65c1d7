import type { BatchSequence } from "./sequence.ts";

/** Identifies a record of one producer, in the order of `send`. */
export type RecordId = number;

/** The outcome of one batch; every record that was taken by `send` is in exactly one event. */
export type ProducerEvent = DeliveredEvent | UndeliveredEvent;

export interface DeliveredEvent {
  readonly type: "delivered";
  readonly topic: string;
  readonly partition: number;
  readonly ids: readonly RecordId[];
  /** Of the first record, the others follow; undefined with acks=0, and where the broker only knows that it has the batch. */
  readonly baseOffset: number | undefined;
}

export interface UndeliveredEvent {
  readonly type: "undelivered";
  readonly topic: string;
  readonly partition: number;
  readonly ids: readonly RecordId[];
  /**
   * Kafka's name of the last error, or our own: `NOT_SENT` (no attempt was ever made), `DISCONNECTED`,
   * `MALFORMED_RESPONSE`, `DELIVERY_TIMEOUT` (given up while an attempt was on the way).
   */
  readonly error: string;
  /** The different errors of the attempts before the last: one that proves nothing makes the outcome unknown. */
  readonly earlierErrors: readonly string[];
  /** Under which the batch was sent last; undefined if it never was, or without idempotence. */
  readonly sequence: BatchSequence | undefined;
}
