import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Request } from "@samsa/world";
import type { Requests } from "./patient-outbox.ts";
import type { FileGenerations } from "./file-generations.ts";
import { encodeOffsetEntries, encodeTimeEntries, OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import type { Segment } from "./segment.ts";
import type { SparseIndexBuilder } from "./sparse-index-builder.ts";

/** What two index files have, or get. */
export interface IndexContents {
  readonly offsetBytes: Uint8Array;
  readonly timeBytes: Uint8Array;
}

export interface IndexFilesOptions {
  readonly outbox: Requests;
  readonly generations: FileGenerations;
  readonly intervalBytes: () => number;
  readonly failed: (detail: string, now: Now) => void;
  /** All that was asked for is done. */
  readonly settled: (now: Now) => void;
}

/**
 * Writes `.index` and `.timeindex` of a log's segments, behind the appends: when a segment is closed, when the active one was synced in the background,
 * and when the log stops in order. They name only batches whose write has returned, so that a killed process leaves no entry of a batch that
 * is not there; they are never synced, for after a loss of the page cache they are built again.
 */
export class IndexFiles implements Completable {
  private readonly options: IndexFilesOptions;
  private readonly emptying = new Set<EffectId>();
  private underWay = 0;
  private isStopped = false;

  constructor(options: IndexFilesOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  stop(): void {
    this.isStopped = true;
  }

  /** Entries for what of the segment is written and has none. A log of a few batches gets no files by it. */
  flush(segment: Segment): void {
    this.feed(segment);
    this.write(segment, false);
  }

  /** As `flush`, and an entry for the largest timestamp; then both files are there. */
  close(segment: Segment): void {
    this.feed(segment);
    segment.builder.mark();
    this.write(segment, true);
  }

  /** The segment was gone through by `builder` up to where its batches are known one by one: its files get that instead of what they have. */
  rewrite(segment: Segment, builder: SparseIndexBuilder): IndexContents {
    builder.mark();
    segment.onDisk ??= { offset: 0, time: 0 };
    segment.indexed = { offset: 0, time: 0 };
    const contents = this.emit(segment, builder);
    segment.know(segment.index, segment.producersAtStart, builder);
    return contents;
  }

  complete(completion: Completion, now: Now): void {
    this.underWay--;
    const isEmptying = this.emptying.delete(completion.id);
    if (this.isStopped) return;
    if (completion.type === "failed" && !(isEmptying && completion.error.code === "ENOENT")) {
      this.isStopped = true;
      return this.options.failed(`writing an index: ${completion.error.code} ${completion.error.detail}`, now);
    }
    if (this.underWay === 0) this.options.settled(now);
  }

  private feed({ index, builder, writtenBytes }: Segment): void {
    const intervalBytes = this.options.intervalBytes();
    const end = index.countWithin(Math.min(writtenBytes, index.endPosition));
    for (let at = index.countWithin(builder.position); at < end; at++) {
      const sizeInBytes = index.positionAt(at + 1) - index.positionAt(at);
      builder.push({ endOffset: index.baseOffsetAt(at + 1), sizeInBytes, maxTimestamp: index.maxTimestampAt(at) }, intervalBytes);
    }
  }

  private write(segment: Segment, mustExist: boolean): void {
    const { builder, onDisk } = segment;
    if (!builder.hasEntries && (!mustExist || onDisk !== undefined)) return;
    this.emit(segment, builder);
  }

  private emit(segment: Segment, builder: SparseIndexBuilder): IndexContents {
    const { offsets, times } = builder.take();
    const { indexed, baseOffset, onDisk = { offset: 0, time: 0 } } = segment;
    const contents = { offsetBytes: encodeOffsetEntries(offsets, baseOffset), timeBytes: encodeTimeEntries(times, baseOffset) };
    this.put(segment.pathOf("index"), { at: indexed.offset, isLonger: onDisk.offset > indexed.offset }, contents.offsetBytes);
    this.put(segment.pathOf("timeindex"), { at: indexed.time, isLonger: onDisk.time > indexed.time }, contents.timeBytes);
    segment.indexed = { offset: indexed.offset + offsets.length * OFFSET_ENTRY_BYTES, time: indexed.time + times.length * TIME_ENTRY_BYTES };
    segment.onDisk = { ...segment.indexed };
    // What was read of them lacks these entries.
    segment.cold.offsets = undefined;
    segment.cold.times = undefined;
    return contents;
  }

  private put(path: string, file: { readonly at: number; readonly isLonger: boolean }, bytes: Uint8Array): void {
    const { generations } = this.options;
    if (file.isLonger) this.emptying.add(this.request({ type: "truncate", path, length: file.at, generation: generations.next(path) }));
    this.request({ type: "append", path, position: file.at, buffers: [bytes] });
  }

  private request(request: Request): EffectId {
    this.underWay++;
    return this.options.outbox.request(request, this);
  }
}
