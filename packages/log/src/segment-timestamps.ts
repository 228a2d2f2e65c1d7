import type { ColdReader } from "./cold-reader.ts";
import type { Segment } from "./segment.ts";

/**
 * The largest timestamp of a segment's records; undefined: it must be read first, which is seen to, or another takes its place just now, and its files may be
 * gone. Without any the time of the last change counts, as the file's does in Kafka; of what an earlier process wrote, that of the start.
 */
export function largestTimestampOf(segment: Segment, cold: ColdReader): number | undefined {
  if (segment.isBeingReplaced) return undefined;
  const { index, builder, indexMark } = segment;
  let largest = builder.largestTimestampMs;
  for (let at = 0; at < index.length; at++) largest = Math.max(largest, index.maxTimestampAt(at));
  if (index.startPosition > 0 && indexMark.lastTime === undefined) {
    const times = cold.timesOf(segment);
    if (times === undefined) return undefined;
    if (times.count > 0) largest = Math.max(largest, times.at(times.count - 1).timestampMs);
  }
  return largest >= 0 ? largest : (segment.changedAtMs ?? Number.MAX_SAFE_INTEGER);
}

/**
 * The timestamp of a segment's first batch that ends behind `fromOffset` and has one, for batches that compaction has emptied have none; -1: no batch has that is
 * looked at. Undefined: as above.
 */
export function firstTimestampOf(segment: Segment, cold: ColdReader, fromOffset: number): number | undefined {
  if (segment.isBeingReplaced) return undefined;
  const { firstTimestampMs, baseOffset, index } = segment;
  if (firstTimestampMs !== undefined && fromOffset <= baseOffset) return firstTimestampMs;
  const at = Math.max(baseOffset, fromOffset);
  const known = index.startPosition === 0 || index.startOffset <= at ? index : cold.windowAt(segment, at);
  if (known === undefined || known.length === 0) return undefined;
  for (let batch = known.indexOfOffset(at); batch < known.length; batch++) if (known.maxTimestampAt(batch) >= 0) return known.maxTimestampAt(batch);
  return -1;
}
