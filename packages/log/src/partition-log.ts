import { type CompressionPorts, setBaseOffset, setPartitionLeaderEpoch } from "@samsa/protocol/records";
import { invariant, type LeaderEpoch, type Micros, NO_EPOCH, type Now, offset, type Offset } from "@samsa/stdx";
import { type BatchHeader, batchHeaderAt } from "./batch-header.ts";
import { checkFetched, checkFirstFetched } from "./fetched-batches.ts";
import type { LogConfig } from "./log-config.ts";
import type { LogCompaction } from "./compaction/log-compaction.ts";
import { LogDeletion } from "./log-deletion.ts";
import { type Candidate, findCandidate, headersIn, readLog } from "./log-reader.ts";
import { LogStop } from "./log-stop.ts";
import { LogTrace } from "./log-trace.ts";
import type { LogRecovery } from "./log-recovery.ts";
import { recoveryOf } from "./recovery-of-log.ts";
import type { RecoveredLog } from "./recovery-options.ts";
import { type EpochEnd, type FollowerAppend, type LeaderAppend, type LogRead, rejected, type Rejected, type TimestampedOffset } from "./log-results.ts";
import { type ProducerEntry } from "./producer-state.ts";
import type { PartitionLogOptions } from "./partition-log-options.ts";
import { duplicateOf, refuseProduced, stampAppendTime, storedAs } from "./produced-batch.ts";
import { type TimestampQuery, TimestampSearches } from "./timestamp-searches.ts";
import { LogRecords } from "./log-records.ts";
import { type SegmentSpan, spansIn } from "./segment.ts";

/**
 * One partition's log, in Kafka's files; satisfies the `ReplicaLog` port of `@samsa/replication`.
 *
 *     new ──recover──▶ recovering ──▶ ready ──failed append, sync or truncation──▶ offline
 *                          └──damage, I/O error──▶ offline ◀┘
 *                          └──another topic's files──▶ its owner is told, and closes or deletes it
 *     ready ──stop──▶ stopping ──all written──▶ closed
 *     any ──close, delete──▶ closed
 *
 * | state | appends | reads | effects |
 * |---|---|---|---|
 * | new, recovering | KAFKA_STORAGE_ERROR | nothing | recovery's |
 * | ready | yes | yes | yes |
 * | stopping | KAFKA_STORAGE_ERROR | nothing | those that write what is in memory |
 * | offline, closed | KAFKA_STORAGE_ERROR | nothing | none; `delete` its own |
 *
 * Offline is for good: the end of the file is not known after a failed append, and an offset that may have been seen is
 * never given again. logStartOffset ≤ syncedEnd ≤ writtenEnd ≤ appendedEnd.
 */
export class PartitionLog {
  readonly directory: string;
  private readonly options: PartitionLogOptions;
  private readonly records: LogRecords;
  private readonly searches: TimestampSearches;
  private readonly traceOut: LogTrace;
  private config: LogConfig;
  private recovery: LogRecovery | undefined;
  private state: "new" | "recovering" | "ready" | "stopping" | "offline" | "closed" = "new";
  private stopping: LogStop | undefined;
  /** Of the last input: a look-up that needs no read is answered within the call. */
  private now: Now | undefined;

  constructor(options: PartitionLogOptions) {
    this.options = options;
    this.directory = options.directory;
    this.config = options.config;
    const failed = (detail: string, now: Now): void => this.goOffline("logFailed", detail, now);
    this.records = new LogRecords(options, () => this.config, {
      moved: (hasMoved, now) => this.movedIf(hasMoved, now),
      readable: (now) => this.readable(now),
      settled: (now) => this.movedIf(false, now),
      startMoved: (now) => options.listener.startMoved?.(now),
      failed,
      damaged: (detail, now) => this.goOffline("logDamaged", detail, now),
      uncleanable: (fromOffset, because) => this.traceOut.uncleanable(fromOffset, because),
      fullnessChanged: (because, now) => {
        options.listener.fullnessChanged?.(because, now);
        this.stopIf(now);
      },
    });
    this.searches = new TimestampSearches({
      outbox: options.outbox,
      compression: options.compression,
      candidateFrom: (from, query) => this.candidateFrom(from, query),
      isDeleted: (endOffset) => endOffset <= this.records.segments.first.baseOffset,
      failed,
    });
    this.traceOut = new LogTrace(options.outbox, options.topic, options.partition);
  }

