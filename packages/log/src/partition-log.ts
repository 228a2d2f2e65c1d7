import { type CompressionPorts, setBaseOffset, setPartitionLeaderEpoch } from "@samsa/protocol/records";
import { invariant, leaderEpoch, type LeaderEpoch, type Micros, micros, type Now, offset, type Offset } from "@samsa/stdx";
import { type BatchHeader, batchHeaderAt } from "./batch-header.ts";
import { checkFetched } from "./fetched-batches.ts";
import { FileGenerations } from "./file-generations.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { encodeEpochCheckpoint } from "./leader-epoch-checkpoint.ts";
import { BACKGROUND_SYNC_BYTES, type LogConfig, TAIL_CACHE_BYTES } from "./log-config.ts";
import { EpochFileQueue, LeaderEpochFile } from "./leader-epoch-file.ts";
import { LogDeletion } from "./log-deletion.ts";
import { LogEnds } from "./log-ends.ts";
import { type Candidate, findCandidate, headersIn, type LogContent, readLog } from "./log-reader.ts";
import { LogRecovery, type RecoveredLog } from "./log-recovery.ts";
import { type EpochEnd, type FollowerAppend, type LeaderAppend, type LogRead, rejected, type Rejected, type TimestampedOffset } from "./log-results.ts";
import { type ProducerEntry, ProducerState } from "./producer-state.ts";
import type { PartitionLogOptions } from "./partition-log-options.ts";
import { refuseProduced, stampAppendTime } from "./produced-batch.ts";
import type { Segment } from "./segment.ts";
import { SegmentList } from "./segment-list.ts";
import { SegmentSyncer } from "./segment-syncer.ts";
import { TailCache } from "./tail-cache.ts";
import { TimestampSearch } from "./timestamp-search.ts";
import { WritePipeline } from "./write-pipeline.ts";

/** Offsets of a segment's records relative to its base are 32 bits in Kafka's index files. */
const SEGMENT_OFFSETS_MAX = 0x7fff_ffff;
const NO_CODECS: CompressionPorts = {};

/**
 * One partition's log, in Kafka's files; satisfies the `ReplicaLog` port of `@samsa/replication`.
 *
 *     new ──recover──▶ recovering ──▶ ready ──failed append, sync or truncation──▶ offline
 *                          └──damage, I/O error──▶ offline ◀┘
 *                          └──another topic's files──▶ its owner is told, and closes or deletes it
 *     any ──close, delete──▶ closed
 *
 * | state | appends | reads | effects |
 * |---|---|---|---|
 * | new, recovering | KAFKA_STORAGE_ERROR | nothing | recovery's |
 * | ready | yes | yes | yes |
 * | offline, closed | KAFKA_STORAGE_ERROR | nothing | none; `delete` its own |
 *
 * Offline is for good: the end of the file is not known after a failed append, and an offset that may have been seen is
 * never given again. logStartOffset ≤ syncedEnd ≤ writtenEnd ≤ appendedEnd.
 */
export class PartitionLog {
  readonly directory: string;
  private readonly options: PartitionLogOptions;
  private readonly generations: FileGenerations;
  private readonly pipeline: WritePipeline;
  private readonly syncer: SegmentSyncer;
  private readonly epochFile: LeaderEpochFile;
  private readonly ends = new LogEnds();
  private readonly producers = new ProducerState();
  private readonly cache: TailCache;
  private config: LogConfig;
  private recovery: LogRecovery | undefined;
  private state: "new" | "recovering" | "ready" | "offline" | "closed" = "new";
  private readonly segments: SegmentList;
  private epochs = new LeaderEpochCache();
  private isSyncWanted = false;
  /** When the oldest record was appended that no sync asked for so far covers. */
  private unsyncedSinceUs: Micros | undefined;
  /** Of the last input: a look-up that needs no read is answered within the call. */
  private now: Now | undefined;

  constructor(options: PartitionLogOptions) {
    const { outbox, directory } = options;
    this.options = options;
    this.directory = directory;
    this.config = options.config;
    this.cache = new TailCache(options.tailCacheBytes ?? TAIL_CACHE_BYTES);
    this.generations = options.generations ?? new FileGenerations();
    const failed = (detail: string, now: Now): void => this.fail(detail, now);
    const written = (endOffset: number, now: Now): void => this.written(endOffset, now);
    this.pipeline = new WritePipeline({ outbox, events: { written, released: (now) => this.movedIf(false, now), failed } });
    this.segments = new SegmentList({ directory, generations: this.generations, pipeline: this.pipeline });
    this.syncer = new SegmentSyncer({
      outbox,
      directory,
      events: {
        synced: (claim, now) => this.movedIf(this.ends.synced(claim, this.config.flushMessages), now),
        failed,
        isLive: (segment) => this.segments.all.includes(segment),
      },
    });
    this.epochFile = new LeaderEpochFile({ outbox, directory, queue: options.epochFiles ?? new EpochFileQueue(), failed });
  }

