import { type BatchHeader } from "./batch-header.ts";
import type { OffsetIndexEntry, TimeIndexEntry } from "./index-entries.ts";

const NO_TIMESTAMP = -1;

/** Where the indexes of a segment stand, so that they can be gone on with. */
export interface IndexedSoFar {
  readonly position: number;
  readonly lastTimeEntry: TimeIndexEntry | undefined;
}

/**
 * Decides which batches of a segment get an entry in its `.index` and `.timeindex`, as Kafka does: one whenever more than
 * `index.interval.bytes` were written since the last. It is fed from the per-batch index when the files are written, never by an append.
 */
export class SparseIndexBuilder {
  private readonly intervalBytes: () => number;
  private bytesSinceEntry = 0;
  private maxTimestampMs = NO_TIMESTAMP;
  private offsetOfMax = -1;
  private lastTime: TimeIndexEntry | undefined;
  /** In the segment's file, behind the last batch fed. */
  position = 0;
  readonly offsets: OffsetIndexEntry[] = [];
  readonly times: TimeIndexEntry[] = [];

  constructor(intervalBytes: () => number, from: IndexedSoFar = { position: 0, lastTimeEntry: undefined }) {
    this.intervalBytes = intervalBytes;
    this.position = from.position;
    this.lastTime = from.lastTimeEntry;
    if (this.lastTime === undefined) return;
    this.maxTimestampMs = this.lastTime.timestampMs;
    this.offsetOfMax = this.lastTime.lastOffset;
  }

  /** The largest timestamp of the batches fed; −1 for none. */
  get largestTimestampMs(): number {
    return this.maxTimestampMs;
  }

  push({ endOffset, sizeInBytes, maxTimestamp }: Pick<BatchHeader, "endOffset" | "sizeInBytes" | "maxTimestamp">): void {
    const lastOffset = endOffset - 1;
    if (maxTimestamp > this.maxTimestampMs) {
      this.maxTimestampMs = maxTimestamp;
      this.offsetOfMax = lastOffset;
    }
    if (this.bytesSinceEntry > this.intervalBytes()) {
      this.offsets.push({ lastOffset, position: this.position });
      this.pushTime();
      this.bytesSinceEntry = 0;
    }
    this.bytesSinceEntry += sizeInBytes;
    this.position += sizeInBytes;
  }

  /** The segment is closed, or the log stops: its largest timestamp gets an entry. */
  pushTime(): void {
    if (this.offsetOfMax < 0 || this.maxTimestampMs <= (this.lastTime?.timestampMs ?? NO_TIMESTAMP)) return;
    if (this.offsetOfMax <= (this.lastTime?.lastOffset ?? -1)) return;
    this.lastTime = { timestampMs: this.maxTimestampMs, lastOffset: this.offsetOfMax };
    this.times.push(this.lastTime);
  }

  /** The entries made since the last call. */
  take(): { readonly offsets: readonly OffsetIndexEntry[]; readonly times: readonly TimeIndexEntry[] } {
    return { offsets: this.offsets.splice(0), times: this.times.splice(0) };
  }
}
