import { type CompressionPorts, compressionPorts } from "@samsa/protocol/records";
import type { Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import { BatchIndex } from "../batch-index.ts";
import type { FileGenerations } from "../file-generations.ts";
import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "../index-entries.ts";
import type { LogConfig } from "../log-config.ts";
import type { ProducerState } from "../producer-state.ts";
import { Segment } from "../segment.ts";
import type { SegmentDeletions } from "../segment-deletions.ts";
import type { SegmentFiles } from "../segment-files.ts";
import type { SegmentList } from "../segment-list.ts";
import { firstTimestampOf, largestTimestampOf } from "../segment-timestamps.ts";
import type { TailCache } from "../tail-cache.ts";
import { type Cleanable, cleanableOf } from "./cleanable.ts";
import { type CleaningRequest, LogCleaning } from "./log-cleaning.ts";
import type { SegmentCompaction } from "./segment-compaction.ts";

export interface LogCompactionOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly config: () => LogConfig;
  readonly compression: CompressionPorts | undefined;
  /** By `cleaner-offset-checkpoint`. */
  readonly cleanedEnd: number | undefined;
  readonly segments: SegmentList;
  readonly files: SegmentFiles;
  readonly cache: TailCache;
  readonly producers: ProducerState;
  readonly deletions: SegmentDeletions;
  /** Readers and truncations that waited for segments to be replaced may go on. */
  readonly settled: (now: Now) => void;
  /** From the offset on nothing is compacted any more. */
  readonly uncleanable: (offset: number, because: string) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** Keeps of each key of a log the newest record (`cleanup.policy=compact`), when it is told to. See `LogCleaning`. */
export class LogCompaction {
  private readonly options: LogCompactionOptions;
  private readonly cleaning: LogCleaning;

  constructor(options: LogCompactionOptions) {
    const { outbox, directory, generations, config, compression, producers, files, settled, uncleanable, failed } = options;
    this.options = options;
    this.cleaning = new LogCleaning({
      outbox,
      directory,
      generations,
      config,
      compression: () => compression ?? compressionPorts(),
      segments: () => options.segments.all,
      producers,
      leaving: (old) => files.leaving(old),
      arrived: (old, compaction, now) => this.arrived(old, compaction, now),
      settled,
      uncleanable,
      failed,
    });
    this.cleaning.adopt(options.cleanedEnd);
  }

  /** A round goes through the log's segments. */
  get isRunning(): boolean {
    return this.cleaning.isRunning;
  }

  /** Up to where the log is compacted; undefined: nobody knows. */
  get cleanedEnd(): number | undefined {
    return this.cleaning.cleanedEnd;
  }

  /** The log ends there. What was written down of it, if it says more, is of before a cut, or of another log: it says nothing of this one. */
  recovered(endOffset: number): void {
    if ((this.cleanedEnd ?? 0) > endOffset) this.cleaning.adopt(undefined);
  }

  /** What may be compacted now, and whether it is time; undefined: nothing, or it is being done. `stableEnd`: what stands there may still be cut, or hidden. */
  cleanable(stableEnd: number, now: Now): Cleanable | undefined {
    const { config, segments, files } = this.options;
    if (config().isCompacted !== true || this.isRunning) return undefined;
    return cleanableOf(
      {
        segments: segments.all,
        cleanedEnd: this.cleanedEnd,
        stableEnd: Math.min(stableEnd, this.cleaning.obstacle),
        config: config(),
        timestampOf: (segment) => largestTimestampOf(segment, files.cold),
        firstTimestampOf: (segment, fromOffset) => firstTimestampOf(segment, files.cold, fromOffset),
      },
      now,
    );
  }

  /** What `cleanable` has just said; tells the end of it once. */
  start(range: Cleanable, request: CleaningRequest, now: Now): void {
    this.cleaning.start(range, request, now);
  }

  /** Whether the log may be cut at `offset`: see `LogCleaning`. */
  allowsCut(offset: number): boolean {
    return this.cleaning.allowsCut(offset);
  }

  truncate(offset: number): void {
    this.cleaning.truncate(offset);
  }

  /** Returns the files that may be left of what was under way. */
  restart(): readonly string[] {
    return this.cleaning.restart();
  }

  stop(): void {
    this.cleaning.stop();
  }

  private arrived(old: readonly Segment[], { builder, endOffset, sizeInBytes: position }: SegmentCompaction, now: Now): void {
    const { directory, segments, cache, files, deletions } = this.options;
    const segment = new Segment(directory, (old[0] as Segment).baseOffset);
    segment.know(new BatchIndex({ offset: endOffset, position }), undefined, builder);
    const { offsetCount, timeCount } = builder.counts;
    segment.indexed = { offset: offsetCount * OFFSET_ENTRY_BYTES, time: timeCount * TIME_ENTRY_BYTES };
    segment.onDisk = { ...segment.indexed };
    segment.emittedBytes = position;
    segment.writtenBytes = position;
    segment.isOnDisk = true;
    segment.isClosed = true;
    segment.markSynced();
    segment.changedAtMs = Math.max(...old.map(({ changedAtMs }) => changedAtMs ?? now.wallMs));
    segments.replace(old, segment);
    deletions.deleteLater(
      old.map(({ path }) => path),
      now,
    );
    // What it has of them stands elsewhere now, or nowhere.
    cache.forgetBefore(endOffset);
    files.arrived();
  }
}
