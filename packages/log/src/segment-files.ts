import type { Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import { ColdReader } from "./cold-reader.ts";
import type { FileGenerations } from "./file-generations.ts";
import type { IndexCache } from "./index-cache.ts";
import { IndexFiles } from "./index-files.ts";
import type { JobQueue } from "./job-queue.ts";
import { ACTIVE_INDEX_BATCHES_MAX, INDEX_INTERVAL_BYTES, type LogConfig } from "./log-config.ts";
import type { RecoveredLog } from "./recovery-options.ts";
import type { Requests } from "./patient-outbox.ts";
import { ProducerSnapshots, type Snapshot } from "./producer-snapshots.ts";
import { type ProducerEntry, ProducerState } from "./producer-state.ts";
import type { AbortedTransaction } from "./aborted-transactions.ts";
import type { Segment } from "./segment.ts";
import { SegmentRewind } from "./segment-rewind.ts";
import { TransactionIndexes } from "./transaction-indexes.ts";

export interface SegmentFilesEvents {
  /** What a read or a truncation was told to wait for is there. */
  readable(now: Now): void;
  /** All that was asked for is written. */
  settled(now: Now): void;
  failed(detail: string, now: Now): void;
  damaged(detail: string, now: Now): void;
}

export interface SegmentFilesOptions {
  readonly outbox: Outbox;
  /** For what is written. */
  readonly patient: Requests;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly cache: IndexCache;
  readonly coldReads: JobQueue;
  readonly config: () => LogConfig;
  readonly segments: () => readonly Segment[];
  readonly isEpochFileReady: () => boolean;
  readonly events: SegmentFilesEvents;
}

/** What stands beside the records of a log: index files, aborted transactions, producer snapshots, and what is kept of both in memory. */
export class SegmentFiles {
  readonly cold: ColdReader;
  private readonly options: SegmentFilesOptions;
  private readonly indexes: IndexFiles;
  private readonly snapshots: ProducerSnapshots;
  private readonly transactions: TransactionIndexes;
  private rewind: SegmentRewind | undefined;

  constructor(options: SegmentFilesOptions) {
    const { outbox, patient, directory, generations, cache, coldReads, events, isEpochFileReady } = options;
    const intervalBytes = (): number => options.config().indexIntervalBytes ?? INDEX_INTERVAL_BYTES;
    const settled = (now: Now): void => this.goOn(now);
    const { failed, damaged } = events;
    // A start looks at nothing that stands before a snapshot.
    const isReady = (): boolean => isEpochFileReady() && !this.indexes.isBusy && !this.transactions.isBusy;
    this.options = options;
    this.indexes = new IndexFiles({ outbox: patient, generations, intervalBytes, failed, settled, replaced: (now) => events.readable(now) });
    this.snapshots = new ProducerSnapshots({ outbox: patient, directory, generations, isReady, failed, settled });
    this.transactions = new TransactionIndexes({
      outbox: patient,
      generations,
      cache,
      loaded: (now) => events.readable(now),
      settled,
      failed,
      damaged,
    });
    this.cold = new ColdReader({
      outbox,
      generations,
      cache,
      queue: coldReads,
      intervalBytes,
      loaded: (now) => events.readable(now),
      rebuilt: (segment, builder) => this.indexes.rewrite(segment, builder),
      damaged,
      failed,
    });
  }

  get isBusy(): boolean {
    return this.indexes.isBusy || this.snapshots.isBusy || this.transactions.isBusy;
  }

  /** What recovery found and went through; the snapshots it took on the way take the place of what the directory has there. */
  adopt({ segments, snapshots }: RecoveredLog, taken: readonly Snapshot[]): void {
    this.snapshots.adopt(snapshots);
    for (const snapshot of taken) this.snapshots.write(snapshot);
    for (const segment of segments) this.transactions.adopt(segment);
    for (const segment of segments.slice(0, -1)) this.keep(segment);
    const active = segments.at(-1);
    if (active !== undefined) this.indexes.flush(active);
  }

  /** Recovery went through a closed segment: it is given its index, and forgotten before the next one if there are many. */
  scanned(segment: Segment): void {
    this.indexes.close(segment);
    this.transactions.flush(segment);
    this.keep(segment);
  }

  /** All of a closed segment is on the disk. */
  closed(segment: Segment, snapshot: Snapshot): void {
    if (!this.options.segments().includes(segment)) return;
    this.scanned(segment);
    this.snapshots.write(snapshot);
    this.deleteStrays();
  }

  /** The active segment is synced up to the snapshot. */
  synced(active: Segment, snapshot: Snapshot): void {
    this.indexes.flush(active);
    this.transactions.flush(active);
    this.snapshots.write(snapshot);
    this.deleteStrays();
    this.trim(active);
  }

  /** Everything is written: what the next start needs to look at nothing again. A log that it reads in one go needs no files for it. */
  stopping(active: Segment, snapshot: Snapshot): void {
    this.indexes.flush(active);
    this.transactions.flush(active);
    if (active.indexed.offset === 0) return;
    this.indexes.close(active);
    this.snapshots.write(snapshot);
    this.deleteStrays();
  }

  /** What a truncation changes of the files is left as it is until `resume`. */
  hold(): void {
    this.transactions.hold();
  }

  resume(): void {
    this.transactions.resume();
  }

  /** What producer snapshots wait for: the epoch file, the indexes, and that of aborted transactions. */
  goOn(now: Now): void {
    this.snapshots.pump();
    if (!this.isBusy) this.options.events.settled(now);
  }

  /** The segment's last batch is the marker of an aborted transaction. */
  aborted(segment: Segment, transaction: AbortedTransaction): void {
    this.transactions.add(segment, transaction);
  }

  /** Batches of the segment were written, and markers may be among them. */
  written(segment: Segment): void {
    if (segment.aborts !== undefined) this.transactions.flush(segment);
  }

  /** Undefined: they are being read, and `readable` will tell. */
  abortedBetween(startOffset: number, endOffset: number): readonly AbortedTransaction[] | undefined {
    return this.transactions.between(this.options.segments(), startOffset, endOffset);
  }

  /** Whether the log can be cut in the segment at `offset`; if not, that is being seen to, and `readable` will tell. */
  canCut(segment: Segment, offset: number): boolean {
    // What is about to take an index file's name speaks of what would be cut.
    if (!this.transactions.isLoaded(segment) || this.indexes.isReplacing) return false;
    if (offset >= segment.index.startOffset && segment.producersAtStart !== undefined) return true;
    if (this.rewind?.segment === segment) return false;
    this.rewind?.stop();
    const { outbox, directory, generations, events } = this.options;
    const done = (now: Now): void => {
      this.rewind = undefined;
      events.readable(now);
    };
    if (segment.index.startPosition === 0) {
      segment.setProducersAtStart([]);
      return true;
    }
    const snapshot = this.snapshots.unwrittenAt(segment.baseOffset);
    this.rewind = new SegmentRewind({ outbox, directory, generations, segment, snapshot, done, damaged: events.damaged, failed: events.failed });
    this.rewind.start();
    return false;
  }

  /** The log ends at `offset`, in `kept`, from now on; `dropped` are the segments that are no more. Returns files that speak of what was behind it. */
  truncate(offset: number, kept: Segment, dropped: readonly Segment[]): readonly string[] {
    this.forget([kept, ...dropped]);
    this.transactions.cut(kept, offset);
    for (const segment of dropped) this.transactions.drop(segment);
    return this.snapshots.truncate(offset);
  }

  restart(dropped: readonly Segment[]): readonly string[] {
    this.forget(dropped);
    for (const segment of dropped) this.transactions.drop(segment);
    return this.snapshots.clear();
  }

  /** The segments' files are about to go, and another segment to come in their place. */
  leaving(old: readonly Segment[]): void {
    this.forget(old);
    for (const segment of old) segment.isBeingReplaced = true;
  }

  /** That segment has come: what stands beside the others is of no use. */
  arrived(): void {
    this.deleteStrays();
  }

  /** Segments at the log's begin are no more; their files go. */
  dropFirst(dropped: readonly Segment[]): void {
    this.forget(dropped);
    for (const segment of dropped) this.transactions.release(segment);
    this.snapshots.forget(dropped.map(({ baseOffset }) => baseOffset));
  }

  stop(): void {
    this.indexes.stop();
    this.snapshots.stop();
    this.transactions.stop();
    this.cold.stop();
    this.rewind?.stop();
    this.forget(this.options.segments());
  }

  private forget(segments: readonly Segment[]): void {
    for (const segment of segments) {
      this.cold.forget(segment);
      this.indexes.forget(segment);
      this.options.cache.remove(segment);
      if (this.rewind?.segment === segment) this.rewind.stop();
    }
    if (this.rewind !== undefined && segments.includes(this.rewind.segment)) this.rewind = undefined;
  }

  /** What is known batch by batch of a closed segment may be forgotten. */
  private keep(segment: Segment): void {
    if (segment.index.length === 0) return;
    this.options.cache.add(segment, { memoryBytes: segment.index.memoryBytes, evict: () => this.evict(segment) });
  }

  private evict(segment: Segment): void {
    this.indexes.close(segment);
    segment.forget();
  }

  private trim(active: Segment): void {
    const { index, producersAtStart } = active;
    if (index.length <= ACTIVE_INDEX_BATCHES_MAX || producersAtStart === undefined) return;
    const count = index.countWithin(active.builder.position);
    const producers = new ProducerState();
    producers.restore(producersAtStart);
    for (let at = 0; at < count; at++) producers.update(index.headerAt(at));
    active.forgetFirst(count, [...producers.all()]);
    this.indexes.flush(active);
  }

  private deleteStrays(): void {
    this.snapshots.deleteStrays(new Set(this.options.segments().map(({ baseOffset }) => baseOffset)));
  }
}

/** What the producers were where a segment begins. */
export const snapshotOf = (offset: number, producers: Iterable<ProducerEntry>): Snapshot => ProducerSnapshots.take(offset, [...producers]);
