import { invariant, type Now } from "@samsa/stdx";
import type { Request } from "@samsa/world";
import type { FileGenerations } from "./file-generations.ts";
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import { TRUNCATION_MARKER } from "./log-file-names.ts";
import { Segment, segmentIndexOf } from "./segment.ts";
import type { BarrierEvents, WritePipeline } from "./write-pipeline.ts";

export interface SegmentListOptions {
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly pipeline: WritePipeline;
}

/** What a truncation did. */
export interface Cut {
  /** Where the log ends now: the base offset of the first batch dropped. */
  readonly endOffset: number;
  /** Whether a batch of an idempotent producer went. */
  readonly hadProducers: boolean;
}

/** Other files of a log that begins anew. */
export interface Leftovers {
  /** They speak of its records. */
  readonly stale: readonly string[];
  /** Segments that were on their way out with the files beside them. */
  readonly leaving: readonly Segment[];
  /** What was to take the place of segments, which may be gone already. */
  readonly replacing: readonly string[];
}

/** How far a log has come that begins anew. */
export interface RestartEvents {
  /** The next start will not believe what speaks of the dropped records. */
  readonly marked: () => void;
  /** It would find the log where it begins now. */
  readonly begun: (now: Now) => void;
}

/**
 * The segments of a log, oldest first, and what opening, closing and dropping them asks of their files.
 *
 * A truncation must be durable before anything is written behind it. Whoever dies in the middle leaves a marker, so that the next start
 * knows that it has to sync what it finds; without one it need not, and most of ten thousand logs have none. The marker itself needs no
 * sync: where the page cache is lost, what is read afterwards is what the disk has. Whatever else is told of the records that go is told when
 * it is there (`marked`), and not before:
 *
 * 1. the log is cut from 26 to 12, and the transaction index with it; 2. the process dies before the marker is there; 3. the next start begins at
 * the snapshot of 20, and aborted transactions between 12 and 20 are committed.
 */
export class SegmentList {
  private readonly options: SegmentListOptions;
  private segments: Segment[];

  constructor(options: SegmentListOptions) {
    this.options = options;
    this.segments = [new Segment(options.directory, 0)];
  }

  get all(): readonly Segment[] {
    return this.segments;
  }

  get first(): Segment {
    return this.segments[0] as Segment;
  }

  /** The one that is appended to. */
  get active(): Segment {
    return this.segments.at(-1) as Segment;
  }

  /** The segments that recovery found. */
  adopt(segments: Segment[]): void {
    this.segments = segments;
  }

  /** Closes the active segment: nothing is written to the next one before this one is synced. */
  roll(events: BarrierEvents): Segment {
    const full = this.active;
    this.options.pipeline.addBarrier(
      full,
      () => ({ type: "sync", path: full.path }),
      full.isEntryDurable ? { ...events, isClosing: true } : { isClosing: true },
    );
    if (!full.isEntryDurable) this.syncEntry(full, { ...events, isClosing: true });
    const next = new Segment(this.options.directory, full.endOffset);
    this.segments.push(next);
    return next;
  }

  /**
   * Drops the batch that holds `offset`, which is where batches are known one by one, and all behind it. `stale` are other files that speak
   * of what is dropped.
   */
  truncate(offset: number, stale: readonly string[], marked: () => void): Cut {
    const at = segmentIndexOf(this.segments, offset);
    const kept = this.segments[at] as Segment;
    const count = kept.index.indexOfOffset(offset);
    const dropped = this.segments.slice(at + 1);
    const hadProducers = dropped.some((segment) => hasProducers(segment, 0)) || hasProducers(kept, count);
    kept.index.truncate(count);
    this.segments.length = at + 1;
    const { endOffset, sizeInBytes } = kept;
    this.options.pipeline.truncate({ kept, size: sizeInBytes, endOffset, dropped: new Set(dropped) });
    kept.writtenBytes = Math.min(kept.writtenBytes, sizeInBytes);
    const mustCut = kept.emittedBytes > sizeInBytes && !this.options.pipeline.hasCutOf(kept);
    const isNeeded = mustCut || dropped.some(({ isOnDisk }) => isOnDisk) || stale.length > 0;
    // Else nothing of it was ever written, or an earlier truncation's marker stands before the cut.
    if (isNeeded) this.addMarker(marked);
    else marked();
    for (const path of stale) this.deleteFile(path);
    this.deleteSegments(dropped);
    if (mustCut) this.cutFile(kept, sizeInBytes);
    if (kept.builder.position > sizeInBytes) this.cutIndex(kept);
    if (isNeeded) this.deleteFile(this.markerPath);
    return { endOffset, hadProducers };
  }

  /** Takes the `count` oldest segments out of the list. */
  takeFirst(count: number): readonly Segment[] {
    invariant(count < this.segments.length, "a log keeps a segment", { directory: this.options.directory, count, segments: this.segments.length });
    return this.segments.splice(0, count);
  }

  /** One takes the place of several neighbours, which hold the same offsets. */
  replace(old: readonly Segment[], segment: Segment): void {
    const at = this.segments.indexOf(old[0] as Segment);
    const isWhole = at >= 0 && old.every((each, number) => this.segments[at + number] === each);
    invariant(isWhole && segment.baseOffset === old[0]?.baseOffset && segment.endOffset === old.at(-1)?.endOffset, "a log stays dense", {
      path: segment.path,
      endOffset: segment.endOffset,
    });
    this.segments.splice(at, old.length, segment);
  }

