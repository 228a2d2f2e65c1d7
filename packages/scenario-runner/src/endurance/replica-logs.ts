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
  while (position + HEADER_BYTES <= log.length) {
    const size = log.readInt32BE(position + SIZE_AT) + OVERHEAD_BYTES;
    const nextOffset = Number(log.readBigInt64BE(position)) + log.readInt32BE(position + LAST_OFFSET_DELTA_AT) + 1;
    if (size < HEADER_BYTES || position + size > log.length || nextOffset > highWatermark) break;
    endOffset = nextOffset;
    position += size;
    batches++;
  }
  return { bytes: log.subarray(0, position), batches, endOffset };
}

/** What differs between the replicas of one partition; undefined if nothing does. */
export function compareReplicas(name: string, replicas: ReadonlyMap<number, CommittedBytes>, highWatermark: number): string | undefined {
  const [first, ...others] = [...replicas];
  if (first === undefined) return `${name} has no replicas`;
  for (const [broker, { endOffset }] of replicas)
    if (endOffset !== highWatermark) return `${name} on broker ${broker} ends at ${endOffset}, below the high watermark ${highWatermark}`;
  for (const [broker, { bytes }] of others) {
    if (bytes.equals(first[1].bytes)) continue;
    const at = bytes.findIndex((byte, index) => byte !== first[1].bytes[index]);
    return `${name} on brokers ${first[0]} and ${broker} differ from byte ${at < 0 ? bytes.length : at} of ${first[1].bytes.length} on`;
  }
  return undefined;
}
