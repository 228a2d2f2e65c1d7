import { invariant, offset, type Offset } from "@samsa/stdx";
import type { Part } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { LogRead } from "./log-results.ts";
import { type Segment, segmentIndexOf } from "./segment.ts";
import type { TailCache } from "./tail-cache.ts";
import { joinViews } from "./views.ts";

/** What a read looks at. */
export interface LogContent {
  readonly segments: readonly Segment[];
  readonly cache: TailCache;
  readonly generations: FileGenerations;
}

export interface ReadRange {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly maxBytes: number;
}

/** Batches `[from, to)` of a segment. */
interface Run {
  readonly segment: Segment;
  readonly from: number;
  readonly to: number;
}

/** Whole batches from the one that holds `startOffset`, all below `endOffset`: from memory near the end, else as slices. */
export function readLog(content: LogContent, range: ReadRange): LogRead {
  const { segments } = content;
  const parts: Part[] = [];
  let sizeInBytes = 0;
  let endOffset: number = range.startOffset;
  for (let at = segmentIndexOf(segments, range.startOffset); at < segments.length; at++) {
    const segment = segments[at] as Segment;
    const run = nextRun(
      segment,
      { ...range, startOffset: offset(Math.max(range.startOffset, segment.baseOffset)), maxBytes: range.maxBytes - sizeInBytes },
      sizeInBytes === 0,
    );
    if (run.to <= run.from) break;
    addParts(content, run, parts);
    sizeInBytes += segment.index.positionAt(run.to) - segment.index.positionAt(run.from);
    endOffset = segment.index.baseOffsetAt(run.to);
    if (run.to < segment.index.length) break;
  }
  return { parts, sizeInBytes, endOffset: offset(endOffset) };
}

/** One batch may be larger than `maxBytes` if it is the first of the read, or a consumer would never get past it. */
function nextRun(segment: Segment, range: ReadRange, isFirst: boolean): Run {
  const { index } = segment;
  const from = index.indexOfOffset(range.startOffset);
  if (from === index.length) return { segment, from, to: from };
  const fitting = index.countWithin(index.positionAt(from) + Math.max(0, range.maxBytes));
  const allowed = isFirst ? Math.max(from + 1, fitting) : fitting;
  return { segment, from, to: Math.min(allowed, index.indexOfOffset(range.endOffset)) };
}

function addParts({ cache, generations }: LogContent, { segment, from, to }: Run, parts: Part[]): void {
  const { index } = segment;
  const cacheStart = cache.startOffset;
  const inFile = cacheStart === undefined ? to : Math.min(to, Math.max(from, index.indexOfOffset(cacheStart)));
  if (inFile > from) {
    const position = index.positionAt(from);
    const end = index.positionAt(inFile);
    invariant(end <= segment.writtenBytes, "what is not in memory is in the file", { path: segment.path, end, written: segment.writtenBytes });
    parts.push({ path: segment.path, position, length: end - position, generation: generations.of(segment.path) });
  }
  for (let at = inFile; at < to; at++) {
    const bytes = cache.find(index.baseOffsetAt(at));
    invariant(bytes !== undefined, "the cache has every batch behind its first", { path: segment.path, baseOffset: index.baseOffsetAt(at) });
    const last = parts.at(-1);
    const joined = last instanceof Uint8Array ? joinViews(last, bytes) : undefined;
    if (joined === undefined) parts.push(bytes);
    else parts[parts.length - 1] = joined;
  }
}

/** Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`. */
export function* headersIn(segments: readonly Segment[], startOffset: number, endOffset: number): Generator<BatchHeader> {
  for (let number = segmentIndexOf(segments, startOffset); number < segments.length; number++) {
    const { index } = segments[number] as Segment;
    for (let at = index.indexOfOffset(Math.max(startOffset, index.baseOffsetAt(0))); at < index.length; at++) {
      if (index.baseOffsetAt(at) >= endOffset) return;
      yield index.headerAt(at);
    }
  }
}

/** A batch that may hold the first record with some timestamp. */
export interface Candidate {
  /** The bytes of the batch, or their place. */
  readonly part: Part;
  readonly endOffset: number;
  readonly maxTimestamp: number;
  readonly leaderEpoch: number;
}

export interface CandidateQuery {
  readonly fromOffset: number;
  readonly endOffset: number;
  readonly timestampMs: number;
}

/** The first batch at or after `fromOffset` that begins below `endOffset` and states a timestamp as late as the one asked for. */
export function findCandidate(content: LogContent, { fromOffset, endOffset, timestampMs }: CandidateQuery): Candidate | undefined {
  const { segments } = content;
  for (let number = segmentIndexOf(segments, fromOffset); number < segments.length; number++) {
    const segment = segments[number] as Segment;
    const { index } = segment;
    for (let at = index.indexOfOffset(Math.max(fromOffset, segment.baseOffset)); at < index.length; at++) {
      if (index.baseOffsetAt(at) >= endOffset) return undefined;
      if (index.maxTimestampAt(at) < timestampMs) continue;
      const { leaderEpoch, maxTimestamp } = index.headerAt(at);
      return { part: partOfBatch(content, segment, at), endOffset: index.baseOffsetAt(at + 1), maxTimestamp, leaderEpoch };
    }
  }
  return undefined;
}

function partOfBatch(content: LogContent, segment: Segment, at: number): Part {
  const parts: Part[] = [];
  addParts(content, { segment, from: at, to: at + 1 }, parts);
  const [part] = parts;
  invariant(part !== undefined, "a batch is somewhere", { path: segment.path, at });
  return part;
}
