import { type LeaderEpoch, leaderEpoch, type Now, offset, type Offset } from "@samsa/stdx";
import type { Requests } from "./patient-outbox.ts";
import type { JobQueue } from "./job-queue.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { encodeEpochCheckpoint, type EpochEntry } from "./leader-epoch-checkpoint.ts";
import { LeaderEpochFile } from "./leader-epoch-file.ts";
import type { EpochEnd } from "./log-results.ts";

/** A log's leader epochs, in memory and in their file. */
export class LogEpochs {
  private readonly file: LeaderEpochFile;
  private cache = new LeaderEpochCache();

  constructor(options: {
    readonly outbox: Requests;
    readonly directory: string;
    readonly queue: JobQueue;
    readonly failed: (detail: string, now: Now) => void;
    /** The file says all that it should. */
    readonly settled: (now: Now) => void;
  }) {
    this.file = new LeaderEpochFile(options);
  }

  get latest(): LeaderEpoch {
    return leaderEpoch(this.cache.latestEpoch);
  }

  get beforeStart(): LeaderEpoch {
    return leaderEpoch(this.cache.epochBeforeStart);
  }

  get all(): readonly EpochEntry[] {
    return this.cache.all();
  }

  /** The file does not say yet all that it should. */
  get isFileBusy(): boolean {
    return this.file.isBusy;
  }

  /** Of the record at `at`; −1 for none. */
  epochAt(at: number): LeaderEpoch {
    return leaderEpoch(this.cache.epochAt(at));
  }

  endOffsetFor(epoch: LeaderEpoch, logEndOffset: Offset): EpochEnd {
    const end = this.cache.endOffsetFor(epoch, logEndOffset);
    return { leaderEpoch: leaderEpoch(end.epoch), endOffset: offset(end.endOffset) };
  }

  assign(epoch: number, startOffset: number): void {
    if (this.cache.assign(epoch, startOffset)) this.save();
  }

  truncateFromEnd(at: number): void {
    if (this.cache.truncateFromEnd(at)) this.save();
  }

  truncateFromStart(at: number): void {
    if (this.cache.truncateFromStart(at)) this.save();
  }

  clear(): void {
    this.cache.clear();
    this.save();
  }

  /**
   * What recovery found. A file that says something else is written again:
   *
   * 1. It says that epoch 2 begins at 0, and lasts; 2. epoch 3 begins at 0 instead, and a power cut takes the file that says so, but not all records;
   * 3. the batches say epoch 3, and nothing is left to be written down; 4. the process dies, and the next start reads from a snapshot on: what lies before
   * has its epochs from the file.
   */
  adopt(cache: LeaderEpochCache, isFileStale: boolean): void {
    this.cache = cache;
    if (isFileStale) this.save();
  }

  /** The file is not changed until `resume`. */
  hold(): void {
    this.file.hold();
  }

  resume(): void {
    this.file.resume();
  }

  stop(): void {
    this.file.stop();
  }

  private save(): void {
    this.file.replace(() => encodeEpochCheckpoint(this.cache.all()));
  }
}
