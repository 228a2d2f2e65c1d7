import { afterMs, type Micros, type Now } from "@samsa/stdx";
import type { BatchHeader, LogEnd } from "./batch-header.ts";
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import type { EpochEntry } from "./leader-epoch-checkpoint.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { BatchIndex } from "./batch-index.ts";
import { INDEX_INTERVAL_BYTES, RECOVERY_PROGRESS_MS } from "./log-config.ts";
import { offsetFileName, offsetFileOf, TRUNCATION_MARKER } from "./log-file-names.ts";
import { RecoveryIdentity } from "./recovery-identity.ts";
import type { RecoveryOptions } from "./recovery-options.ts";
import { RecoveryTail } from "./recovery-tail.ts";
import { RecoveryStart, type StartingPoint } from "./recovery-start.ts";
import { RecoveryIo } from "./recovery-io.ts";
import { deleteStrayIndexes, recoverTransactions } from "./recovery-transactions.ts";
import { Segment } from "./segment.ts";
import { segmentsIn } from "./recovery-segments.ts";
import { SegmentScan } from "./segment-scan.ts";
import { INDEX_START, SparseIndexBuilder } from "./sparse-index-builder.ts";

/**
 * Finds out what a log's directory holds, and makes of it a log whose every byte is sound.
 *
 * `RecoveryIdentity` sees to the steps up to the checkpoint, `RecoveryTail` to the last one.
 *
 *     listing ──no directory, or no file of a log──▶ creating: directory, partition.metadata, syncs of it and both directories ──▶ recovered
 *        │
 *        ▼ deletes half-written small files, and those of deleted segments; sees a swap of segments through (`RecoverySwaps`)
 *     reading partition.metadata ──another topic's──▶ foreign; half of it, or no segments──▶ creating
 *        ▼
 *     reading leader-epoch-checkpoint
 *        ▼
 *     finding where to begin (`RecoveryStart`): behind the newest producer snapshot
 *        ▼
 *     reading what the transaction indexes say of what stands before ──damage──▶ the same, from the first record
 *        ▼
 *     scanning the segments from there ──damage of what was sound──▶ damaged; after a loss of the page cache: deleting what is behind it
 *        ▼
 *     deleting producer snapshots that are not believed: the next start, without a marker, would believe them
 *        ▼
 *     cutting the last one's torn tail ──▶ syncing it and the directory, where it was cut or must be ──▶ recovered
 *
 * The recovery point itself is of a minute ago, and of an active segment only the newest snapshot is kept. It is written behind a sync, or
 * where the log stopped; the recovery point tells damage from a torn tail, and that the files are of a log that was closed once.
 *
 * Everything is scanned from the first record where no recovery point is known, where the page cache was lost (ADR 3: whatever a marker
 * or a checkpoint says), and where a truncation was under way. Otherwise segments before the start are taken for what the directory says, and
 * read when somebody asks for them.
 *
 * Records that the last process wrote and did not sync are not synced here either: ten thousand syncs would be most of a start. They are
 * where they were, in the page cache, and whether that is lost some day the boot id tells (ADR 3). A cut is another matter, for without a
 * sync old records could come back behind new ones: it is synced, and so is one that the last process may have left half done, which its
 * marker says.
 *
 * The write pipeline syncs a segment before it writes to the next, so that only the last one can be torn: damage in an older
 * one is the disk's and nothing of the log is served. A sync that failed breaks that rule, for the kernel may drop what it could not
 * write and call it clean: the damage shows when the page cache is gone. Then the log is cut there, as its leader still has the rest. A crash during recovery changes nothing that the next one would not
 * do as well.
 */
export class LogRecovery {
  private readonly options: RecoveryOptions;
  private readonly io: RecoveryIo;
  private readonly tail: RecoveryTail;
  private readonly segments: Segment[] = [];
  private readonly epochs = new LeaderEpochCache();
  private checkpoint: readonly EpochEntry[] = [];
  private end: LogEnd = { endOffset: 0, leaderEpoch: -1 };
  private scannedBytes = 0;
  /** When it is told how far the scan has come. */
  private tellAt: Micros | undefined;
  private startPoint: StartingPoint | undefined;
  private isFromBegin = false;
  /** A batch is not where the index says, or not whole before the snapshot. */
  private isMistaken = false;

