import { invariant, type Now, type Uuid } from "@samsa/stdx";
import type { Completion, Outbox, Request } from "@samsa/world";
import type { BatchHeader, LogEnd } from "./batch-header.ts";
import type { FileGenerations } from "./file-generations.ts";
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import { decodeEpochCheckpoint, type EpochEntry } from "./leader-epoch-checkpoint.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { BatchIndex } from "./batch-index.ts";
import { INDEX_INTERVAL_BYTES, RECOVERY_PROGRESS_BYTES } from "./log-config.ts";
import { LEADER_EPOCH_CHECKPOINT, offsetFileOf, parentOf, PARTITION_METADATA, TEMPORARY_SUFFIX, TRUNCATION_MARKER } from "./log-file-names.ts";
import { decodePartitionMetadata, encodePartitionMetadata } from "./partition-metadata.ts";
import type { Requests } from "./patient-outbox.ts";
import type { ProducerEntry } from "./producer-state.ts";
import { RecoveryStart, type StartingPoint } from "./recovery-start.ts";
import { RecoveryIo } from "./recovery-io.ts";
import { Segment } from "./segment.ts";
import { segmentsIn } from "./recovery-segments.ts";
import { SegmentScan } from "./segment-scan.ts";
import { INDEX_START, SparseIndexBuilder } from "./sparse-index-builder.ts";

/** What a log begins its life with. */
export interface RecoveredLog {
  /** At least one; the last is the active one. */
  readonly segments: Segment[];
  readonly epochs: LeaderEpochCache;
  /** Bytes of a torn tail that were cut off. */
  readonly droppedBytes: number;
  /** Bytes that were read and checked. */
  readonly scannedBytes: number;
  /** Of the producer snapshots in the directory: those that can be relied on, and the others. */
  readonly snapshots: readonly number[];
  readonly staleSnapshots: readonly number[];
}

export interface RecoveryEvents {
  /** What follows is told by `batch`. */
  restore(producers: readonly ProducerEntry[]): void;
  /** In the order of the log. */
  batch(header: BatchHeader): void;
  /** What `restore` and `batch` have come to. */
  producers(): readonly ProducerEntry[];
  /** All batches of a closed segment were told. */
  scanned(segment: Segment): void;
  recovered(log: RecoveredLog, now: Now): void;
  failed(detail: string, now: Now): void;
  /** Records are not there, or not sound, that were. */
  damaged(detail: string, now: Now): void;
  /** The directory is another topic's: it has been deleted since, and this one has its name. */
  foreign(topicId: Uuid, now: Now): void;
}

export interface RecoveryOptions {
  readonly outbox: Outbox;
  readonly patient: Requests;
  readonly directory: string;
  readonly topicId: Uuid;
  readonly generations: FileGenerations;
  /** The host lost its page cache, and the controller counts this replica out for it: what is not sound any more is cut off, wherever it lies. */
  readonly hasLostPageCache: boolean;
  /** What is found is synced before it counts. */
  readonly mustSync: boolean;
  /** What the last process knew to be on the disk, by the directory's checkpoint; undefined: not known. */
  readonly recoveryPoint: number | undefined;
  /** The last process stopped in order: all it wrote is whole. */
  readonly isCleanStop: boolean;
  readonly intervalBytes?: () => number;
  readonly events: RecoveryEvents;
}

/** The small files are a few hundred bytes; a larger one is not ours. */
const SMALL_FILE_BYTES_MAX = 1024 * 1024;

