import { earlier, type Micros, type Now, offset, type Offset } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import { LogCompaction } from "./compaction/log-compaction.ts";
import { FileGenerations } from "./file-generations.ts";
import { IndexCache } from "./index-cache.ts";
import { JobQueue } from "./job-queue.ts";
import { EPOCH_FILES_AT_A_TIME } from "./leader-epoch-file.ts";
import { COLD_READS_AT_A_TIME, INDEX_CACHE_BYTES, type LogConfig, TAIL_CACHE_BYTES } from "./log-config.ts";
import { LogEnds, type SyncClaim } from "./log-ends.ts";
import { LogEpochs } from "./log-epochs.ts";
import { LogRetention } from "./log-retention.ts";
import type { LogContent } from "./log-reader.ts";
import type { RecoveredLog } from "./recovery-options.ts";
import { LogSyncs } from "./log-syncs.ts";
import { PatientOutbox } from "./patient-outbox.ts";
import type { PartitionLogOptions } from "./partition-log-options.ts";
import type { Snapshot } from "./producer-snapshots.ts";
import { ProducerState } from "./producer-state.ts";
import { type Segment, segmentIndexOf } from "./segment.ts";
import { SegmentDeletions } from "./segment-deletions.ts";
import { SegmentFiles, snapshotOf } from "./segment-files.ts";
import { SegmentList } from "./segment-list.ts";
import { mustRoll } from "./segment-rolling.ts";
import { TailCache } from "./tail-cache.ts";
import { WritePipeline } from "./write-pipeline.ts";

export interface LogRecordsEvents {
  /** An end may have moved, and what waited for a completion may go on. */
  moved(hasMoved: boolean, now: Now): void;
  /** What a read or a truncation was told to wait for is there. */
  readable(now: Now): void;
  /** The files beside the records are all written. */
  settled(now: Now): void;
  /** The log's start has moved, or segments were deleted. */
  startMoved(now: Now): void;
  failed(detail: string, now: Now): void;
  damaged(detail: string, now: Now): void;
  /** From the offset on nothing is compacted any more. */
  uncleanable(offset: number, because: string): void;
  /** The disk has no room, or has some again. */
  fullnessChanged(because: string, now: Now): void;
}

/** The records of a log and all that is told from them: segments, ends, epochs, producers, and the files of each. */
export class LogRecords {
  readonly ends = new LogEnds();
  readonly producers = new ProducerState();
  readonly segments: SegmentList;
  readonly epochs: LogEpochs;
  readonly syncs: LogSyncs;
  readonly files: SegmentFiles;
  readonly pipeline: WritePipeline;
  readonly retention: LogRetention;
  readonly compaction: LogCompaction;
  readonly generations: FileGenerations;
  /** For everything but the records. */
  readonly patient: PatientOutbox;
  private readonly deletions: SegmentDeletions;
  /** Records before it are deleted; some of them may lie in the first segment still. */
  private start = 0;
  private readonly cache: TailCache;
  private readonly config: () => LogConfig;
  private readonly events: LogRecordsEvents;
  /** Taken where a segment ended that recovery went through. */
  private readonly snapshotsTaken: Snapshot[] = [];
  /** Truncations whose marker is not on the disk yet. */
  private unmarked = 0;
  /** The first segment of a log that began anew. */
  private begunAnew: Segment | undefined;

  constructor(options: PartitionLogOptions, config: () => LogConfig, events: LogRecordsEvents) {
    const { outbox, directory, epochFiles = new JobQueue(EPOCH_FILES_AT_A_TIME) } = options;
    const failed = (detail: string, now: Now): void => events.failed(detail, now);
    this.config = config;
    this.events = events;
    this.cache = new TailCache(options.tailCacheBytes ?? TAIL_CACHE_BYTES);
    this.generations = options.generations ?? new FileGenerations();
    this.patient = new PatientOutbox(outbox, events.fullnessChanged, this.generations);
    this.pipeline = this.createPipeline(outbox);
    this.segments = new SegmentList({ directory, generations: this.generations, pipeline: this.pipeline });
    this.syncs = this.createSyncs(outbox, directory);
    this.epochs = new LogEpochs({ outbox: this.patient, directory, queue: epochFiles, failed, settled: (now) => this.files.goOn(now) });
    this.files = this.createFiles(options);
    this.deletions = new SegmentDeletions({ outbox: this.patient, directory, generations: this.generations, config, failed });
    this.compaction = this.createCompaction(options);
    this.retention = this.createRetention();
  }

