import { BATCH_OVERHEAD } from "@samsa/protocol/records";
import { invariant, offset, type Offset } from "@samsa/stdx";
import { isSlice, type Part, type Slice } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import type { BatchIndex } from "./batch-index.ts";
import type { ColdReader } from "./cold-reader.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { LogRead } from "./log-results.ts";
import { type Segment, segmentIndexOf } from "./segment.ts";
import type { TailCache } from "./tail-cache.ts";
import { joinViews } from "./views.ts";

/** What a read looks at. */
export interface LogContent {
  readonly segments: readonly Segment[];
  readonly cold: ColdReader;
  readonly cache: TailCache;
  readonly generations: FileGenerations;
}

export interface ReadRange {
  readonly startOffset: Offset;
  readonly endOffset: Offset;
  readonly maxBytes: number;
}

/** Batches `[from, to)` of what is known of a segment. */
interface Run {
  readonly segment: Segment;
  readonly index: BatchIndex;
  readonly from: number;
  readonly to: number;
}

/**
 * Whole batches from the one that holds `startOffset`, all below `endOffset`: from memory near the end, else as slices. Ends early, and says so,
 * where positions must be read first. Gives no batches without records alone where the place of others is known: kafkajs asks again for what it was given no
 * record of.
 */
export function readLog(content: LogContent, range: ReadRange): LogRead {
  const { segments } = content;
  const parts: Part[] = [];
  let sizeInBytes = 0;
  let endOffset: number = range.startOffset;
  let isPending = false;
  let hasRecords = false;
  for (let at = segmentIndexOf(segments, range.startOffset); at < segments.length;) {
    const segment = segments[at] as Segment;
    const startOffset = Math.max(endOffset, segment.baseOffset);
    const index = indexAt(content, segment, startOffset);
    isPending = index === undefined;
    if (index === undefined) break;
    const run = nextRun({ segment, index }, { ...range, startOffset: offset(startOffset), maxBytes: range.maxBytes - sizeInBytes }, !hasRecords);
    // What compaction has emptied may fill a whole segment.
    if (run.to <= run.from) {
      if (hasRecords || startOffset < segment.endOffset || at === segments.length - 1) break;
      at++;
      continue;
    }
    hasRecords ||= firstWithRecords(index, run.from) < run.to;
    addParts(content, run, parts);
    sizeInBytes += index.positionAt(run.to) - index.positionAt(run.from);
    endOffset = index.baseOffsetAt(run.to);
    if (run.to < index.length) break;
    if (index === segment.index) at++;
    else if (endOffset >= range.endOffset || (hasRecords && sizeInBytes >= range.maxBytes)) break;
  }
  return { parts, sizeInBytes, endOffset: offset(endOffset), isPending };
}

/** Where the batch is known that holds `startOffset`; undefined if that must be read first, or will be in another file. */
function indexAt({ cold }: LogContent, segment: Segment, startOffset: number): BatchIndex | undefined {
  if (segment.isBeingReplaced) return undefined;
  if (startOffset >= segment.index.startOffset) return segment.index;
  const window = cold.windowAt(segment, startOffset);
  if (window !== undefined) cold.readAhead(segment, window);
  return window;
}

/** One batch may be larger than `maxBytes` if it is the first of the read that has records, or a consumer would never get past it. */
function nextRun({ segment, index }: Pick<Run, "segment" | "index">, range: ReadRange, isFirst: boolean): Run {
  const from = index.indexOfOffset(range.startOffset);
  if (from === index.length) return { segment, index, from, to: from };
  const fitting = index.countWithin(index.positionAt(from) + Math.max(0, range.maxBytes));
  const allowed = isFirst ? Math.max(firstWithRecords(index, from) + 1, fitting) : fitting;
  return { segment, index, from, to: Math.min(allowed, index.indexOfOffset(range.endOffset)) };
}

/** The first batch at or behind `from` that is more than a header; `length` without any. */
function firstWithRecords(index: BatchIndex, from: number): number {
  let at = from;
  while (at < index.length && index.positionAt(at + 1) - index.positionAt(at) <= BATCH_OVERHEAD) at++;
  return at;
}

