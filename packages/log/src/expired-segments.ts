import type { Now } from "@samsa/stdx";
import type { LogConfig } from "./log-config.ts";
import type { Segment } from "./segment.ts";

/** What of a log decides which of its segments are past retention. */
export interface RetainedLog {
  /** Oldest first. */
  readonly segments: readonly Segment[];
  readonly startOffset: number;
  readonly highWatermark: number;
  readonly config: LogConfig;
  /** Largest timestamp of a segment's records; undefined: it must be read first. */
  readonly timestampOf: (segment: Segment) => number | undefined;
}

export interface Expired {
  /** Of the oldest segments; all of them: the active one is to be closed first. */
  readonly count: number;
  /** Whether the next one is past retention must be read first. */
  readonly isPending: boolean;
}

/**
 * The oldest segments that may go: whole ones that are committed, and lie before the log's start, or beyond `retention.bytes`, or are older than
 * `retention.ms`. One that has to stay keeps all behind it.
 */
export function expiredSegments(log: RetainedLog, now: Now): Expired {
  const { segments, startOffset, highWatermark, config } = log;
  const committed = segments.findIndex(({ endOffset, isEmpty }) => endOffset > highWatermark || isEmpty);
  const countMax = committed < 0 ? segments.length : committed;
  let count = 0;
  while (count < countMax && count < segments.length - 1 && endOf(segments, count) <= startOffset) count++;
  if (config.isDeletingOldSegments !== true) return { count, isPending: false };
  count = beyondSize(segments, { from: count, to: countMax }, config.retentionBytes);
  return olderThan(log, { from: count, to: countMax }, now);
}

interface Range {
  readonly from: number;
  readonly to: number;
}

/** What is left is never smaller than what is to be kept. */
function beyondSize(segments: readonly Segment[], { from, to }: Range, retentionBytes: number | undefined): number {
  if (retentionBytes === undefined || retentionBytes < 0) return from;
  let excess = -retentionBytes;
  for (const { sizeInBytes } of segments.slice(from)) excess += sizeInBytes;
  let count = from;
  for (; count < to; count++) {
    excess -= (segments[count] as Segment).sizeInBytes;
    if (excess < 0) break;
  }
  return count;
}

function olderThan({ segments, config, timestampOf }: RetainedLog, { from, to }: Range, now: Now): Expired {
  const { retentionMs } = config;
  if (retentionMs === undefined || retentionMs < 0) return { count: from, isPending: false };
  for (let count = from; count < to; count++) {
    const timestampMs = timestampOf(segments[count] as Segment);
    if (timestampMs === undefined) return { count, isPending: true };
    if (now.wallMs - timestampMs <= retentionMs) return { count, isPending: false };
  }
  return { count: to, isPending: false };
}

const endOf = (segments: readonly Segment[], at: number): number => (segments[at] as Segment).endOffset;
