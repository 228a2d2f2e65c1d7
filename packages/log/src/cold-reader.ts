import { invariant, type Now } from "@samsa/stdx";
import type { Completable, Completion, Outbox, Request } from "@samsa/world";
import { BatchIndex } from "./batch-index.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { IndexCache } from "./index-cache.ts";
import type { IndexContents } from "./index-files.ts";
import { OFFSET_ENTRY_BYTES, OffsetIndex, TIME_ENTRY_BYTES, TimeIndex } from "./index-entries.ts";
import type { JobQueue } from "./job-queue.ts";
import { RECOVERY_READ_BYTES } from "./log-config.ts";
import type { Segment } from "./segment.ts";
import { SegmentScan } from "./segment-scan.ts";
import { INDEX_START, SparseIndexBuilder } from "./sparse-index-builder.ts";

export interface ColdReaderOptions {
  readonly outbox: Outbox;
  readonly generations: FileGenerations;
  readonly cache: IndexCache;
  readonly queue: JobQueue;
  readonly intervalBytes: () => number;
  /** Something that was asked for is there, or will not come: ask again. */
  readonly loaded: (now: Now) => void;
  /** The index files of the segment were found missing or wrong, and it was gone through for new ones. */
  readonly rebuilt: (segment: Segment, builder: SparseIndexBuilder) => IndexContents;
  readonly damaged: (detail: string, now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** Looking up one thing in one segment. */
interface Job {
  readonly segment: Segment;
  /** The segment was cut or dropped: what is read counts no more. */
  isVoid: boolean;
  /** From where on its batches were known one by one when the job began to read: it is of what stands before. */
  knownPosition: number;
  /** The file may be missing or short: `next` gets what there is of it, which is nothing. */
  isTolerant: boolean;
  readonly run: () => void;
  next: (bytes: Uint8Array, now: Now) => void;
}

/**
 * Finds batches in those parts of a log that are not known batch by batch: closed segments, and what an earlier process wrote of the active
 * one. The sparse index tells a place before the batch; from there a stretch of the file is read and gone through, with every CRC checked, for
 * what this process has not written it has not seen. Stretches, and indexes, are kept in the node's `IndexCache`; whoever reads on finds that the
 * next stretch begins where the last one ended, and needs no index.
 *
 *     asked ──▶ waiting for a place ──▶ reading .index ──▶ reading and checking a stretch ──▶ loaded
 *                                          └──missing, or no batch where it says──▶ going through the whole segment for a new one ──▶ loaded
 */
export class ColdReader implements Completable {
  private readonly options: ColdReaderOptions;
  private readonly jobs = new Map<Segment, Job>();
  private readonly running = new Map<number, Job>();
  private isStopped = false;

  constructor(options: ColdReaderOptions) {
    this.options = options;
  }

  stop(): void {
    this.isStopped = true;
    for (const job of this.jobs.values()) this.end(job);
  }

  /** The stretch that holds `offset`, which lies before `segment.index`; undefined: it was asked for, and `loaded` will tell. */
  windowAt(segment: Segment, offset: number): BatchIndex | undefined {
    const window = segment.cold.windows.find((known) => known.startOffset <= offset && offset < known.endOffset);
    if (window === undefined) this.begin(segment, () => this.locate(segment, offset));
    else this.options.cache.touch(window);
    return window;
  }

  /** As above, for the segment's time index. */
  timesOf(segment: Segment): TimeIndex | undefined {
    const { times } = segment.cold;
    if (times === undefined) this.begin(segment, () => this.loadTimes(segment));
    else this.options.cache.touch(times);
    return times;
  }

  /** The next stretch is read before it is asked for. */
  readAhead(segment: Segment, window: BatchIndex): void {
    const { endOffset, endPosition } = window;
    if (endPosition >= segment.index.startPosition || this.jobs.has(segment)) return;
    if (segment.cold.windows.some((known) => known.startOffset === endOffset)) return;
    this.begin(segment, () => this.scanFrom(segment, { position: endPosition, offset: endOffset }, endOffset));
  }

  /** The segment was cut or dropped. */
  forget(segment: Segment): void {
    const { cold } = segment;
    for (const window of cold.windows) this.options.cache.remove(window);
    cold.windows.length = 0;
    this.dropIndexes(segment);
    const job = this.jobs.get(segment);
    if (job !== undefined) job.isVoid = true;
  }

  complete(completion: Completion, now: Now): void {
    const job = this.running.get(completion.id);
    this.running.delete(completion.id);
    if (job === undefined || this.isStopped) return;
    // It was closed and forgotten, or gone through for a truncation, under the read.
    if (job.knownPosition !== job.segment.index.startPosition) job.isVoid = true;
    if (completion.type === "read" && !job.isVoid) return job.next(completion.bytes, now);
    const isMissing = completion.type === "failed" && (completion.error.code === "ENOENT" || completion.error.code === "ESHORT");
    if (isMissing && job.isTolerant && !job.isVoid) return job.next(new Uint8Array(0), now);
    this.end(job);
    const isStale = job.isVoid || (completion.type === "failed" && completion.error.code === "ESTALE");
    if (completion.type !== "failed" || isStale) return this.options.loaded(now);
    this.options.failed(`reading ${job.segment.path}: ${completion.error.code} ${completion.error.detail}`, now);
  }

  private begin(segment: Segment, run: () => void): void {
    if (this.isStopped || this.jobs.has(segment)) return;
    const job: Job = { segment, isVoid: false, knownPosition: 0, isTolerant: false, run: () => this.run(job, run), next: () => undefined };
    this.jobs.set(segment, job);
    this.options.queue.add(job.run);
  }

  /** Nothing is to be read where a truncation has gone through the segment while the job waited: it has told that. */
  private run(job: Job, run: () => void): void {
    job.knownPosition = job.segment.index.startPosition;
    if (job.knownPosition === 0) this.end(job);
    else run();
  }

  private end(job: Job): void {
    if (!this.jobs.delete(job.segment)) return;
    if (!this.options.queue.remove(job.run)) this.options.queue.finish();
  }

  private read(segment: Segment, file: { readonly path: string; readonly position: number; readonly length: number }, next: Job["next"]): void {
    const job = this.jobs.get(segment);
    invariant(job !== undefined, "only a job reads", { path: segment.path });
    job.next = next;
    job.isTolerant = file.path !== segment.path;
    const request: Request = { type: "read", slice: { ...file, generation: this.options.generations.of(file.path) } };
    this.running.set(this.options.outbox.request(request, this), job);
  }

  private finish(segment: Segment, now: Now): void {
    const job = this.jobs.get(segment);
    if (job !== undefined) this.end(job);
    this.options.loaded(now);
  }

  private locate(segment: Segment, offset: number): void {
    const before = segment.cold.windows.find(({ endOffset }) => endOffset === offset);
    if (before !== undefined) return this.scanFrom(segment, { position: before.endPosition, offset }, offset);
    if (offset === segment.baseOffset) return this.scanFrom(segment, { position: 0, offset }, offset);
    const { offsets } = segment.cold;
    if (offsets !== undefined) return this.scanBehind(segment, offsets, offset);
    const length = wholeEntries(segment.onDisk === undefined ? 0 : segment.indexed.offset, OFFSET_ENTRY_BYTES);
    if (segment.onDisk === undefined && isLarge(segment)) return this.rebuild(segment);
    if (length === 0) return this.scanFrom(segment, { position: 0, offset: segment.baseOffset }, offset);
    this.read(segment, { path: segment.pathOf("index"), position: 0, length }, (bytes) => {
      const found = bytes.length === length ? OffsetIndex.parse(bytes, rangeOf(segment)) : undefined;
      if (found === undefined) return this.rebuild(segment);
      segment.cold.offsets = this.keep(found, () => (segment.cold.offsets = undefined));
      this.scanBehind(segment, found, offset);
    });
  }

  private scanBehind(segment: Segment, index: OffsetIndex, offset: number): void {
    const count = index.countBefore(offset);
    const entry = count === 0 ? undefined : index.at(count - 1);
    if (entry === undefined) return this.scanFrom(segment, { position: 0, offset: segment.baseOffset }, offset);
    this.scanFrom(segment, { position: entry.position, lastOffset: entry.lastOffset }, offset);
  }

  /** Goes through the file from a batch's begin until the stretch that holds `offset` is read. */
  private scanFrom(segment: Segment, start: { readonly position: number; readonly offset?: number; readonly lastOffset?: number }, offset: number): void {
    let window: BatchIndex | undefined = start.offset === undefined ? undefined : new BatchIndex({ offset: start.offset, position: start.position });
    let isWrong = false;
    const scan = new SegmentScan({
      from: start.position,
      fileBytes: segment.index.startPosition,
      end: start.offset === undefined ? undefined : { endOffset: start.offset, leaderEpoch: -1 },
      accept: (header) => {
        isWrong ||= window === undefined && header.endOffset - 1 !== start.lastOffset;
        window ??= new BatchIndex({ offset: header.baseOffset, position: start.position });
        // Only the stretch with what is asked for is kept.
        if (window.endPosition - window.startPosition >= RECOVERY_READ_BYTES && window.endOffset <= offset)
          window = new BatchIndex({ offset: window.endOffset, position: window.endPosition });
        window.push(header);
      },
    });
    this.goThrough(segment, scan, {
      isDone: () => isWrong || (window !== undefined && window.endOffset > offset),
      done: (now) => {
        if (window !== undefined && window.endOffset > offset && !isWrong) this.keepWindow(segment, window);
        else if (start.offset === undefined) return this.rebuild(segment);
        else if (scan.damage !== undefined) return this.damaged(segment, scan, now);
        this.finish(segment, now);
      },
    });
  }

  private goThrough(segment: Segment, scan: SegmentScan, { isDone, done }: { readonly isDone: () => boolean; readonly done: (now: Now) => void }): void {
    const piece = scan.nextRead;
    invariant(piece !== undefined, "there is something to go through", { path: segment.path, position: scan.position });
    this.read(segment, { path: segment.path, ...piece }, (bytes, now) => {
      scan.feed(bytes);
      if (isDone() || scan.nextRead === undefined) done(now);
      else this.goThrough(segment, scan, { isDone, done });
    });
  }

  /** New index files for all that is not known batch by batch. */
  private rebuild(segment: Segment): void {
    this.dropIndexes(segment);
    const builder = new SparseIndexBuilder(INDEX_START);
    const scan = new SegmentScan({
      fileBytes: segment.index.startPosition,
      end: { endOffset: segment.baseOffset, leaderEpoch: -1 },
      accept: (header) => builder.push(header, this.options.intervalBytes()),
    });
    this.goThrough(segment, scan, {
      isDone: () => false,
      done: (now) => {
        if (scan.damage !== undefined) return this.damaged(segment, scan, now);
        this.adopt(segment, this.options.rebuilt(segment, builder));
        this.finish(segment, now);
      },
    });
  }

  private loadTimes(segment: Segment): void {
    const length = wholeEntries(segment.onDisk === undefined ? 0 : segment.indexed.time, TIME_ENTRY_BYTES);
    if (length === 0) return this.rebuild(segment);
    this.read(segment, { path: segment.pathOf("timeindex"), position: 0, length }, (bytes, now) => {
      // Entries have come to it under the read, of what may be looked up in it from now on.
      if (length !== wholeEntries(segment.indexed.time, TIME_ENTRY_BYTES)) return this.loadTimes(segment);
      const found = bytes.length === length ? TimeIndex.parse(bytes, rangeOf(segment)) : undefined;
      if (found === undefined) return this.rebuild(segment);
      segment.cold.times = this.keep(found, () => (segment.cold.times = undefined));
      this.finish(segment, now);
    });
  }

  /** The files are on their way to the disk. */
  private adopt(segment: Segment, { offsetBytes, timeBytes }: IndexContents): void {
    const [offsets, times] = [OffsetIndex.parse(offsetBytes, rangeOf(segment)), TimeIndex.parse(timeBytes, rangeOf(segment))];
    invariant(offsets !== undefined && times !== undefined, "an index that was made of a segment is one of it", { path: segment.path });
    segment.cold.offsets = this.keep(offsets, () => (segment.cold.offsets = undefined));
    segment.cold.times = this.keep(times, () => (segment.cold.times = undefined));
  }

  private keep<T extends OffsetIndex | TimeIndex>(index: T, evict: () => void): T {
    this.options.cache.add(index, { memoryBytes: index.sizeInBytes, evict });
    return index;
  }

  private keepWindow(segment: Segment, window: BatchIndex): void {
    const { windows } = segment.cold;
    // Another look-up may have had a part of it.
    for (const known of windows.filter(({ startOffset, endOffset }) => startOffset < window.endOffset && window.startOffset < endOffset)) {
      windows.splice(windows.indexOf(known), 1);
      this.options.cache.remove(known);
    }
    windows.push(window);
    const evict = (): void => {
      if (windows.includes(window)) windows.splice(windows.indexOf(window), 1);
    };
    this.options.cache.add(window, { memoryBytes: window.memoryBytes, evict });
  }

  private dropIndexes({ cold }: Segment): void {
    if (cold.offsets !== undefined) this.options.cache.remove(cold.offsets);
    if (cold.times !== undefined) this.options.cache.remove(cold.times);
    cold.offsets = undefined;
    cold.times = undefined;
  }

  private damaged(segment: Segment, { damage, logEnd }: SegmentScan, now: Now): void {
    const { path } = segment;
    const job = this.jobs.get(segment);
    if (job !== undefined) this.end(job);
    if (damage !== undefined)
      this.options.damaged(`${path} is damaged at byte ${damage.position}, offset ${logEnd.endOffset}, before its end: ${damage.text}`, now);
  }
}

const wholeEntries = (bytes: number, entryBytes: number): number => bytes - (bytes % entryBytes);

/** Without an index it is gone through from its begin for each look-up. */
const isLarge = (segment: Segment): boolean => segment.index.startPosition > RECOVERY_READ_BYTES;

const rangeOf = ({
  baseOffset,
  endOffset,
  sizeInBytes,
}: Segment): { readonly baseOffset: number; readonly endOffset: number; readonly sizeInBytes: number } => ({
  baseOffset,
  endOffset,
  sizeInBytes,
});