  get startOffset(): number {
    return this.start;
  }

  /**
   * By the names of the files: 1. a segment is to go, and the log starts behind it; 2. the process ends before its file is renamed; 3. the next one
   * finds it.
   */
  get firstFileOffset(): number {
    return this.deletions.firstOffset ?? this.segments.first.baseOffset;
  }

  /** It began anew, and the file that says where is not on the disk yet. */
  get isBeginningAnew(): boolean {
    return this.begunAnew?.isEntryDurable === false;
  }

  /** The disk has no room for what was accepted, or for what has to be written to begin. */
  get isFull(): boolean {
    return this.pipeline.isFull || this.patient.isWaiting;
  }

  /** When a full disk is tried again, `flush.ms` wants a sync, or files of deleted segments go. */
  get nextDeadlineUs(): Micros | undefined {
    const retriesAt = earlier(this.pipeline.nextDeadlineUs, this.patient.nextDeadlineUs);
    return earlier(this.syncs.nextDeadlineUs, earlier(retriesAt, this.deletions.nextDeadlineUs));
  }

  /** Tries a full disk again; lets deleted files go. */
  deadline(now: Now): void {
    this.pipeline.deadline(now);
    this.patient.deadline(now);
    this.deletions.deadline(now);
  }

  get content(): LogContent {
    return { segments: this.segments.all, cold: this.files.cold, cache: this.cache, generations: this.generations };
  }

  /** Where the earliest transaction begins that is open, or whose marker is not below the high watermark; undefined without any. */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined {
    const first = this.producers.transactions.firstUnstableOffset(highWatermark);
    return first === undefined ? undefined : offset(first);
  }

  get isEmpty(): boolean {
    return this.ends.appendedEnd === this.segments.first.baseOffset;
  }

  /** All that was appended has been written, and nothing else waits. */
  get isWritten(): boolean {
    return this.pipeline.isDrained && this.ends.fileEnd >= this.ends.appendedEnd;
  }

  append(bytes: Uint8Array, header: BatchHeader, now: Now | undefined): void {
    const { active } = this.segments;
    const segment = mustRoll(active, header, this.config()) ? this.roll() : active;
    if (segment.isEmpty) segment.firstTimestampMs = header.maxTimestamp;
    if (now !== undefined) segment.changedAtMs = now.wallMs;
    segment.index.push(header);
    this.cache.push(header.baseOffset, header.endOffset, bytes);
    this.fold(header, segment);
    this.epochs.assign(header.leaderEpoch, header.baseOffset);
    this.pipeline.append(segment, bytes, { position: segment.sizeInBytes, offset: header.endOffset });
    this.ends.appendedEnd = header.endOffset;
    this.syncs.appended(now);
  }

  /** As another replica wrote them. */
  appendAll(bytes: Uint8Array, headers: readonly BatchHeader[], now: Now): void {
    let position = 0;
    for (const header of headers) {
      // An epoch in which we led and wrote nothing, where the leader that came after has records of an older one.
      if (header.leaderEpoch < this.epochs.latest) this.epochs.truncateFromEnd(header.baseOffset);
      this.append(bytes.subarray(position, position + header.sizeInBytes), header, now);
      position += header.sizeInBytes;
    }
  }

  /** The batch is the segment's last one. */
  fold(header: BatchHeader, segment: Segment): void {
    const ended = this.producers.update(header);
    if (ended?.isAborted !== true) return;
    const { producerId, firstOffset, lastOffset } = ended;
    const lastStableOffset = this.producers.transactions.firstOngoingOffset ?? lastOffset + 1;
    this.files.aborted(segment, { producerId, firstOffset, lastOffset, lastStableOffset });
  }