  constructor(options: RecoveryOptions) {
    this.options = options;
    this.io = new RecoveryIo({ ...options, outbox: options.patient, failed: (detail, now) => options.events.failed(detail, now) });
    this.tail = new RecoveryTail({ ...options, io: this.io, unbelieved: () => this.unbelieved, secured: (now) => this.finish(now) });
  }

  start(): void {
    const { directory, topicId, events } = this.options;
    new RecoveryIdentity({
      io: this.io,
      directory,
      topicId,
      intervalBytes: this.intervalBytes,
      found: (segments, checkpoint, now) => this.found(segments, checkpoint, now),
      created: (now) => this.deleteLeft(now),
      failed: events.failed,
      damaged: (detail, now) => this.damaged(detail, now),
      foreign: events.foreign,
    }).start();
  }

  stop(): void {
    this.io.stop();
  }

  private readonly intervalBytes = (): number => this.options.intervalBytes?.() ?? INDEX_INTERVAL_BYTES;

  private found(segments: readonly Segment[], checkpoint: readonly EpochEntry[], now: Now): void {
    this.segments.push(...segments);
    this.checkpoint = checkpoint;
    deleteStrayIndexes(this.io, segments, (at) => this.begin(at), now);
  }

  /** A log that begins anew may have died between its old files and its new ones: nothing of the old is the new one's. */
  private deleteLeft(now: Now): void {
    const left = this.io.entries.filter(({ name }) => offsetFileOf(name) !== undefined);
    const marker = this.io.entries.filter(({ name }) => name === TRUNCATION_MARKER);
    const paths = [...left, ...marker].map(({ name }) => this.io.pathOf(name));
    this.io.deleteAll(paths, (at) => this.finish(at), now);
  }

  private begin(now: Now): void {
    const { recoveryPoint, isCleanStop, hasLostPageCache } = this.options;
    const { segments } = this;
    const { entries } = this.io;
    const isTrusted = (recoveryPoint !== undefined || isCleanStop) && !hasLostPageCache && !this.tail.hasMarker && !this.isFromBegin;
    const read = (name: string, _: number, next: (bytes: Uint8Array, now: Now) => void): void => this.io.readFile(name, now, next);
    new RecoveryStart({ entries, segments, isTrusted, read, found: (start, at) => this.startAt(start, at) }).run(now);
  }

  private startAt(start: StartingPoint, now: Now): void {
    const logStart = (this.segments[0] as Segment).baseOffset;
    // What is not scanned, and not deleted, has its epochs from there.
    const firstOffset = Math.max(logStart, this.options.logStartOffset ?? 0);
    if (start.offset > logStart && (this.checkpoint[0]?.startOffset ?? start.offset) > firstOffset) return this.beginAnew(now);
    this.startPoint = start;
    this.options.events.restore(start.producers);
    // Where all is scanned the batches say it, and the file may be of before the log began anew.
    const before = start.offset > logStart ? this.checkpoint.filter(({ startOffset }) => startOffset < start.offset) : [];
    for (const { epoch, startOffset } of before) this.epochs.assign(epoch, startOffset);
    this.segments.forEach((segment, number) => {
      const next = this.segments[number + 1];
      if (number < start.segment && next !== undefined) this.trust(segment, next.baseOffset);
    });
    const done = (isSound: boolean, at: Now): void => (isSound ? this.scanSegment(start.segment, at) : this.beginAnew(at));
    recoverTransactions({ io: this.io, segments: this.segments, start, isListStale: this.isFromBegin, done }, now);
  }

