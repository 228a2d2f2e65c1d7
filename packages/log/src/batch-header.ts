import {
  baseOffsetOf,
  baseSequenceOf,
  crcOf,
  incrementSequence,
  isControlBatch,
  isTransactionalBatch,
  lastOffsetDeltaOf,
  maxTimestampOf,
  NO_SEQUENCE,
  partitionLeaderEpochOf,
  producerEpochOf,
  producerIdOf,
  sizeInBytesOf,
} from "@samsa/protocol/records";
import { type EndMarker, endMarkerAt } from "./end-marker.ts";

/** What the log keeps of a batch's header. */
export interface BatchHeader {
  readonly baseOffset: number;
  /** After the last offset of the batch. */
  readonly endOffset: number;
  readonly sizeInBytes: number;
  readonly leaderEpoch: number;
  readonly maxTimestamp: number;
  /** −1 without an idempotent producer. */
  readonly producerId: number;
  readonly producerEpoch: number;
  /** −1 in control batches. */
  readonly baseSequence: number;
  readonly isControl: boolean;
  readonly isTransactional: boolean;
  /** Of a control batch that ends a transaction. */
  readonly marker: EndMarker | undefined;
  /** Of the content: everything but offset and leader epoch. */
  readonly crc: number;
}

/** The batch must be known to lie within the bytes. */
export function batchHeaderAt(bytes: Uint8Array, position: number): BatchHeader {
  const baseOffset = baseOffsetOf(bytes, position);
  const isControl = isControlBatch(bytes, position);
  return {
    baseOffset,
    endOffset: baseOffset + lastOffsetDeltaOf(bytes, position) + 1,
    sizeInBytes: sizeInBytesOf(bytes, position),
    leaderEpoch: partitionLeaderEpochOf(bytes, position),
    maxTimestamp: maxTimestampOf(bytes, position),
    producerId: producerIdOf(bytes, position),
    producerEpoch: producerEpochOf(bytes, position),
    baseSequence: baseSequenceOf(bytes, position),
    isControl,
    isTransactional: isTransactionalBatch(bytes, position),
    marker: isControl ? endMarkerAt(bytes, position) : undefined,
    crc: crcOf(bytes, position),
  };
}

/** Sequence of the batch's last record: the 31 bits begin again at 0. */
export function lastSequenceOfHeader({ baseSequence, baseOffset, endOffset }: BatchHeader): number {
  return baseSequence < 0 ? NO_SEQUENCE : incrementSequence(baseSequence, endOffset - baseOffset - 1);
}

/** Where a log stands: what the next batch must continue. */
export interface LogEnd {
  readonly endOffset: number;
  /** Of the last record; −1 for none. */
  readonly leaderEpoch: number;
}

/**
 * Why a batch can't stand behind `end`; undefined if it can. Offset and leader epoch lie outside of the CRC, so that a
 * sound CRC proves neither.
 */
export function whyNotNext(header: BatchHeader, end: LogEnd): string | undefined {
  if (header.baseOffset !== end.endOffset) return `batch at offset ${header.baseOffset} where the log ends at ${end.endOffset}`;
  if (header.endOffset <= header.baseOffset || !Number.isSafeInteger(header.endOffset)) return `batch from ${header.baseOffset} ends at ${header.endOffset}`;
  if (header.leaderEpoch < 0) return `batch at offset ${header.baseOffset} without a leader epoch`;
  if (header.leaderEpoch < end.leaderEpoch) return `leader epoch ${header.leaderEpoch} at offset ${header.baseOffset} behind epoch ${end.leaderEpoch}`;
  return undefined;
}