  /** False where what stands there must be read first. */
  dropFrom(toOffset: Offset): boolean {
    const { all } = this.segments;
    const number = segmentIndexOf(all, toOffset);
    const kept = all[number] as Segment;
    if (!this.compaction.allowsCut(toOffset) || !this.files.canCut(kept, toOffset)) return false;
    const marked = this.holdFiles();
    const keptEnd = kept.index.baseOffsetAt(kept.index.indexOfOffset(toOffset));
    const stale = this.files.truncate(keptEnd, kept, all.slice(number + 1));
    const { endOffset, hadProducers } = this.segments.truncate(toOffset, stale, marked);
    if (kept.isEmpty) kept.firstTimestampMs = undefined;
    kept.closedWith = undefined;
    kept.isClosed = false;
    this.retention.forget();
    this.compaction.truncate(endOffset);
    // The batch that holds the log's start went whole.
    this.start = Math.min(this.start, endOffset);
    this.syncs.truncate(endOffset);
    this.ends.truncate(endOffset);
    this.cache.truncate(endOffset);
    // Their state is a fold over the batches that are left.
    if (!hadProducers) return true;
    this.producers.restore(kept.producersAtStart ?? []);
    for (let at = 0; at < kept.index.length; at++) this.producers.update(kept.index.headerAt(at));
    return true;
  }

  restart(startOffset: Offset): void {
    this.retention.forget();
    const marked = this.holdFiles();
    const dropped = { stale: this.files.restart(this.segments.all), leaving: this.deletions.abandon(), replacing: this.compaction.restart() };
    this.segments.restart(startOffset, dropped, { marked, begun: (now) => this.events.moved(true, now) });
    this.start = startOffset;
    this.begunAnew = this.segments.active;
    this.begunAnew.setProducersAtStart([]);
    this.syncs.truncate(-1);
    this.ends.reset(startOffset);
    this.cache.truncate(0);
    this.producers.clear();
    this.epochs.clear();
  }

  /** Records before `toOffset` are deleted: nobody is given them any more. What they told of producers stays. False: they are already. */
  moveStartTo(toOffset: number): boolean {
    if (toOffset <= this.start) return false;
    this.start = toOffset;
    this.epochs.truncateFromStart(toOffset);
    return true;
  }

  /** What the producers are at the log's end. */
  snapshot(): Snapshot {
    return snapshotOf(this.ends.appendedEnd, this.producers.all());
  }

  /** Recovery has come to the end of a closed segment. */
  scanned(segment: Segment): void {
    this.files.scanned(segment);
    this.snapshotsTaken.push(snapshotOf(segment.endOffset, this.producers.all()));
  }

  /**
   * What recovery found. Only closed segments count as synced, each was before anything was written to the next, and what recovery synced itself. What
   * the last process wrote of its recovery point may be of before a truncation:
   *
   * 1. it says 23, and the log loses all: with the power, or to its leader; 2. the log grows to 30, unsynced; 3. the process is killed before it has
   * written another one; 4. the next start would take 23 of the new records for synced.
   *
   * So `recoveryPoint` only tells when the next background sync is due, as does the snapshot that recovery began at: ten thousand logs are not to ask for
   * one at once.
   */
  adopt(log: RecoveredLog, { recoveryPoint, startOffset }: { readonly recoveryPoint: number; readonly startOffset: number }, now: Now): void {
    this.segments.adopt(log.segments);
    this.epochs.adopt(log.epochs, log.isEpochFileStale);
    const { active } = this.segments;
    for (const segment of log.segments) {
      segment.changedAtMs = now.wallMs;
      segment.isClosed = segment !== active;
    }
    const { index } = active;
    if (active.producersAtStart === undefined) active.setProducersAtStart([...this.producers.all()]);
    this.ends.reset(active.endOffset, active.isEntryDurable ? active.endOffset : active.baseOffset);
    const askedEnd = Math.max(index.startOffset, Math.min(recoveryPoint, active.endOffset));
    active.syncAskedBytes = Math.max(active.syncAskedBytes, index.positionAt(index.indexOfOffset(askedEnd)));
    // The checkpoint may be of before a truncation, or of a log of the same name before this one.
    this.start = Math.min(Math.max(this.segments.first.baseOffset, startOffset), active.endOffset);
    this.epochs.truncateFromStart(this.start);
    this.compaction.recovered(active.endOffset);
    this.files.adopt(log, this.snapshotsTaken.splice(0));
  }

  stop(): void {
    this.compaction.stop();
    this.pipeline.stop();
    this.syncs.stop();
    this.epochs.stop();
    this.files.stop();
    this.deletions.stop();
    this.patient.stop();
  }

  /** Files that speak of records which are about to go stay as they are until what it returns is called. */
  private holdFiles(): () => void {
    this.unmarked++;
    this.epochs.hold();
    this.files.hold();
    return () => {
      if (--this.unmarked > 0) return;
      this.epochs.resume();
      this.files.resume();
    };
  }