  /**
   * The segment's file is there, and survives a power cut: `done` is told. What was appended to it stands before this in the pipeline, and makes the file:
   *
   * 1. a follower far behind appends to segments 0, 100 and 200, and nothing of them is written yet; 2. the log begins at 100, and that file is asked for once
   * more, behind all this; 3. when the records of 100 and 200 are written the log begins at 200, and 100 goes; 4. its file would be made again, empty, and the
   * next start would find a log with a hole.
   */
  secure(segment: Segment, done: (now: Now) => void): void {
    if (!segment.isOnDisk && segment.sizeInBytes === 0) this.createFile(segment);
    this.syncEntry(segment, { done });
  }

  /** Drops every segment; the log begins anew at `offset`. */
  restart(offset: number, { stale, leaving, replacing }: Leftovers, events: RestartEvents): void {
    const { directory, pipeline } = this.options;
    const dropped = [...leaving, ...this.segments];
    const segment = new Segment(directory, offset);
    this.segments = [segment];
    pipeline.truncate({ kept: undefined, size: 0, endOffset: offset, dropped: new Set(dropped) });
    this.addMarker(events.marked);
    const besideLeaving = leaving.flatMap((one) => [one.pathOf("snapshot"), one.pathOf("txnindex")]);
    for (const path of [...stale, ...besideLeaving]) this.deleteFile(path);
    this.deleteSegments(dropped);
    // As long as it is there a start that finds segments missing has theirs.
    for (const path of replacing) this.deleteFile(path);
    // The name of the first file is what tells the next start where the log begins.
    this.createFile(segment);
    this.syncEntry(segment, { done: events.begun });
    this.deleteFile(this.markerPath);
  }

  private createFile(segment: Segment): void {
    this.options.pipeline.addBarrier(segment, () => {
      segment.isOnDisk = true;
      return { type: "append", path: segment.path, position: 0, buffers: [] };
    });
  }

  private get markerPath(): string {
    return `${this.options.directory}/${TRUNCATION_MARKER}`;
  }

  /** What is added behind it, up to the marker's deletion, is what the next start must not build on. */
  private addMarker(marked: () => void): void {
    const path = this.markerPath;
    this.options.pipeline.addBarrier(undefined, () => ({ type: "append", path, position: 0, buffers: [] }), { done: marked });
  }

  private syncEntry(segment: Segment | undefined, events: BarrierEvents = {}): void {
    const { directory, pipeline } = this.options;
    const done = (now: Now): void => {
      if (segment !== undefined) segment.isEntryDurable = true;
      events.done?.(now);
    };
    pipeline.addBarrier(segment, () => ({ type: "sync-directory", path: directory }), { ...events, done });
  }

  /** Newest first, each one durably: whenever the power goes, what is left is a log without holes. */
  private deleteSegments(segments: readonly Segment[]): void {
    for (const segment of segments.toReversed()) {
      if (segment.isOnDisk) {
        this.deleteFile(segment.path);
        this.syncEntry(undefined);
      }
      if (segment.onDisk !== undefined) for (const kind of ["index", "timeindex"] as const) this.deleteFile(segment.pathOf(kind));
    }
  }

  private deleteFile(path: string): void {
    const request = (): Request => {
      this.options.generations.next(path);
      return { type: "delete", path };
    };
    this.options.pipeline.addBarrier(undefined, request, { mayBeMissing: true });
  }

  /** Back to where the index files stood at the first batch that is known; what is still true of the rest is written again. */
  private cutIndex(segment: Segment): void {
    const { generations, pipeline } = this.options;
    const { offsetCount, timeCount } = segment.indexMark;
    const isLonger = segment.onDisk !== undefined;
    segment.rewindIndex();
    segment.indexed = { offset: offsetCount * OFFSET_ENTRY_BYTES, time: timeCount * TIME_ENTRY_BYTES };
    if (!isLonger) return;
    segment.onDisk = { ...segment.indexed };
    for (const [kind, length] of [
      ["index", segment.indexed.offset],
      ["timeindex", segment.indexed.time],
    ] as const) {
      const path = segment.pathOf(kind);
      pipeline.addBarrier(undefined, () => ({ type: "truncate", path, length, generation: generations.next(path) }), { mayBeMissing: true });
    }
  }

  /** Durable before anything is written behind it, or old records could come back between new ones. */
  private cutFile(segment: Segment, length: number): void {
    const { generations, pipeline } = this.options;
    const { path } = segment;
    const request = (): Request => {
      segment.emittedBytes = length;
      segment.syncAskedBytes = Math.min(segment.syncAskedBytes, length);
      return { type: "truncate", path, length, generation: generations.next(path) };
    };
    pipeline.addBarrier(segment, request, { cutsTo: length });
    pipeline.addBarrier(segment, () => ({ type: "sync", path }));
  }
}

/** What is not known batch by batch may hold any. */
function hasProducers({ index }: Segment, from: number): boolean {
  if (from === 0 && index.startPosition > 0) return true;
  for (let at = from; at < index.length; at++) if (index.producerIdAt(at) >= 0) return true;
  return false;
}