function addParts({ cache, generations }: LogContent, { segment, index, from, to }: Run, parts: Part[]): void {
  const cacheStart = cache.startOffset;
  const inFile = cacheStart === undefined || index !== segment.index ? to : Math.min(to, Math.max(from, index.indexOfOffset(cacheStart)));
  if (inFile > from) {
    const position = index.positionAt(from);
    const end = index.positionAt(inFile);
    invariant(end <= segment.writtenBytes, "what is not in memory is in the file", { path: segment.path, end, written: segment.writtenBytes });
    pushSlice(parts, { path: segment.path, position, length: end - position, generation: generations.of(segment.path) });
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

/** As part of the last slice where the two touch. */
function pushSlice(parts: Part[], slice: Slice): void {
  const last = parts.at(-1);
  if (last === undefined || !isSlice(last) || last.path !== slice.path || last.position + last.length !== slice.position) parts.push(slice);
  else parts[parts.length - 1] = { ...last, length: last.length + slice.length };
}

/** Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`, as far as they are known one by one. */
export function headersIn(segments: readonly Segment[], startOffset: number, endOffset: number): readonly BatchHeader[] {
  const headers: BatchHeader[] = [];
  for (let number = segmentIndexOf(segments, startOffset); number < segments.length; number++) {
    const { index } = segments[number] as Segment;
    for (let at = index.indexOfOffset(Math.max(startOffset, index.startOffset)); at < index.length; at++) {
      if (index.baseOffsetAt(at) >= endOffset) return headers;
      headers.push(index.headerAt(at));
    }
  }
  return headers;
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

/** Where to look on. */
type Step = { readonly candidate: Candidate } | { readonly nextOffset: number } | "pending";

/**
 * The first batch at or after `fromOffset` that begins below `endOffset` and states a timestamp as late as the one asked for; "pending" where
 * something must be read first.
 */
export function findCandidate(content: LogContent, query: CandidateQuery): Candidate | "pending" | undefined {
  const { segments } = content;
  let fromOffset = query.fromOffset;
  for (let number = segmentIndexOf(segments, fromOffset); number < segments.length;) {
    const segment = segments[number] as Segment;
    const at = Math.max(fromOffset, segment.baseOffset);
    if (at >= query.endOffset) return undefined;
    if (segment.isBeingReplaced) return "pending";
    const isCold = at < segment.index.startOffset;
    const step = isCold
      ? inWindow(content, segment, { ...query, fromOffset: at })
      : inIndex(content, { segment, index: segment.index }, { ...query, fromOffset: at });
    if (step === "pending") return step;
    if ("candidate" in step) return step.candidate;
    fromOffset = step.nextOffset;
    if (!isCold) number++;
    else if (segment.index.length === 0 && fromOffset >= segment.endOffset) number++;
  }
  return undefined;
}

/** The time index says behind which offset whatever is as late stands, or that nothing is. */
function inWindow(content: LogContent, segment: Segment, query: CandidateQuery): Step {
  const times = content.cold.timesOf(segment);
  if (times === undefined) return "pending";
  const count = times.countBefore(query.timestampMs);
  if (count === times.count) return { nextOffset: segment.index.startOffset };
  const fromOffset = count === 0 ? query.fromOffset : Math.max(query.fromOffset, times.at(count - 1).lastOffset + 1);
  if (fromOffset >= segment.index.startOffset) return { nextOffset: fromOffset };
  const window = content.cold.windowAt(segment, fromOffset);
  return window === undefined ? "pending" : inIndex(content, { segment, index: window }, { ...query, fromOffset });
}

function inIndex(content: LogContent, { segment, index }: Pick<Run, "segment" | "index">, { fromOffset, endOffset, timestampMs }: CandidateQuery): Step {
  for (let at = index.indexOfOffset(Math.max(fromOffset, index.startOffset)); at < index.length; at++) {
    if (index.baseOffsetAt(at) >= endOffset) break;
    if (index.maxTimestampAt(at) < timestampMs) continue;
    const { leaderEpoch, maxTimestamp } = index.headerAt(at);
    return {
      candidate: { part: partOfBatch(content, { segment, index, from: at, to: at + 1 }), endOffset: index.baseOffsetAt(at + 1), maxTimestamp, leaderEpoch },
    };
  }
  return { nextOffset: index.endOffset };
}

function partOfBatch(content: LogContent, run: Run): Part {
  const parts: Part[] = [];
  addParts(content, run, parts);
  const [part] = parts;
  invariant(part !== undefined, "a batch is somewhere", { path: run.segment.path, at: run.from });
  return part;
}