  /** It was closed and is sound: nothing of it is read before somebody asks. */
  private trust(segment: Segment, endOffset: number): void {
    const position = this.io.sizeAt(segment.path);
    const { offset, time } = segment.indexed;
    const mark = { position, offsetCount: offset / OFFSET_ENTRY_BYTES, timeCount: time / TIME_ENTRY_BYTES, lastTime: undefined };
    segment.know(new BatchIndex({ offset: endOffset, position }), undefined, new SparseIndexBuilder(mark));
    this.written(segment);
    segment.markSynced();
  }

  private written(segment: Segment): void {
    segment.emittedBytes = segment.sizeInBytes;
    segment.writtenBytes = segment.sizeInBytes;
    segment.isOnDisk = true;
  }

  /** A snapshot or an index did not tell the truth: they are not asked again. */
  private beginAnew(now: Now): void {
    this.isFromBegin = true;
    this.isMistaken = false;
    this.segments.length = 0;
    this.epochs.clear();
    this.segments.push(...segmentsIn(this.io, this.options.directory));
    this.begin(now);
  }

  private scanSegment(index: number, now: Now): void {
    const segment = this.segments[index] as Segment;
    const start = this.startPoint as StartingPoint;
    const isStart = index === start.segment;
    if (isStart) this.end = { endOffset: segment.baseOffset, leaderEpoch: -1 };
    if (segment.baseOffset !== this.end.endOffset && this.options.hasLostPageCache) return this.tail.dropSegments(this.segments, index, now);
    if (segment.baseOffset !== this.end.endOffset)
      return this.damaged(`${segment.path} should begin at offset ${this.end.endOffset}: records are missing`, now);
    const fileBytes = this.io.sizeAt(segment.path);
    const from = isStart ? start.position : 0;
    const mark = isStart ? start.mark : INDEX_START;
    const builder = new SparseIndexBuilder(mark);
    segment.indexed = { offset: mark.offsetCount * OFFSET_ENTRY_BYTES, time: mark.timeCount * TIME_ENTRY_BYTES };
    if (!isStart || start.offset === segment.baseOffset) segment.know(segment.index, this.options.events.producers(), builder);
    const accept = (header: BatchHeader): void => this.accept(segment, builder, header);
    const scan = new SegmentScan({ from, fileBytes, end: from > 0 ? undefined : this.end, accept });
    this.scanPiece(scan, index, now);
  }

  private scanPiece(scan: SegmentScan, index: number, now: Now): void {
    const segment = this.segments[index] as Segment;
    const piece = scan.nextRead;
    if (piece !== undefined && !this.isMistaken) {
      this.io.read(segment.path, piece, (bytes, at) => {
        this.progress(piece.length, at);
        scan.feed(bytes);
        this.scanPiece(scan, index, at);
      });
      return;
    }
    const start = this.startPoint as StartingPoint;
    const isBeforeStart = index === start.segment && scan.logEnd.endOffset < start.offset;
    if (this.isMistaken || (isBeforeStart && start.position > 0)) return this.beginAnew(now);
    if (scan.position > 0) this.end = scan.logEnd;
    this.written(segment);
    this.scannedTo(scan, index, now);
  }

  private scannedTo({ damage }: SegmentScan, index: number, now: Now): void {
    const segment = this.segments[index] as Segment;
    const { hasLostPageCache, isCleanStop, recoveryPoint = 0 } = this.options;
    const isLast = index === this.segments.length - 1;
    // The recovery point may be of before a truncation; then what stands below it is new, and may be torn, but is not wrong.
    const soundEnd = Math.max((this.startPoint as StartingPoint).offset, damage?.isCutOff === true ? 0 : recoveryPoint);
    const isTorn = isLast && !isCleanStop && this.end.endOffset >= (this.tail.hasMarker ? 0 : soundEnd);
    if (damage !== undefined && !isTorn && !hasLostPageCache)
      return this.damaged(`${segment.path} is damaged at byte ${damage.position}, offset ${this.end.endOffset}, before its end: ${damage.text}`, now);
    if (this.end.endOffset < (this.startPoint as StartingPoint).offset)
      return this.damaged(`${segment.path} ends at offset ${this.end.endOffset}, though there was more: records are missing`, now);
    if (!isLast) segment.markSynced();
    if (!isLast && damage === undefined) this.options.events.scanned(segment);
    if (damage !== undefined && !isLast) this.tail.dropSegments(this.segments, index + 1, now);
    else if (isLast) this.tail.secure(segment, now);
    else this.scanSegment(index + 1, now);
  }

