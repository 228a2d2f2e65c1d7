import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const SIZE_AT = 8;
const OVERHEAD_BYTES = 12;
const LAST_OFFSET_DELTA_AT = 23;
const HEADER_BYTES = 61;

/** The batches of a partition's log that lie whole below an offset, with base offsets and leader epochs, as they are on disk. */
export interface CommittedBytes {
  readonly bytes: Buffer;
  readonly batches: number;
  /** One beyond the last record. */
  readonly endOffset: number;
  /** What the files hold behind them: batches that nobody committed, or what is no batch. */
  readonly bytesBehind: number;
}

/** Reads the segments of one replica in order. Reads the files by itself: it is a check of those who write them. */
export function readCommitted(directory: string, highWatermark: number): CommittedBytes {
  const segments = readdirSync(directory)
    .filter((name) => name.endsWith(".log"))
    .sort();
  const log = Buffer.concat(segments.map((name) => readFileSync(join(directory, name))));
  let position = 0;
  let batches = 0;
  let endOffset = 0;
  for (const batch of batchesOf(log)) {
    if (batch.endOffset > highWatermark) break;
    endOffset = batch.endOffset;
    position = batch.endPosition;
    batches++;
  }
  return { bytes: log.subarray(0, position), batches, endOffset, bytesBehind: log.length - position };
}

interface BatchPlace {
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly endPosition: number;
}

/** Whole ones, up to the first that is none. */
function* batchesOf(log: Buffer): Generator<BatchPlace> {
  let position = 0;
  while (position + HEADER_BYTES <= log.length) {
    const size = log.readInt32BE(position + SIZE_AT) + OVERHEAD_BYTES;
    if (size < HEADER_BYTES || position + size > log.length) return;
    const baseOffset = Number(log.readBigInt64BE(position));
    const endOffset = baseOffset + log.readInt32BE(position + LAST_OFFSET_DELTA_AT) + 1;
    position += size;
    yield { baseOffset, endOffset, endPosition: position };
  }
}

/**
 * What differs between the replicas of one partition; undefined if nothing does. They are compared when nobody writes any more and all of them are in
 * the ISR: whatever one of them has is committed then.
 */
export function compareReplicas(name: string, replicas: ReadonlyMap<number, CommittedBytes>, highWatermark: number): string | undefined {
  const [first, ...others] = [...replicas];
  if (first === undefined) return `${name} has no replicas`;
  for (const [broker, { endOffset }] of replicas)
    if (endOffset !== highWatermark) return `${name} on broker ${broker} ends at ${endOffset}, below the high watermark ${highWatermark}`;
  const [firstBroker, { bytes: expected }] = first;
  for (const [broker, { bytes }] of others) {
    if (bytes.equals(expected)) continue;
    const differing = bytes.findIndex((byte, index) => byte !== expected[index]);
    const at = differing < 0 ? Math.min(bytes.length, expected.length) : differing;
    return `${name} on brokers ${firstBroker} and ${broker} differ from offset ${offsetAt(expected, at) ?? highWatermark} on, byte ${at} of ${expected.length}`;
  }
  for (const [broker, { bytesBehind }] of replicas)
    if (bytesBehind > 0) return `${name} on broker ${broker} has ${bytesBehind} bytes behind offset ${highWatermark}, where the log ends`;
  return undefined;
}

/** The first offset of the batch that lies at a position. */
function offsetAt(log: Buffer, position: number): number | undefined {
  for (const { baseOffset, endPosition } of batchesOf(log)) if (position < endPosition) return baseOffset;
  return undefined;
}