/**
 * Finds out what a log's directory holds, and makes of it a log whose every byte is sound.
 *
 *     listing ──no directory, or no file of a log──▶ creating: directory, partition.metadata, syncs of it and both directories ──▶ recovered
 *        │
 *        ▼ deletes half-written small files
 *     reading partition.metadata ──another topic's──▶ foreign; half of it, or no segments──▶ creating
 *        ▼
 *     reading leader-epoch-checkpoint
 *        ▼
 *     finding where to begin (`RecoveryStart`): behind the newest producer snapshot before the recovery point
 *        ▼
 *     scanning the segments from there ──damage of what was sound──▶ damaged; after a loss of the page cache: deleting what is behind it
 *        ▼
 *     cutting the last one's torn tail ──▶ syncing it and the directory, where it was cut or must be ──▶ recovered
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
  private readonly segments: Segment[] = [];
  private readonly epochs = new LeaderEpochCache();
  private checkpoint: readonly EpochEntry[] = [];
  private end: LogEnd = { endOffset: 0, leaderEpoch: -1 };
  private droppedBytes = 0;
  private scannedBytes = 0;
  private toldBytes = 0;
  private startPoint: StartingPoint | undefined;
  private isFromBegin = false;
  /** A batch is not where the index says, or not whole before the snapshot. */
  private isMistaken = false;
  /** Whole segments were deleted. */
  private hasDropped = false;

  constructor(options: RecoveryOptions) {
    this.options = options;
    this.io = new RecoveryIo({ ...options, outbox: options.patient, failed: (detail, now) => options.events.failed(detail, now) });
  }

  start(): void {
    this.io.ask({ type: "list", path: this.options.directory }, (completion, now) => this.listed(completion, now), "ENOENT");
  }

  stop(): void {
    this.io.stop();
  }

  private fail(detail: string, now: Now): void {
    this.io.stop();
    this.options.events.failed(detail, now);
  }

  private listed(completion: Completion, now: Now): void {
    this.io.entries = completion.type === "listed" ? completion.entries : [];
    const temporary = this.io.entries.filter(({ name }) => name.endsWith(TEMPORARY_SUFFIX)).map(({ name }) => this.io.pathOf(name));
    this.deleteTemporary(temporary, now);
  }

  private deleteTemporary(paths: readonly string[], now: Now): void {
    const [path, ...rest] = paths;
    if (path === undefined) return this.identify(now);
    this.options.generations.next(path);
    this.io.ask({ type: "delete", path }, (_, at) => this.deleteTemporary(rest, at), "ENOENT");
  }

  private identify(now: Now): void {
    this.segments.push(...segmentsIn(this.io, this.options.directory));
    if (this.io.has(PARTITION_METADATA)) this.readSmallFile(PARTITION_METADATA, now, (bytes, at) => this.identified(bytes, at));
    else if (this.segments.length === 0) this.create();
    else this.fail(`${this.options.directory} has segments but no ${PARTITION_METADATA}: whose they are is not known`, now);
  }

  private identified(bytes: Uint8Array, now: Now): void {
    const { directory, topicId } = this.options;
    const found = decodePartitionMetadata(bytes);
    // It is synced before there is anything else, so that a power cut left it so: nothing was ever written here.
    if (found === undefined && this.segments.length === 0 && bytes.length <= encodePartitionMetadata(topicId).length) this.create();
    else if (found === undefined) this.fail(`${directory}/${PARTITION_METADATA} is damaged`, now);
    else if (found !== topicId) {
      this.io.stop();
      this.options.events.foreign(found, now);
    } else if (this.io.has(LEADER_EPOCH_CHECKPOINT)) {
      this.readSmallFile(LEADER_EPOCH_CHECKPOINT, now, (content, at) => {
        // It is only needed for an epoch without records: the others are in the batches.
        this.checkpoint = decodeEpochCheckpoint(content) ?? [];
        this.begin(at);
      });
    } else this.begin(now);
  }

  private begin(now: Now): void {
    const { recoveryPoint, isCleanStop, hasLostPageCache } = this.options;
    const { segments } = this;
    const { entries } = this.io;
    if (segments.length === 0) return this.create();
    const isTrusted = (recoveryPoint !== undefined || isCleanStop) && !hasLostPageCache && !this.hasMarker && !this.isFromBegin;
    const soundEnd = isTrusted ? (isCleanStop ? Number.MAX_SAFE_INTEGER : recoveryPoint) : undefined;
    const read = (name: string, _: number, next: (bytes: Uint8Array, now: Now) => void): void => this.io.readFile(name, now, next);
    new RecoveryStart({ entries, segments, soundEnd, read, found: (start, at) => this.startAt(start, at) }).run(now);
  }

  private startAt(start: StartingPoint, now: Now): void {
    const logStart = (this.segments[0] as Segment).baseOffset;
    // What is not scanned has its epochs from there.
    if (start.offset > logStart && (this.checkpoint[0]?.startOffset ?? start.offset) > logStart) return this.beginAnew(now);
    this.startPoint = start;
    this.options.events.restore(start.producers);
    // Where all is scanned the batches say it, and the file may be of before the log began anew.
    const before = start.offset > logStart ? this.checkpoint.filter(({ startOffset }) => startOffset < start.offset) : [];
    for (const { epoch, startOffset } of before) this.epochs.assign(epoch, startOffset);
    this.segments.forEach((segment, number) => {
      const next = this.segments[number + 1];
      if (number < start.segment && next !== undefined) this.trust(segment, next.baseOffset);
    });
    this.scanSegment(start.segment, now);
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

  private readSmallFile(name: string, now: Now, next: (bytes: Uint8Array, now: Now) => void): void {
    const length = this.io.sizeOf(name);
    if (length > SMALL_FILE_BYTES_MAX) return this.fail(`${this.io.pathOf(name)} has ${length} bytes`, now);
    this.io.readFile(name, now, next);
  }

  /**
   * Also of a log without segments: the last start may have ended before the directory, and what says whose it is, were safe. It is written
   * anew, for where its sync failed the kernel may call pages clean that it has not written (fsyncgate):
   *
   * 1. the sync of partition.metadata fails, and the process ends, 2. the next one finds it in the page cache, syncs it with success, and writes
   * a segment, 3. the power goes: there are segments, and nothing that says whose they are.
   */
  private create(): void {
    const { directory, topicId } = this.options;
    const path = this.io.pathOf(PARTITION_METADATA);
    const write: Request = { type: "append", path, position: 0, buffers: [encodePartitionMetadata(topicId)] };
    this.io.ask({ type: "make-directory", path: directory }, () => this.io.ask(write, () => this.secureDirectory()));
  }

  private secureDirectory(): void {
    const { directory } = this.options;
    this.io.ask({ type: "sync", path: this.io.pathOf(PARTITION_METADATA) }, () =>
      this.io.ask({ type: "sync-directory", path: directory }, () =>
        this.io.ask({ type: "sync-directory", path: parentOf(directory) }, (_, at) => this.finish(at)),
      ),
    );
  }

  private scanSegment(index: number, now: Now): void {
    const segment = this.segments[index] as Segment;
    const start = this.startPoint as StartingPoint;
    const isStart = index === start.segment;
    if (isStart) this.end = { endOffset: segment.baseOffset, leaderEpoch: -1 };
    if (segment.baseOffset !== this.end.endOffset && this.options.hasLostPageCache) return this.dropSegments(index, now);
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
        this.progress(piece.length);
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
    const isTorn = isLast && !isCleanStop && this.end.endOffset >= (this.hasMarker ? 0 : soundEnd);
    if (damage !== undefined && !isTorn && !hasLostPageCache)
      return this.damaged(`${segment.path} is damaged at byte ${damage.position}, offset ${this.end.endOffset}, before its end: ${damage.text}`, now);
    if (this.end.endOffset < (this.startPoint as StartingPoint).offset)
      return this.damaged(`${segment.path} ends at offset ${this.end.endOffset}, though there was more: records are missing`, now);
    if (!isLast) segment.markSynced();
    if (!isLast && damage === undefined) this.options.events.scanned(segment);
    if (damage !== undefined && !isLast) this.dropSegments(index + 1, now);
    else if (isLast) this.secureTail(segment, now);
    else this.scanSegment(index + 1, now);
  }

  private damaged(detail: string, now: Now): void {
    this.io.stop();
    this.options.events.damaged(detail, now);
  }

  private progress(bytes: number): void {
    this.scannedBytes += bytes;
    if (this.scannedBytes - this.toldBytes < RECOVERY_PROGRESS_BYTES) return;
    this.toldBytes = this.scannedBytes;
    const start = this.startPoint as StartingPoint;
    let totalBytes = -start.position;
    for (const { path } of this.segments.slice(start.segment)) totalBytes += this.io.sizeAt(path);
    this.options.outbox.trace({ kind: "log-recovering", path: this.options.directory, scannedBytes: this.scannedBytes, totalBytes });
  }

  /** The newest first: after a crash in between the next recovery finds a shorter log, and goes on. */
  private dropSegments(count: number, now: Now): void {
    const { directory, generations } = this.options;
    const segment = this.segments.length > count ? this.segments.pop() : undefined;
    if (segment === undefined) return this.secureTail(this.segments[count - 1] as Segment, now);
    this.hasDropped = true;
    this.droppedBytes += this.io.sizeAt(segment.path);
    generations.next(segment.path);
    this.io.ask({ type: "delete", path: segment.path }, () =>
      this.io.ask({ type: "sync-directory", path: directory }, (__, later) => this.dropSegments(count, later)),
    );
  }

  private accept(segment: Segment, builder: SparseIndexBuilder, header: BatchHeader): void {
    const { offset, lastOffset, position } = this.startPoint as StartingPoint;
    const isFirst = builder.position === position && position > 0 && header.baseOffset < offset;
    if (isFirst && header.endOffset - 1 !== lastOffset) this.isMistaken = true;
    if (header.baseOffset < offset) {
      if (header.endOffset > offset) this.isMistaken = true;
      builder.push(header, this.options.intervalBytes?.() ?? INDEX_INTERVAL_BYTES);
      if (header.endOffset === offset) segment.know(new BatchIndex({ offset, position: builder.position }), this.options.events.producers(), builder);
      return;
    }
    segment.index.push(header);
    // Then the checkpoint was of another log.
    if (header.leaderEpoch < this.epochs.latestEpoch) this.isMistaken = true;
    else this.epochs.assign(header.leaderEpoch, header.baseOffset);
    this.options.events.batch(header);
  }

  private secureTail(segment: Segment, now: Now): void {
    const { generations, directory } = this.options;
    const { path, sizeInBytes } = segment;
    const torn = this.io.sizeAt(path) - sizeInBytes;
    this.droppedBytes += torn;
    const sync = (): void =>
      this.io.ask({ type: "sync", path }, () => this.io.ask({ type: "sync-directory", path: directory }, (_, at) => this.synced(segment, at)));
    if (torn === 0 && !this.mustSync) return this.finish(now);
    if (torn === 0) return sync();
    invariant(torn > 0, "what was read was there", { path, sizeInBytes, now: now.monotonicUs });
    this.io.ask({ type: "truncate", path, length: sizeInBytes, generation: generations.next(path) }, sync);
  }

  private get mustSync(): boolean {
    return this.options.mustSync || this.hasDropped || this.hasMarker;
  }

  private get hasMarker(): boolean {
    return this.io.has(TRUNCATION_MARKER);
  }

  private synced(segment: Segment, now: Now): void {
    segment.markSynced();
    if (!this.hasMarker) return this.finish(now);
    const path = this.io.pathOf(TRUNCATION_MARKER);
    this.options.generations.next(path);
    this.io.ask({ type: "delete", path }, (_, at) => this.finish(at), "ENOENT");
  }

  private finish(now: Now): void {
    if (this.segments.length === 0) this.segments.push(new Segment(this.options.directory, 0));
    const last = this.checkpoint.at(-1);
    // An epoch that was assigned and in which nothing was written; one that starts elsewhere was lost with a torn tail.
    if (last !== undefined && last.epoch > this.epochs.latestEpoch && last.startOffset === this.end.endOffset) this.epochs.assign(last.epoch, last.startOffset);
    const snapshots = this.io.entries.flatMap(({ name }) => {
      const file = offsetFileOf(name);
      return file?.kind === "snapshot" ? [file.offset] : [];
    });
    const { segments, epochs, droppedBytes, scannedBytes } = this;
    const soundEnd = this.startPoint?.offset ?? 0;
    const isKept = (offset: number): boolean => offset <= soundEnd && !this.isFromBegin && !this.options.hasLostPageCache;
    const [kept, stale] = [snapshots.filter(isKept), snapshots.filter((offset) => !isKept(offset))];
    this.options.events.recovered({ segments, epochs, droppedBytes, scannedBytes, snapshots: kept, staleSnapshots: stale }, now);
  }
}