  private damaged(detail: string, now: Now): void {
    this.io.stop();
    this.options.events.damaged(detail, now);
  }

  private progress(bytes: number, now: Now): void {
    this.scannedBytes += bytes;
    this.tellAt ??= afterMs(now, RECOVERY_PROGRESS_MS);
    if (now.monotonicUs < this.tellAt) return;
    this.tellAt = afterMs(now, RECOVERY_PROGRESS_MS);
    const start = this.startPoint as StartingPoint;
    let totalBytes = -start.position;
    for (const { path } of this.segments.slice(start.segment)) totalBytes += this.io.sizeAt(path);
    this.options.outbox.trace({ kind: "log-recovering", path: this.options.directory, scannedBytes: this.scannedBytes, totalBytes });
  }

  private accept(segment: Segment, builder: SparseIndexBuilder, header: BatchHeader): void {
    if (this.isMistaken) return;
    const { offset, lastOffset, position } = this.startPoint as StartingPoint;
    const isFirst = builder.position === position && position > 0 && header.baseOffset < offset;
    if (isFirst && header.endOffset - 1 !== lastOffset) this.isMistaken = true;
    if (header.baseOffset < offset) {
      if (header.endOffset > offset) this.isMistaken = true;
      builder.push(header, this.intervalBytes());
      if (header.endOffset === offset) segment.know(new BatchIndex({ offset, position: builder.position }), this.options.events.producers(), builder);
      return;
    }
    segment.index.push(header);
    // Then the checkpoint was of another log.
    if (header.leaderEpoch < this.epochs.latestEpoch) this.isMistaken = true;
    else this.epochs.assign(header.leaderEpoch, header.baseOffset);
    this.options.events.batch(header, segment);
  }

  private get snapshots(): readonly number[] {
    return this.io.entries.flatMap(({ name }) => {
      const file = offsetFileOf(name);
      return file?.kind === "snapshot" ? [file.offset] : [];
    });
  }

  /** What only deleted records told of producers is in the first segment's alone. */
  private isBelieved(snapshot: number): boolean {
    const logStart = this.segments[0]?.baseOffset ?? 0;
    const isTrusted = !this.isFromBegin && !this.options.hasLostPageCache;
    return snapshot === logStart || (snapshot > logStart && snapshot <= (this.startPoint?.offset ?? 0) && isTrusted);
  }

  private get unbelieved(): readonly string[] {
    return this.snapshots.filter((snapshot) => !this.isBelieved(snapshot)).map((snapshot) => this.io.pathOf(offsetFileName(snapshot, "snapshot")));
  }

  private finish(now: Now): void {
    if (this.segments.length === 0) this.segments.push(new Segment(this.options.directory, 0));
    const last = this.checkpoint.at(-1);
    // An epoch that was assigned and in which nothing was written; one that starts elsewhere was lost with a torn tail.
    if (last !== undefined && last.epoch > this.epochs.latestEpoch && last.startOffset === this.end.endOffset) this.epochs.assign(last.epoch, last.startOffset);
    const { segments, epochs, scannedBytes } = this;
    const { droppedBytes } = this.tail;
    const snapshots = this.startPoint === undefined ? [] : this.snapshots.filter((snapshot) => this.isBelieved(snapshot));
    const isEpochFileStale = !isSame(this.checkpoint, epochs.all());
    this.options.events.recovered({ segments, epochs, isEpochFileStale, droppedBytes, scannedBytes, snapshots }, now);
  }
}

const isSame = (some: readonly EpochEntry[], others: readonly EpochEntry[]): boolean =>
  some.length === others.length && some.every(({ epoch, startOffset }, at) => epoch === others[at]?.epoch && startOffset === others[at].startOffset);