  /** At or behind the first segment's first record. */
  get logStartOffset(): Offset {
    return offset(this.records.startOffset);
  }
  /** By the name of its file. */
  get firstSegmentOffset(): Offset {
    return offset(this.records.segments.first.baseOffset);
  }
  /** Where the next process would let the log begin if nothing else told it. */
  get firstFileOffset(): Offset {
    return offset(this.records.firstFileOffset);
  }
  get appendedEnd(): Offset {
    return offset(this.records.ends.appendedEnd);
  }
  get writtenEnd(): Offset {
    return offset(this.records.ends.writtenEnd);
  }
  get syncedEnd(): Offset {
    return offset(this.records.ends.syncedEnd);
  }
  get latestEpoch(): LeaderEpoch {
    return this.records.epochs.latest;
  }
  get epochBeforeStart(): LeaderEpoch {
    return this.records.epochs.beforeStart;
  }
  get isBeginningAnew(): boolean {
    return this.records.isBeginningAnew;
  }
  get isOffline(): boolean {
    return this.state === "offline" || this.state === "closed";
  }
  /** The disk has no room for what was accepted already: nothing more is, until it has. */
  get isFull(): boolean {
    return !this.isOffline && this.records.isFull;
  }
  get sizeInBytes(): number {
    return this.records.segments.all.reduce((sum, { sizeInBytes }) => sum + sizeInBytes, 0);
  }
  get isReady(): boolean {
    return this.state === "ready";
  }
  /** For a log that is ready. */
  get compaction(): LogCompaction {
    return this.records.compaction;
  }
  /** Kafka's names of the segments' files, oldest first. */
  get segmentPaths(): readonly string[] {
    return this.records.segments.all.map(({ path }) => path);
  }
  /** What is remembered of the idempotent producers, in the order of their last append. */
  get producerEntries(): readonly ProducerEntry[] {
    return [...this.records.producers.all()];
  }
  get epochEntries(): readonly { readonly epoch: number; readonly startOffset: number }[] {
    return this.records.epochs.all;
  }

  /** Of each segment with offsets in the range: from where on its batches are known one by one; for those who compare logs. */
  segmentSpans(startOffset: number, endOffset: number): readonly SegmentSpan[] {
    return spansIn(this.records.segments.all, startOffset, endOffset);
  }
  /** Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`, as far as they are known one by one. */
  batchesIn(startOffset: number, endOffset: number): readonly BatchHeader[] {
    return headersIn(this.records.segments.all, startOffset, endOffset);
  }
  /** Takes effect from the next append on. */
  reconfigure(config: LogConfig): void {
    this.config = config;
  }

  /** Once, before anything else: reads what the directory holds, or makes it. Ends with `logRecovered`, `logForeign` or `logFailed`. */
  recover(now: Now): void {
    invariant(this.state === "new", "a log recovers once", { directory: this.directory, state: this.state });
    this.state = "recovering";
    this.now = now;
    this.recovery = recoveryOf({
      options: this.options,
      records: this.records,
      config: () => this.config,
      events: {
        recovered: (log, at) => this.recovered(log, at),
        failed: (detail, at) => this.goOffline("logFailed", detail, at),
        damaged: (detail, at) => this.goOffline("logDamaged", detail, at),
      },
    });
    this.recovery.start();
  }

  /** Forgets producers that have written nothing for `producer.id.expiration.ms`, by their records' time as Kafka. */
  expireProducers(now: Now): void {
    this.records.producers.expire(now.wallMs, this.config.producerIdExpirationMs ?? Number.POSITIVE_INFINITY);
  }

  assignEpoch(epoch: LeaderEpoch): void {
    if (this.state === "ready") this.records.epochs.assign(epoch, this.appendedEnd);
  }
  endOffsetForEpoch(epoch: LeaderEpoch): EpochEnd {
    return this.records.epochs.endOffsetFor(epoch, this.appendedEnd);
  }
  epochBefore(at: Offset): LeaderEpoch {
    return at <= this.logStartOffset ? NO_EPOCH : this.records.epochs.epochAt(at - 1);
  }

  appendAsLeader(produced: Uint8Array, epoch: LeaderEpoch, now: Now, compression?: CompressionPorts): LeaderAppend {
    this.now = now;
    const refusal = this.whyNotWritable() ?? refuseProduced(produced, this.config, now, compression);
    if (refusal !== undefined) return refusal;
    const check = this.records.producers.check(batchHeaderAt(produced, 0));
    if (check.type === "rejected") return check;
    if (check.type === "duplicate") return duplicateOf(check.batch, this.config);
    const records = storedAs(produced, this.config, this.options.compression);
    if (!(records instanceof Uint8Array)) return records;
    invariant(epoch >= this.records.epochs.latest, "a leader's epoch is the latest of its log", { epoch, latest: this.records.epochs.latest });
    const baseOffset = this.appendedEnd;
    setBaseOffset(records, 0, baseOffset);
    setPartitionLeaderEpoch(records, 0, epoch);
    const logAppendTimeMs = stampAppendTime(records, this.config, now);
    const header = batchHeaderAt(records, 0);
    this.records.append(records, header, now);
    this.traceOut.appended(header);
    return { type: "appended", baseOffset, endOffset: this.appendedEnd, logAppendTimeMs };
  }