  get logStartOffset(): Offset {
    return offset(this.segments.first.baseOffset);
  }
  get appendedEnd(): Offset {
    return offset(this.ends.appendedEnd);
  }
  get writtenEnd(): Offset {
    return offset(this.ends.writtenEnd);
  }
  get syncedEnd(): Offset {
    return offset(this.ends.syncedEnd);
  }
  get latestEpoch(): LeaderEpoch {
    return leaderEpoch(this.epochs.latestEpoch);
  }
  get isOffline(): boolean {
    return this.state === "offline" || this.state === "closed";
  }
  get isReady(): boolean {
    return this.state === "ready";
  }
  /** Kafka's names of the segments' files, oldest first. */
  get segmentPaths(): readonly string[] {
    return this.segments.all.map(({ path }) => path);
  }
  /** What is remembered of the idempotent producers, in the order of their last append. */
  get producerEntries(): readonly ProducerEntry[] {
    return [...this.producers.all()];
  }
  get epochEntries(): readonly { readonly epoch: number; readonly startOffset: number }[] {
    return this.epochs.all();
  }

  /** Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`; for those who compare logs. */
  batchesIn(startOffset: number, endOffset: number): Iterable<BatchHeader> {
    return headersIn(this.segments.all, startOffset, endOffset);
  }

  /** Takes effect from the next append on. */
  reconfigure(config: LogConfig): void {
    this.config = config;
  }

  /** Once, before anything else: reads what the directory holds, or makes it. Ends with `logRecovered`, `logForeign` or `logFailed`. */
  recover(now: Now): void {
    invariant(this.state === "new", "a log recovers once", { directory: this.directory, state: this.state });
    const { outbox, directory, topicId } = this.options;
    this.state = "recovering";
    this.now = now;
    this.recovery = new LogRecovery({
      outbox,
      directory,
      topicId,
      generations: this.generations,
      hasLostPageCache: this.options.hasLostPageCache === true,
      // Else more could count as written, and be given away, than may stand behind the last sync.
      mustSync: this.config.flushMessages !== undefined || this.config.flushMs !== undefined,
      events: {
        batch: (header) => this.producers.update(header),
        recovered: (log, at) => this.recovered(log, at),
        failed: (detail, at) => this.fail(detail, at),
        foreign: (found, at) => this.options.listener.logForeign(found, at),
      },
    });
    this.recovery.start();
  }

  assignEpoch(epoch: LeaderEpoch): void {
    if (this.state === "ready" && this.epochs.assign(epoch, this.appendedEnd)) this.saveEpochs();
  }

  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd {
    const end = this.epochs.endOffsetFor(epoch, this.appendedEnd);
    return { leaderEpoch: leaderEpoch(end.epoch), endOffset: offset(end.endOffset) };
  }

  epochBefore(at: Offset): LeaderEpoch {
    return leaderEpoch(at <= this.logStartOffset ? -1 : this.epochs.epochAt(at - 1));
  }

  appendAsLeader(records: Uint8Array, epoch: LeaderEpoch, now: Now): LeaderAppend {
    this.now = now;
    const refusal = this.whyNotWritable() ?? refuseProduced(records, this.config, now);
    if (refusal !== undefined) return refusal;
    const check = this.producers.check(batchHeaderAt(records, 0));
    if (check.type === "rejected") return check;
    if (check.type === "duplicate") {
      const { baseOffset, endOffset, maxTimestamp } = check.batch;
      const logAppendTimeMs = this.config.messageTimestampType === "LogAppendTime" ? maxTimestamp : -1;
      return { type: "duplicate", baseOffset: offset(baseOffset), endOffset: offset(endOffset), logAppendTimeMs };
    }
    invariant(epoch >= this.epochs.latestEpoch, "a leader's epoch is the latest of its log", { epoch, latest: this.epochs.latestEpoch });
    const baseOffset = this.appendedEnd;
    setBaseOffset(records, 0, baseOffset);
    setPartitionLeaderEpoch(records, 0, epoch);
    const logAppendTimeMs = stampAppendTime(records, this.config, now);
    this.accept(records, batchHeaderAt(records, 0));
    this.traceAppend(baseOffset, epoch);
    return { type: "appended", baseOffset, endOffset: this.appendedEnd, logAppendTimeMs };
  }

  /** All of the whole batches, or none. */
  appendAsFollower(records: Uint8Array, now: Now): FollowerAppend {
    this.now = now;
    const refusal = this.whyNotWritable();
    if (refusal !== undefined) return refusal;
    const checked = checkFetched(records, { endOffset: this.appendedEnd, leaderEpoch: this.epochBefore(this.appendedEnd) });
    if (checked.type === "rejected") return checked;
    this.acceptAll(records, checked.headers);
    return { type: "appended", endOffset: this.appendedEnd };
  }

