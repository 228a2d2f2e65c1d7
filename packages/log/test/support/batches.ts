import {
  baseOffsetOf,
  batches,
  encodeBatch,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerIdOf,
  setBaseOffset,
  setPartitionLeaderEpoch,
  sizeInBytesOf,
} from "@samsa/protocol/records";
import { toHex } from "@samsa/stdx";

export interface BatchShape {
  readonly count?: number;
  readonly value?: string;
  readonly valueBytes?: number;
  readonly timestamp?: number;
  readonly producerId?: number;
  readonly producerEpoch?: number;
  readonly baseSequence?: number;
}

const encoder = new TextEncoder();

/** As a producer sends it. */
export function produced(shape: BatchShape = {}): Uint8Array {
  const value = shape.valueBytes === undefined ? encoder.encode(shape.value ?? "v") : new Uint8Array(shape.valueBytes).fill(7);
  const records = Array.from({ length: shape.count ?? 1 }, (_, index) => ({ key: null, value, timestamp: (shape.timestamp ?? 1_000) + index }));
  const { producerId = -1, producerEpoch = producerId < 0 ? -1 : 0, baseSequence = producerId < 0 ? -1 : 0 } = shape;
  return encodeBatch({ records, producerId, producerEpoch, baseSequence });
}

/** As a leader sends it. */
export function stored(shape: BatchShape & { readonly baseOffset: number; readonly epoch?: number }): Uint8Array {
  const batch = produced(shape);
  setBaseOffset(batch, 0, shape.baseOffset);
  setPartitionLeaderEpoch(batch, 0, shape.epoch ?? 0);
  return batch;
}

/** What tells two batches apart, to compare logs by. */
export function batchIds(bytes: Uint8Array): string[] {
  const ids: string[] = [];
  for (const position of batches(bytes)) {
    const end = position + sizeInBytesOf(bytes, position);
    ids.push(
      `${baseOffsetOf(bytes, position)}-${nextOffsetOf(bytes, position)} e${partitionLeaderEpochOf(bytes, position)} p${producerIdOf(bytes, position)} ${toHex(bytes.subarray(position + 17, end))}`,
    );
  }
  return ids;
}