  /** All of the whole batches, or none. */
  appendAsFollower(records: Uint8Array, now: Now): FollowerAppend {
    this.now = now;
    const refusal = this.whyNotWritable();
    if (refusal !== undefined) return refusal;
    const { appendedEnd, logStartOffset } = this;
    const end = { endOffset: appendedEnd, leaderEpoch: this.epochBefore(appendedEnd) };
    const fetched = this.records.isEmpty ? checkFirstFetched(records, end) : checkFetched(records, end);
    if (fetched.type === "rejected") return fetched;
    // The leader's log starts within a batch, which it can only give whole: it may begin before what readers are given.
    const [first] = fetched.headers;
    if (first !== undefined && first.baseOffset < appendedEnd) this.records.restart(offset(first.baseOffset));
    this.records.appendAll(fetched.records, fetched.headers, now);
    for (const header of fetched.headers) this.traceOut.appended(header);
    this.records.moveStartTo(logStartOffset);
    return { type: "appended", endOffset: this.appendedEnd };
  }

  /**
   * Drops the batch that holds `offset` and all behind it: where `offset` is no batch's first, the log ends before it. The records are gone for every
   * later call; the files follow. False: nothing is dropped yet, for what stands there must be read first; `readable` tells when to ask again.
   */
  truncateTo(toOffset: Offset, because: string): boolean {
    if (this.state !== "ready") return true;
    invariant(toOffset >= this.logStartOffset, "a truncation within the log", { toOffset, logStartOffset: this.logStartOffset });
    const fromOffset = this.appendedEnd;
    if (toOffset < fromOffset && !this.records.dropFrom(toOffset)) return false;
    // Also without records: an epoch that was assigned at the end, and in which another leader was the one that wrote.
    this.records.epochs.truncateFromEnd(Math.min(toOffset, this.appendedEnd));
    if (toOffset < fromOffset) this.traceOut.truncated(this.appendedEnd, fromOffset, because);
    this.flushTurn();
    return true;
  }

  truncateFullyAndStartAt(startOffset: Offset): void {
    if (this.state !== "ready") return;
    const fromOffset = this.appendedEnd;
    this.records.restart(startOffset);
    this.traceOut.truncated(this.appendedEnd, fromOffset, `the log begins anew at ${startOffset}`);
    this.flushTurn();
  }

  /** Records before `toOffset` are deleted: nobody is given them any more, and whole segments of them go with the next `retain`. */
  moveStartTo(toOffset: Offset, now: Now): void {
    if (this.state !== "ready") return;
    invariant(toOffset <= this.writtenEnd, "what is deleted is in the log", { toOffset, writtenEnd: this.writtenEnd });
    this.now = now;
    if (this.records.moveStartTo(toOffset)) this.options.listener.startMoved?.(now);
  }

  /** Deletes segments that lie before the log's start or are past retention, and are committed. Time and again: it may have to read or write first. */
  retain(highWatermark: Offset, now: Now): void {
    if (this.state !== "ready") return;
    this.now = now;
    this.records.retention.run(highWatermark, now);
    this.flushTurn();
  }

  /** Where the earliest transaction begins that is open, or whose marker is not below the high watermark; undefined without any. */
  firstUnstableOffset(highWatermark: Offset): Offset | undefined {
    return this.records.firstUnstableOffset(highWatermark);
  }

  /** Those with records in `[startOffset, endOffset)`; undefined: that must be read first, and `readable` tells when to ask again. */
  abortedTransactions(startOffset: Offset, endOffset: Offset): readonly { readonly producerId: number; readonly firstOffset: Offset }[] | undefined {
    if (this.state !== "ready" || startOffset >= endOffset) return [];
    return this.records.files.abortedBetween(startOffset, endOffset)?.map(({ producerId, firstOffset }) => ({ producerId, firstOffset: offset(firstOffset) }));
  }

  read(startOffset: Offset, endOffset: Offset, maxBytes: number): LogRead {
    if (this.state !== "ready" || startOffset >= endOffset) return { parts: [], sizeInBytes: 0, endOffset: startOffset, isPending: false };
    invariant(startOffset >= this.logStartOffset && endOffset <= this.appendedEnd, "a read within the log", { startOffset, endOffset });
    return readLog(this.records.content, { startOffset, endOffset, maxBytes });
  }

  /** `found` is called within the call when no file must be read. Finds nothing in a log that is not ready. */
  findByTimestamp(timestampMs: number, endOffset: Offset, found: (result: TimestampedOffset | undefined, now: Now) => void): void {
    invariant(this.now !== undefined, "a log that is asked was recovered", { directory: this.directory });
    this.searches.run({ timestampMs, startOffset: this.logStartOffset, endOffset, found }, this.now);
  }

