import type { Now } from "@samsa/stdx";
import type { ColdReader } from "./cold-reader.ts";
import { expiredSegments } from "./expired-segments.ts";
import type { LogConfig } from "./log-config.ts";
import type { Segment } from "./segment.ts";
import { largestTimestampOf } from "./segment-timestamps.ts";

export interface LogRetentionOptions {
  readonly segments: () => readonly Segment[];
  readonly startOffset: () => number;
  readonly syncedEnd: () => number;
  readonly config: () => LogConfig;
  readonly cold: ColdReader;
  /** Index files and snapshots are on their way to the disk. */
  readonly isWriting: () => boolean;
  /** Compaction goes through the segments. */
  readonly isCompacting: () => boolean;
  /** Closes the active segment. */
  readonly roll: () => void;
  /** Makes sure that the segment's file is there, and survives a power cut; `goOn` is to be called then. */
  readonly secure: (segment: Segment) => void;
  /** Takes the `count` oldest segments out of the log. */
  readonly deleteFirst: (count: number, now: Now) => void;
}

/**
 * Deletes whole segments when it is told to look. What it finds it may not delete at once:
 *
 * | where | it waits until |
 * |---|---|
 * | a segment's youngest record is not known | its time index is read |
 * | all segments are past retention | the active one is closed |
 * | what begins the log then is not on the disk for good: without a file the next start would begin at offset 0 | it is |
 * | producers that only old records tell of are not in a snapshot | it is written |
 * | the log is being compacted, as Kafka's cleaner does one or the other: a log that lost a segment now and then would never be | the round is over |
 */
export class LogRetention {
  private readonly options: LogRetentionOptions;
  /** Of a look that could not end. */
  private highWatermark: number | undefined;
  private securing: Segment | undefined;

  constructor(options: LogRetentionOptions) {
    this.options = options;
  }

  /** Nothing at or above the high watermark goes. */
  run(highWatermark: number, now: Now): void {
    const { segments, startOffset, config, cold, roll, deleteFirst, isCompacting } = this.options;
    this.highWatermark = isCompacting() ? highWatermark : undefined;
    if (this.highWatermark !== undefined) return;
    const timestampOf = (segment: Segment): number | undefined => largestTimestampOf(segment, cold);
    const { count, isPending } = expiredSegments({ segments: segments(), startOffset: startOffset(), highWatermark, config: config(), timestampOf }, now);
    if (isPending) this.highWatermark = highWatermark;
    if (count === 0) return;
    if (count === segments().length) roll();
    const first = segments()[count] as Segment;
    if (this.mayBegin(first)) return deleteFirst(count, now);
    this.highWatermark = highWatermark;
  }

  /** Something it may wait for has happened. */
  goOn(now: Now): void {
    if (this.highWatermark !== undefined) this.run(this.highWatermark, now);
  }

  /** The log was cut, or begins anew. */
  forget(): void {
    this.highWatermark = undefined;
    this.securing = undefined;
  }

  private mayBegin(segment: Segment): boolean {
    if (segment.isEntryDurable && segment.isOnDisk) return this.options.syncedEnd() >= segment.baseOffset && !this.options.isWriting();
    // Its first append is under way, which makes the file.
    const isComing = segment.isOnDisk && segment.emittedBytes > 0 && segment.writtenBytes === 0;
    if (isComing || this.securing === segment) return false;
    this.securing = segment;
    this.options.secure(segment);
    return false;
  }
}
