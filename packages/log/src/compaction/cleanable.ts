import type { Now } from "@samsa/stdx";
import { type LogConfig, MIN_CLEANABLE_DIRTY_RATIO } from "../log-config.ts";
import { type Segment, segmentIndexOf } from "../segment.ts";

/** What of a log decides what of it may be compacted, and whether it should. */
export interface CompactedLog {
  /** Oldest first; the last is the active one. */
  readonly segments: readonly Segment[];
  /** Up to where it is compacted; undefined: nobody knows. */
  readonly cleanedEnd: number | undefined;
  /** What stands there or behind is not committed, or of a transaction. */
  readonly stableEnd: number;
  readonly config: LogConfig;
  /** Largest timestamp of a segment's records; undefined: it must be read first, and will be. */
  readonly timestampOf: (segment: Segment) => number | undefined;
  /** That of its first batch that ends behind the offset; undefined: it must be read first. */
  readonly firstTimestampOf: (segment: Segment, fromOffset: number) => number | undefined;
}

/** Segments whose times are read at one look: where none is known, after a start, each would cost a look. */
const TIMES_AT_A_TIME = 32;

/** Whole segments, of which some may be compacted in part. */
export interface Cleanable {
  /** Before it the log is compacted. */
  readonly startOffset: number;
  /** After the last record that may be compacted. */
  readonly endOffset: number;
  /** Of what may be compacted and what is, the share that is not. */
  readonly dirtyRatio: number;
  /** By its ratio, or because a record has waited for `max.compaction.lag.ms`. */
  readonly isDue: boolean;
}

/**
 * Kafka's `LogCleanerManager`: what is older than the active segment, is committed, and has waited for `min.compaction.lag.ms`; but whole segments only. Undefined
 * where there is nothing. What it must read first it leaves out: the next look finds it read.
 */
export function cleanableOf(log: CompactedLog, now: Now): Cleanable | undefined {
  const { segments, config } = log;
  const startOffset = startOf(log);
  const from = segmentIndexOf(segments, startOffset);
  let to = from;
  while (to < segments.length - 1 && isCleanable(segments[to] as Segment, log, now)) to++;
  // Asking is what has them read.
  if ((config.minCompactionLagMs ?? 0) > 0) for (const segment of segments.slice(to, -1).slice(0, TIMES_AT_A_TIME)) log.timestampOf(segment);
  const endOffset = to === from ? startOffset : (segments[to - 1] as Segment).endOffset;
  if (endOffset <= startOffset) return undefined;
  const dirty = segments.slice(from, to);
  const dirtyBytes = bytesOf(dirty);
  const dirtyRatio = dirtyBytes / Math.max(1, bytesOf(segments.slice(0, from)) + dirtyBytes);
  const isDue = dirtyRatio > (config.minCleanableDirtyRatio ?? MIN_CLEANABLE_DIRTY_RATIO) || isOverdue({ dirty, startOffset }, log, now);
  return { startOffset, endOffset, dirtyRatio, isDue };
}

/** A checkpoint may be of before a deletion or a truncation. */
function startOf({ segments, cleanedEnd }: CompactedLog): number {
  const first = (segments[0] as Segment).baseOffset;
  const end = (segments.at(-1) as Segment).endOffset;
  return cleanedEnd === undefined || cleanedEnd < first || cleanedEnd > end ? first : cleanedEnd;
}

function isCleanable(segment: Segment, { stableEnd, config, timestampOf }: CompactedLog, now: Now): boolean {
  if (!segment.isClosed || segment.endOffset > stableEnd || segment.aborts !== undefined) return false;
  const { minCompactionLagMs = 0 } = config;
  if (minCompactionLagMs <= 0) return true;
  const timestampMs = timestampOf(segment);
  return timestampMs !== undefined && timestampMs <= now.wallMs - minCompactionLagMs;
}

function isOverdue(
  { dirty, startOffset }: { readonly dirty: readonly Segment[]; readonly startOffset: number },
  { config, firstTimestampOf }: CompactedLog,
  now: Now,
): boolean {
  const { maxCompactionLagMs } = config;
  if (maxCompactionLagMs === undefined) return false;
  return dirty.some((segment) => {
    const timestampMs = firstTimestampOf(segment, startOffset);
    return timestampMs !== undefined && timestampMs > 0 && timestampMs < now.wallMs - maxCompactionLagMs;
  });
}

const bytesOf = (segments: readonly Segment[]): number => segments.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
