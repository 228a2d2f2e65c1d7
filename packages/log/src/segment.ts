import { invariant } from "@samsa/stdx";
import { BatchIndex } from "./batch-index.ts";
import type { OffsetIndex, TimeIndex } from "./index-entries.ts";
import { offsetFileName, type OffsetFileKind, segmentFileName } from "./log-file-names.ts";
import type { Snapshot } from "./producer-snapshots.ts";
import type { ProducerEntry } from "./producer-state.ts";
import type { SegmentAborts } from "./segment-aborts.ts";
import { INDEX_START, type IndexMark, SparseIndexBuilder } from "./sparse-index-builder.ts";

/** A segment's offsets, and from where on, in it and in its file, its batches are known one by one. */
export interface SegmentSpan {
  readonly path: string;
  readonly baseOffset: number;
  readonly endOffset: number;
  readonly knownOffset: number;
  readonly knownPosition: number;
}

const spanOf = ({ path, baseOffset, endOffset, index }: Segment): SegmentSpan => {
  return { path, baseOffset, endOffset, knownOffset: index.startOffset, knownPosition: index.startPosition };
};

/** Of the segments that have offsets in the range. */
export function spansIn(segments: readonly Segment[], startOffset: number, endOffset: number): readonly SegmentSpan[] {
  const spans: SegmentSpan[] = [];
  for (let at = segmentIndexOf(segments, startOffset); at < segments.length; at++) {
    const segment = segments[at] as Segment;
    if (segment.baseOffset >= endOffset) break;
    if (segment.endOffset > startOffset) spans.push(spanOf(segment));
  }
  return spans;
}

/** Bytes of a segment's `.index` and `.timeindex`. */
export interface IndexBytes {
  offset: number;
  time: number;
}

/** What is in memory of a segment's files, for look-ups; all of it can be read again. */
export interface ColdParts {
  /** Batches of some stretches of the file, by offset; they do not overlap. */
  readonly windows: BatchIndex[];
  offsets: OffsetIndex | undefined;
  times: TimeIndex | undefined;
}

/**
 * One file of the log and what is known of it. Its end is known batch by batch, `index`; what comes before is looked up in the files
 * (`ColdReader`). emittedBytes, writtenBytes ≤ sizeInBytes, but for a truncation under way.
 */
export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly cold: ColdParts = { windows: [], offsets: undefined, times: undefined };
  /** Bytes whose append went to the outbox. */
  emittedBytes = 0;
  /** Bytes whose append returned: those may be read from the file. */
  writtenBytes = 0;
  /** Bytes for which a sync was asked. */
  syncAskedBytes = 0;
  /** Whether the file was created, or is about to be. */
  isOnDisk = false;
  /** Whether the file's entry in its directory would survive a power cut. */
  isEntryDurable = false;
  /** What its end was when it was closed last; undefined where it is open, or was opened again by a truncation. */
  closedWith: Snapshot | undefined;
  /** All of it is on the disk, what was cut of it is not, and nothing more is asked of its file. */
  isClosed = false;
  /** Of the first batch, by which the segment's age is told; undefined without any. */
  firstTimestampMs: number | undefined;
  /** By the wall clock, when it was appended to, or found by the start; undefined before. */
  changedAtMs: number | undefined;
  /** Of the index files: what has been given to them, and how long they are on the disk. Undefined: there is none. */
  indexed: IndexBytes = { offset: 0, time: 0 };
  onDisk: IndexBytes | undefined;
  /** Another file is about to take its place: nothing of it is given to readers any more, and nothing of that one is yet. */
  isBeingReplaced = false;
  /** Of the transaction index; undefined: there is none. */
  aborts: SegmentAborts | undefined;
  private batches: BatchIndex;
  private producers: readonly ProducerEntry[] | undefined;
  private startMark: IndexMark;
  private sparse: SparseIndexBuilder;
  private readonly directory: string;

  constructor(directory: string, baseOffset: number) {
    this.directory = directory;
    this.baseOffset = baseOffset;
    this.path = `${directory}/${segmentFileName(baseOffset)}`;
    this.batches = new BatchIndex({ offset: baseOffset, position: 0 });
    this.startMark = INDEX_START;
    this.sparse = new SparseIndexBuilder();
  }

  /** The batches at the segment's end that are known one by one. */
  get index(): BatchIndex {
    return this.batches;
  }

  /** What was known of producers before the first of them; undefined if that was let go. */
  get producersAtStart(): readonly ProducerEntry[] | undefined {
    return this.producers;
  }

  /** Where the index files stand at the first of them. */
  get indexMark(): IndexMark {
    return this.startMark;
  }

  /** Goes on behind what it was fed. */
  get builder(): SparseIndexBuilder {
    return this.sparse;
  }

  get endOffset(): number {
    return this.batches.endOffset;
  }

  get sizeInBytes(): number {
    return this.batches.endPosition;
  }

  get isEmpty(): boolean {
    return this.sizeInBytes === 0;
  }

  pathOf(kind: OffsetFileKind): string {
    return `${this.directory}/${offsetFileName(this.baseOffset, kind)}`;
  }

  /** The batches from `index`'s first on are those known one by one from here on; `builder` stands there. */
  know(index: BatchIndex, producers: readonly ProducerEntry[] | undefined, builder: SparseIndexBuilder): void {
    this.startMark = builder.mark();
    invariant(this.startMark.position === index.startPosition, "an index is gone on with where it ended", {
      path: this.path,
      at: this.startMark.position,
      from: index.startPosition,
    });
    this.batches = index;
    this.producers = producers;
    this.sparse = builder;
  }

  setProducersAtStart(producers: readonly ProducerEntry[]): void {
    this.producers = producers;
  }

  /** All of it, and its name, would survive a power cut. */
  markSynced(): void {
    this.syncAskedBytes = this.sizeInBytes;
    this.isEntryDurable = true;
  }

  /** Nothing of the segment is known batch by batch any more; its index files have been given all there is. */
  forget(): void {
    const { endOffset: offset, sizeInBytes: position } = this;
    this.know(new BatchIndex({ offset, position }), undefined, this.sparse);
  }

  /** Only the batches from the `count`th on are known one by one: those before it are in the index files. */
  forgetFirst(count: number, producers: readonly ProducerEntry[]): void {
    this.know(this.batches.from(count), producers, this.sparse);
  }

  /** The index files are gone on with from the mark. */
  rewindIndex(): void {
    this.sparse = new SparseIndexBuilder(this.startMark);
  }
}

/** The last segment that begins at or before `offset`; the first if none does. */
export function segmentIndexOf(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((segments[middle] as Segment).baseOffset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