  private roll(): Segment {
    const closed = this.segments.active;
    const claim = this.ends.claim(closed.endOffset);
    const snapshot = this.snapshot();
    closed.closedWith = snapshot;
    // 1. The sync of a full segment is under way; 2. the log is cut within it, and it is open again; 3. the sync is done: what it closed is no more.
    const done = (now: Now): void => {
      if (closed.closedWith === snapshot) {
        closed.isClosed = true;
        this.files.closed(closed, snapshot);
      }
      this.events.moved(this.ends.synced(claim, this.config().flushMessages), now);
    };
    const next = this.segments.roll({ done, abandoned: () => this.ends.abandon(claim) });
    next.setProducersAtStart([...this.producers.all()]);
    return next;
  }

  /** Oldest first, whole ones; the files follow. */
  private deleteFirst(count: number, now: Now): void {
    const dropped = this.segments.takeFirst(count);
    const startOffset = this.segments.first.baseOffset;
    this.files.dropFirst(dropped);
    this.moveStartTo(startOffset);
    this.deletions.add(dropped, { startOffset, now });
    this.events.startMoved(now);
  }

  private written(endOffset: number, now: Now): void {
    const hasMoved = this.ends.written(endOffset, this.config().flushMessages);
    this.cache.trim(this.ends.fileEnd);
    this.files.written(this.segments.active);
    this.events.moved(hasMoved, now);
  }

  private synced(claim: SyncClaim, snapshot: Snapshot | undefined, now: Now): void {
    const { active } = this.segments;
    if (snapshot !== undefined && snapshot.offset > active.baseOffset) this.files.synced(active, snapshot);
    this.events.moved(this.ends.synced(claim, this.config().flushMessages), now);
  }

  private createRetention(): LogRetention {
    return new LogRetention({
      segments: () => this.segments.all,
      startOffset: () => this.start,
      syncedEnd: () => this.ends.syncedEnd,
      config: this.config,
      cold: this.files.cold,
      isWriting: () => this.files.isBusy || this.epochs.isFileBusy,
      isCompacting: () => this.compaction.isRunning,
      roll: () => this.roll(),
      secure: (segment) => this.segments.secure(segment, (now) => this.retention.goOn(now)),
      deleteFirst: (count, now) => this.deleteFirst(count, now),
    });
  }

  private createCompaction({ outbox, directory, compression, cleanedEnd }: PartitionLogOptions): LogCompaction {
    const { generations, config, segments, files, cache, producers, deletions, events } = this;
    const settled = (now: Now): void => {
      events.readable(now);
      events.moved(false, now);
    };
    const { uncleanable, failed } = events;
    const known = { generations, config, segments, files, cache, producers, deletions };
    return new LogCompaction({ ...known, outbox, directory, compression, cleanedEnd, settled, uncleanable, failed });
  }

  private createPipeline(outbox: Outbox): WritePipeline {
    const { events } = this;
    return new WritePipeline({
      outbox,
      events: {
        written: (endOffset, now) => this.written(endOffset, now),
        released: (now) => events.moved(false, now),
        failed: (detail, now) => events.failed(detail, now),
        foundNoRoom: () => this.ends.foundNoRoom(),
        fullnessChanged: (because, now) => events.fullnessChanged(because, now),
        cutBack: ({ path, writtenBytes: length }) => ({ type: "truncate", path, length, generation: this.generations.next(path) }),
      },
    });
  }

  private createSyncs(outbox: Outbox, directory: string): LogSyncs {
    return new LogSyncs({
      outbox,
      directory,
      ends: this.ends,
      config: this.config,
      snapshot: () => this.snapshot(),
      synced: (claim, snapshot, now) => this.synced(claim, snapshot, now),
      failed: (detail, now) => this.events.failed(detail, now),
      isLive: (segment) => this.segments.all.includes(segment),
    });
  }

  private createFiles({ outbox, directory, indexCache, coldReads }: PartitionLogOptions): SegmentFiles {
    return new SegmentFiles({
      outbox,
      patient: this.patient,
      directory,
      generations: this.generations,
      cache: indexCache ?? new IndexCache(INDEX_CACHE_BYTES),
      coldReads: coldReads ?? new JobQueue(COLD_READS_AT_A_TIME),
      config: this.config,
      segments: () => this.segments.all,
      isEpochFileReady: () => !this.epochs.isFileBusy,
      events: this.events,
    });
  }
}