  /**
   * Drops the batch that holds `offset` and all behind it: where `offset` is no batch's first, the log ends before it.
   * The dropped records are gone for every later call; the files follow.
   */
  truncateTo(toOffset: Offset, because: string): void {
    if (this.state !== "ready") return;
    invariant(toOffset >= this.logStartOffset, "a truncation within the log", { toOffset, logStartOffset: this.logStartOffset });
    const fromOffset = this.appendedEnd;
    if (toOffset < fromOffset) this.dropFrom(toOffset);
    // Also without records: an epoch that was assigned at the end, and in which another leader was the one that wrote.
    if (this.epochs.truncateFromEnd(Math.min(toOffset, this.appendedEnd))) this.saveEpochs();
    if (toOffset < fromOffset) this.traceTruncation(fromOffset, because);
    this.flushTurn();
  }

  truncateFullyAndStartAt(startOffset: Offset): void {
    if (this.state !== "ready") return;
    const fromOffset = this.appendedEnd;
    this.segments.restart(startOffset);
    this.ends.reset(startOffset);
    this.cache.truncate(0);
    this.producers.clear();
    this.epochs.clear();
    this.saveEpochs();
    this.traceTruncation(fromOffset, `the log begins anew at ${startOffset}`);
    this.flushTurn();
  }

  read(startOffset: Offset, endOffset: Offset, maxBytes: number): LogRead {
    if (this.state !== "ready" || startOffset >= endOffset) return { parts: [], sizeInBytes: 0, endOffset: startOffset };
    const { logStartOffset, appendedEnd } = this;
    invariant(startOffset >= logStartOffset && endOffset <= appendedEnd, "a read within the log", { startOffset, endOffset, appendedEnd });
    return readLog(this.content, { startOffset, endOffset, maxBytes });
  }

  /** `found` is called within the call when no file must be read. Finds nothing in a log that is not ready. */
  findByTimestamp(timestampMs: number, endOffset: Offset, found: (result: TimestampedOffset | undefined, now: Now) => void): void {
    const { now } = this;
    invariant(now !== undefined, "a log that is asked was recovered", { directory: this.directory });
    if (this.state !== "ready") return found(undefined, now);
    const { outbox, compression = NO_CODECS } = this.options;
    const candidateFrom = (fromOffset: number): Candidate | undefined => {
      // A truncation, or a failure, may have overtaken the search.
      if (this.state !== "ready") return undefined;
      return findCandidate(this.content, { fromOffset, endOffset: Math.min(endOffset, this.appendedEnd), timestampMs });
    };
    const failed = (detail: string, at: Now): void => this.fail(detail, at);
    new TimestampSearch({ outbox, timestampMs, endOffset, compression, candidateFrom, found, failed }, this.logStartOffset).run(now);
  }

  /** Once a turn, before the outbox is drained: one append effect for each file that the turn's batches go to. */
  flushTurn(): void {
    if (this.state !== "ready") return;
    this.pipeline.pump();
    const { flushMessages } = this.config;
    const { active } = this.segments;
    const isDue = flushMessages !== undefined && this.ends.appendedEnd - this.ends.syncedEnd >= flushMessages;
    if (!isDue && !this.isSyncWanted && active.emittedBytes - active.syncAskedBytes < BACKGROUND_SYNC_BYTES) return;
    if (!this.pipeline.isDrained || this.syncer.isBusy) return;
    this.isSyncWanted = false;
    this.unsyncedSinceUs = undefined;
    if (this.ends.syncedEnd < this.ends.appendedEnd) this.syncer.start(active, this.ends.claim(this.ends.appendedEnd));
  }

  /** When `flush.ms` wants a sync; not while one is wanted already and waits for the writes before it. */
  get nextDeadlineUs(): Micros | undefined {
    const { flushMs } = this.config;
    if (this.state !== "ready" || flushMs === undefined || this.unsyncedSinceUs === undefined || this.isSyncWanted) return undefined;
    return micros(this.unsyncedSinceUs + flushMs * 1000);
  }

  deadline(now: Now): void {
    const at = this.nextDeadlineUs;
    if (at !== undefined && at <= now.monotonicUs) this.sync(now);
  }

  /** Asks for a sync of all that was appended; `syncedEnd` moves when it is done. */
  sync(now: Now): void {
    this.now = now;
    this.isSyncWanted = true;
    this.flushTurn();
  }

  /** No effect goes out any more, and nobody is told anything. Unwritten batches are lost; Kafka's stop syncs first. */
  close(): void {
    this.state = "closed";
    this.stopParts();
  }

