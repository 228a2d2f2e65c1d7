import { type BatchHeader } from "./batch-header.ts";
import type { OffsetIndexEntry, TimeIndexEntry } from "./index-entries.ts";

const NO_TIMESTAMP = -1;

/** Where the indexes of a segment stand at a batch's begin, so that they can be gone on with from there. */
export interface IndexMark {
  /** In the segment's file. */
  readonly position: number;
  /** Entries for what is before it. */
  readonly offsetCount: number;
  readonly timeCount: number;
  /** The last of them, which has the largest timestamp before `position`. */
  readonly lastTime: TimeIndexEntry | undefined;
}

export const INDEX_START: IndexMark = { position: 0, offsetCount: 0, timeCount: 0, lastTime: undefined };

/**
 * Decides which batches of a segment get an entry in its `.index` and `.timeindex`, as Kafka does: one whenever more than
 * `index.interval.bytes` were written since the last. It is fed from the per-batch index when the files are written, never by an append.
 */
export class SparseIndexBuilder {
  private bytesSinceEntry = 0;
  private maxTimestampMs = NO_TIMESTAMP;
  private offsetOfMax = -1;
  private lastTime: TimeIndexEntry | undefined;
  private filePosition: number;
  private timeCount: number;
  private offsetCount: number;
  private offsets: OffsetIndexEntry[] = [];
  private times: TimeIndexEntry[] = [];

  constructor(from: IndexMark = INDEX_START) {
    this.filePosition = from.position;
    this.offsetCount = from.offsetCount;
    this.timeCount = from.timeCount;
    this.lastTime = from.lastTime;
    this.maxTimestampMs = from.lastTime?.timestampMs ?? NO_TIMESTAMP;
    this.offsetOfMax = from.lastTime?.lastOffset ?? -1;
  }

  /** In the segment's file, behind the last batch fed. */
  get position(): number {
    return this.filePosition;
  }

  /** Entries made so far, with those before the mark it began at. */
  get counts(): { readonly offsetCount: number; readonly timeCount: number } {
    const { offsetCount, timeCount } = this;
    return { offsetCount, timeCount };
  }

  /** Of the batches fed, and of all before the mark it began at; −1 for none. */
  get largestTimestampMs(): number {
    return this.maxTimestampMs;
  }

  push({ endOffset, sizeInBytes, maxTimestamp }: Pick<BatchHeader, "endOffset" | "sizeInBytes" | "maxTimestamp">, intervalBytes: number): void {
    const lastOffset = endOffset - 1;
    if (maxTimestamp > this.maxTimestampMs) {
      this.maxTimestampMs = maxTimestamp;
      this.offsetOfMax = lastOffset;
    }
    if (this.bytesSinceEntry > intervalBytes) {
      this.offsets.push({ lastOffset, position: this.filePosition });
      this.offsetCount++;
      this.pushTime();
      this.bytesSinceEntry = 0;
    }
    this.bytesSinceEntry += sizeInBytes;
    this.filePosition += sizeInBytes;
  }

  /** Here the indexes could be gone on with: the largest timestamp so far gets its entry. */
  mark(): IndexMark {
    this.pushTime();
    const { filePosition: position, offsetCount, timeCount, lastTime } = this;
    return { position, offsetCount, timeCount, lastTime };
  }

  /** Whether `take` would give any. */
  get hasEntries(): boolean {
    return this.offsets.length > 0 || this.times.length > 0;
  }

  /** The entries made since the last call. */
  take(): { readonly offsets: readonly OffsetIndexEntry[]; readonly times: readonly TimeIndexEntry[] } {
    const { offsets, times } = this;
    this.offsets = [];
    this.times = [];
    return { offsets, times };
  }

  private pushTime(): void {
    if (this.maxTimestampMs <= (this.lastTime?.timestampMs ?? NO_TIMESTAMP)) return;
    this.lastTime = { timestampMs: this.maxTimestampMs, lastOffset: this.offsetOfMax };
    this.times.push(this.lastTime);
    this.timeCount++;
  }
}
