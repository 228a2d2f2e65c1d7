import type { BatchHeader } from "./batch-header.ts";
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import { INDEX_INTERVAL_BYTES, type LogConfig } from "./log-config.ts";
import type { Segment } from "./segment.ts";

/** Offsets of a segment's records relative to its base are 32 bits in Kafka's index files. */
const SEGMENT_OFFSETS_MAX = 0x7fff_ffff;
const FNV_OFFSET_BASIS = 0x811c_9dc5;
const FNV_PRIME = 0x0100_0193;

/** Whether the active segment is closed before the batch is appended: as Kafka's, by size, age of the first record, index and offsets. */
export function mustRoll(active: Segment, header: BatchHeader, config: LogConfig): boolean {
  if (active.isEmpty) return false;
  if (active.sizeInBytes + header.sizeInBytes > config.segmentBytes) return true;
  if (header.endOffset - active.baseOffset > SEGMENT_OFFSETS_MAX) return true;
  return isOld(active, header, config) || isIndexFull(active, config);
}

/** By the records' own time: a log that nobody writes to keeps its active segment. */
function isOld({ firstTimestampMs, path }: Segment, { maxTimestamp }: BatchHeader, { segmentMs, segmentJitterMs = 0 }: LogConfig): boolean {
  if (segmentMs === undefined || firstTimestampMs === undefined || firstTimestampMs < 0) return false;
  return maxTimestamp - firstTimestampMs > segmentMs - jitterOf(path, Math.min(segmentJitterMs, segmentMs));
}

/** The same for one segment at each look, and another for others: no random number is drawn for it. */
function jitterOf(path: string, limitMs: number): number {
  if (limitMs <= 0) return 0;
  let hash = FNV_OFFSET_BASIS;
  for (let at = 0; at < path.length; at++) hash = Math.imul(hash ^ path.charCodeAt(at), FNV_PRIME);
  return (hash >>> 0) % limitMs;
}

/** Entries are made when the files are written: those of the batches since are no more than their number, and no more than their bytes allow. */
function isIndexFull({ builder, index, sizeInBytes }: Segment, { indexBytesMax, indexIntervalBytes = INDEX_INTERVAL_BYTES }: LogConfig): boolean {
  if (indexBytesMax === undefined) return false;
  const roomFor = Math.floor(indexBytesMax / TIME_ENTRY_BYTES) - 1;
  if (sizeInBytes / (indexIntervalBytes + 1) < roomFor) return false;
  const batches = index.length - index.countWithin(builder.position);
  const coming = Math.min(batches, Math.floor((sizeInBytes - builder.position) / (indexIntervalBytes + 1)) + 1);
  const { offsetCount, timeCount } = builder.counts;
  return offsetCount + coming > Math.floor(indexBytesMax / OFFSET_ENTRY_BYTES) || timeCount + coming > roomFor;
}