  /** Once a turn, before the outbox is drained: one append effect for each file that the turn's batches go to. */
  flushTurn(): void {
    if (this.state !== "ready") return;
    this.records.pipeline.pump();
    this.records.syncs.run(this.records.segments.active, this.records.pipeline.isDrained);
  }

  /** When `flush.ms` wants a sync, or a full disk is tried again. */
  get nextDeadlineUs(): Micros | undefined {
    return this.isOffline ? undefined : this.records.nextDeadlineUs;
  }

  deadline(now: Now): void {
    if (this.isOffline) return;
    this.now = now;
    this.records.deadline(now);
    if (this.state === "ready" && (this.records.syncs.nextDeadlineUs ?? Number.POSITIVE_INFINITY) <= now.monotonicUs) this.sync(now);
  }

  /** Asks for a sync of all that was appended; `syncedEnd` moves when it is done. */
  sync(now: Now): void {
    this.now = now;
    this.records.syncs.want();
    this.flushTurn();
  }

  /**
   * Takes no more records, and writes what is in memory, but syncs nothing (ADR 3). `stopped` is called when the process may end, at once where there is
   * nothing to write; `isWhole`: all is written, which is not waited for on a full disk.
   */
  stop(now: Now, stopped: (isWhole: boolean, now: Now) => void): void {
    this.now = now;
    if (this.state !== "ready") return stopped(false, now);
    this.state = "stopping";
    this.stopping = new LogStop(this.records, stopped);
    this.stopIf(now);
  }

  /** No effect goes out any more; look-ups by timestamp that wait find nothing, and nobody else is told. Unwritten batches are lost. */
  close(): void {
    this.closeAs("short");
  }

  /** Closes the log and deletes its files, whatever its state. `done` or `failed` is called in the end. */
  delete(done: (now: Now) => void, failed: (detail: string, now: Now) => void): void {
    this.close();
    new LogDeletion({ outbox: this.options.outbox, directory: this.directory, generations: this.records.generations, done, failed }).start();
  }

  /** A truncation, or a failure, may have overtaken the search. */
  private candidateFrom(fromOffset: number, { timestampMs, endOffset }: TimestampQuery): Candidate | "pending" | undefined {
    if (this.state !== "ready") return undefined;
    return findCandidate(this.records.content, { fromOffset, endOffset: Math.min(endOffset, this.appendedEnd), timestampMs });
  }

  private whyNotWritable(): Rejected | undefined {
    if (this.state === "ready" && this.records.pipeline.isFull) return rejected("KAFKA_STORAGE_ERROR", `no space is left on the disk of ${this.directory}`);
    return this.state === "ready" ? undefined : rejected("KAFKA_STORAGE_ERROR", `the log of ${this.directory} is ${this.state}`);
  }

  private recovered(log: RecoveredLog, now: Now): void {
    const recoveryPoint = this.options.hasLostPageCache === true ? 0 : (this.options.recoveryPoint ?? 0);
    this.records.adopt(log, { recoveryPoint, startOffset: this.options.logStartOffset ?? 0 }, now);
    this.state = "ready";
    this.now = now;
    this.traceOut.recovered(this.directory, this.appendedEnd, log);
    this.options.listener.fullnessChanged?.("", now);
    this.options.listener.logRecovered(now);
  }

  private readable(now: Now): void {
    this.now = now;
    if (this.state === "ready") this.records.retention.goOn(now);
    this.searches.wake(now);
    this.options.listener.readable(now);
  }

  private stopIf(now: Now): void {
    this.now = now;
    const reached = this.state === "stopping" ? this.stopping?.goOn() : undefined;
    if (reached === "whole" || reached === "short") this.closeAs(reached);
  }

  private closeAs(what: "whole" | "short"): void {
    this.state = "closed";
    this.recovery?.stop();
    this.records.stop();
    if (this.now === undefined) return;
    this.searches.wake(this.now);
    this.stopping?.end(what === "whole", this.now);
  }

  /** Also lets out what waited for the completion: a sync that was wanted while another one, or a barrier, was under way. */
  private movedIf(hasMoved: boolean, now: Now): void {
    this.now = now;
    if (hasMoved) this.options.listener.endsMoved(now);
    if (this.state === "ready") this.records.retention.goOn(now);
    this.flushTurn();
    this.stopIf(now);
  }

  private goOffline(tell: "logFailed" | "logDamaged", because: string, now: Now): void {
    if (!this.isOffline) {
      this.state = "offline";
      this.recovery?.stop();
      this.records.stop();
      this.traceOut.wentOffline(because);
      this.options.listener[tell](because, now);
    }
    this.searches.wake(now);
    this.stopping?.end(false, now);
  }
}