  /** Closes the log and deletes its files, whatever its state. `done` or `failed` is called in the end. */
  delete(done: (now: Now) => void, failed: (detail: string, now: Now) => void): void {
    const { outbox } = this.options;
    this.close();
    new LogDeletion({ outbox, directory: this.directory, generations: this.generations, done, failed }).start();
  }

  private get content(): LogContent {
    return { segments: this.segments.all, cache: this.cache, generations: this.generations };
  }

  private whyNotWritable(): Rejected | undefined {
    return this.state === "ready" ? undefined : rejected("KAFKA_STORAGE_ERROR", `the log of ${this.directory} is ${this.state}`);
  }

  private acceptAll(records: Uint8Array, headers: readonly BatchHeader[]): void {
    let position = 0;
    for (const header of headers) {
      // An epoch in which we led and wrote nothing, where the leader that came after has records of an older one.
      if (header.leaderEpoch < this.epochs.latestEpoch && this.epochs.truncateFromEnd(header.baseOffset)) this.saveEpochs();
      this.accept(records.subarray(position, position + header.sizeInBytes), header);
      this.traceAppend(header.baseOffset, header.leaderEpoch);
      position += header.sizeInBytes;
    }
  }

  private accept(bytes: Uint8Array, header: BatchHeader): void {
    const { active } = this.segments;
    const isFull = active.sizeInBytes + header.sizeInBytes > this.config.segmentBytes || header.endOffset - active.baseOffset > SEGMENT_OFFSETS_MAX;
    const segment = isFull && active.index.length > 0 ? this.roll() : active;
    segment.index.push(header);
    this.cache.push(header.baseOffset, header.endOffset, bytes);
    this.producers.update(header);
    if (this.epochs.assign(header.leaderEpoch, header.baseOffset)) this.saveEpochs();
    this.pipeline.append(segment, bytes, { position: segment.sizeInBytes, offset: header.endOffset });
    this.ends.appendedEnd = header.endOffset;
    this.unsyncedSinceUs ??= this.now?.monotonicUs;
  }

  private roll(): Segment {
    const claim = this.ends.claim(this.segments.active.endOffset);
    const done = (now: Now): void => this.movedIf(this.ends.synced(claim, this.config.flushMessages), now);
    return this.segments.roll({ done, abandoned: () => this.ends.abandon(claim) });
  }

  private dropFrom(toOffset: Offset): void {
    const { endOffset, hadProducers } = this.segments.truncate(toOffset);
    this.ends.truncate(endOffset);
    this.cache.truncate(endOffset);
    // Their state is a fold over the batches that are left; the index has all of it, so that no file is read.
    if (hadProducers) this.producers.rebuild(this.batchesIn(this.logStartOffset, endOffset));
  }

  private recovered({ segments, epochs, droppedBytes }: RecoveredLog, now: Now): void {
    this.segments.adopt(segments);
    this.epochs = epochs;
    const { active } = this.segments;
    // A segment is synced before anything is written to the next one.
    this.ends.reset(active.endOffset, active.isEntryDurable ? active.endOffset : active.baseOffset);
    this.state = "ready";
    this.now = now;
    this.options.outbox.trace({ kind: "log-recovered", path: this.directory, endOffset: this.appendedEnd, droppedBytes });
    this.options.listener.logRecovered(now);
  }

  private written(endOffset: number, now: Now): void {
    const hasMoved = this.ends.written(endOffset, this.config.flushMessages);
    this.cache.trim(this.ends.fileEnd);
    this.movedIf(hasMoved, now);
  }

  /** Also lets out what waited for the completion: a sync that was wanted while another one, or a barrier, was under way. */
  private movedIf(hasMoved: boolean, now: Now): void {
    this.now = now;
    if (hasMoved) this.options.listener.endsMoved(now);
    this.flushTurn();
  }

  private saveEpochs(): void {
    this.epochFile.replace(() => encodeEpochCheckpoint(this.epochs.all()));
  }

  private fail(detail: string, now: Now): void {
    if (this.isOffline) return;
    const { topic, partition, outbox, listener } = this.options;
    this.state = "offline";
    this.stopParts();
    outbox.trace({ kind: "replica-offline", topic, partition, because: detail });
    listener.logFailed(detail, now);
  }

  private stopParts(): void {
    this.pipeline.stop();
    this.syncer.stop();
    this.epochFile.stop();
    this.recovery?.stop();
  }

  private traceAppend(baseOffset: number, epoch: number): void {
    const { outbox, topic, partition } = this.options;
    if (outbox.isDetailed) outbox.trace({ kind: "append", topic, partition, baseOffset, endOffset: this.appendedEnd, leaderEpoch: epoch });
  }

  private traceTruncation(fromOffset: number, because: string): void {
    const { outbox, topic, partition } = this.options;
    outbox.trace({ kind: "truncate", topic, partition, toOffset: this.appendedEnd, fromOffset, because });
  }
}
