import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Request } from "@samsa/world";
import type { Requests } from "./patient-outbox.ts";
import type { FileGenerations } from "./file-generations.ts";
import { encodeOffsetEntries, encodeTimeEntries } from "./index-entries.ts";
import { TEMPORARY_SUFFIX } from "./log-file-names.ts";
import type { IndexBytes, Segment } from "./segment.ts";
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
  /** New files of a segment have their names. */
  readonly replaced: (now: Now) => void;
}

/** New files of a segment on their way to the disk. */
interface Replacement {
  /** Of its two files. */
  left: number;
}

/**
 * Writes `.index` and `.timeindex` of a log's segments, behind the appends: when a segment is closed, when the active one was synced in the background,
 * and when the log stops in order. They name only batches whose write has returned, so that a killed process leaves no entry of a batch that
 * is not there; they are never synced, for after a loss of the page cache they are built again.
 *
 * What is behind the newest snapshot is gone through by the next start, which writes its entries again. What is before it is not, so that files of that are
 * written aside:
 *
 * 1. the time index of a closed segment is missing, and is made anew; 2. the process dies when half of it is written; 3. the next start would believe it, and
 * every look-up by time pass over the records that it does not speak of.
 */
export class IndexFiles implements Completable {
  private readonly options: IndexFilesOptions;
  private readonly emptying = new Set<EffectId>();
  private readonly replacements = new Map<Segment, Replacement>();
  /** What comes when a file is written, or has its name. */
  private readonly next = new Map<EffectId, (now: Now) => void>();
  private underWay = 0;
  private isStopped = false;

  constructor(options: IndexFilesOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.underWay > 0;
  }

  /** Files of some segment wait for their names. */
  get isReplacing(): boolean {
    return this.replacements.size > 0;
  }

  stop(): void {
    this.isStopped = true;
  }

  /** The segment is no more, or about to be: nothing of it takes a name any more. */
  forget(segment: Segment): void {
    this.replacements.delete(segment);
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
    const contents = takeContents(segment, builder);
    given(segment, { offset: contents.offsetBytes.length, time: contents.timeBytes.length });
    segment.know(segment.index, segment.producersAtStart, builder);
    const replacement: Replacement = { left: 2 };
    this.replacements.set(segment, replacement);
    this.writeAside(segment, replacement, { path: segment.pathOf("index"), bytes: contents.offsetBytes });
    this.writeAside(segment, replacement, { path: segment.pathOf("timeindex"), bytes: contents.timeBytes });
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
    const next = this.next.get(completion.id);
    this.next.delete(completion.id);
    next?.(now);
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

  /** A file of that name may be left of one that was given up. */
  private writeAside(segment: Segment, replacement: Replacement, { path, bytes }: { readonly path: string; readonly bytes: Uint8Array }): void {
    const aside = path + TEMPORARY_SUFFIX;
    const isWanted = (): boolean => this.replacements.get(segment) === replacement;
    this.deleteAside(aside);
    this.whenDone(this.request({ type: "append", path: aside, position: 0, buffers: [bytes] }), () => {
      if (!isWanted()) return this.deleteAside(aside);
      this.whenDone(this.request({ type: "rename", from: aside, to: path }), (now) => {
        if (isWanted() && --replacement.left === 0) this.replaced(segment, now);
      });
    });
  }

  /** They say nothing of what is known one by one: that comes behind it, with what came to be said of it meanwhile. */
  private replaced(segment: Segment, now: Now): void {
    this.replacements.delete(segment);
    if (segment.closedWith === undefined) this.flush(segment);
    else this.close(segment);
    this.options.replaced(now);
  }

  private deleteAside(path: string): void {
    this.options.generations.next(path);
    this.emptying.add(this.request({ type: "delete", path }));
  }

  private whenDone(id: EffectId, next: (now: Now) => void): void {
    this.next.set(id, next);
  }

  private write(segment: Segment, mustExist: boolean): void {
    const { builder, onDisk } = segment;
    if (this.replacements.has(segment)) return;
    if (!builder.hasEntries && (!mustExist || onDisk !== undefined)) return;
    this.emit(segment, builder);
  }

  private emit(segment: Segment, builder: SparseIndexBuilder): void {
    const { offsetBytes, timeBytes } = takeContents(segment, builder);
    const { indexed, onDisk = { offset: 0, time: 0 } } = segment;
    this.put(segment.pathOf("index"), { at: indexed.offset, isLonger: onDisk.offset > indexed.offset }, offsetBytes);
    this.put(segment.pathOf("timeindex"), { at: indexed.time, isLonger: onDisk.time > indexed.time }, timeBytes);
    given(segment, { offset: indexed.offset + offsetBytes.length, time: indexed.time + timeBytes.length });
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

function takeContents({ baseOffset }: Segment, builder: SparseIndexBuilder): IndexContents {
  const { offsets, times } = builder.take();
  return { offsetBytes: encodeOffsetEntries(offsets, baseOffset), timeBytes: encodeTimeEntries(times, baseOffset) };
}

/** So long are the files when all that they were given has come to them. What was read of them lacks it. */
function given(segment: Segment, bytes: IndexBytes): void {
  segment.indexed = bytes;
  segment.onDisk = { ...bytes };
  segment.cold.offsets = undefined;
  segment.cold.times = undefined;
}
