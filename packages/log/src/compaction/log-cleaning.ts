import type { CompressionPorts } from "@samsa/protocol/records";
import { invariant, type Now } from "@samsa/stdx";
import type { Outbox } from "@samsa/world";
import type { BatchHeader } from "../batch-header.ts";
import type { FileGenerations } from "../file-generations.ts";
import { DELETE_RETENTION_MS, INDEX_INTERVAL_BYTES, type LogConfig } from "../log-config.ts";
import { encodeOffsetEntries, encodeTimeEntries } from "../index-entries.ts";
import { cleanedPathsOf } from "../log-file-names.ts";
import type { ProducerState } from "../producer-state.ts";
import type { Segment } from "../segment.ts";
import { readKeyed } from "./batch-compaction.ts";
import { CleaningIo, type Pace } from "./cleaning-io.ts";
import { KeyOffsets } from "./key-offsets.ts";
import { SegmentCompaction } from "./segment-compaction.ts";
import { groupSegments } from "./segment-groups.ts";
import { SegmentSwap } from "./segment-swap.ts";

/** What came of a round. */
export interface Cleaned {
  /** Up to where the log is compacted now. */
  readonly endOffset: number;
  /** Of the segments that were gone through, before and after. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface CleaningRequest {
  /** Of keys, in memory. */
  readonly keyBytesMax: number;
  readonly pace: Pace;
  /** Of what is made of segments; left out: as many as an index entry can tell the place of. */
  readonly segmentBytesMax?: number;
  /** Undefined: it was given up, because what it went through was cut or deleted, the disk has no room, or the log is closed. */
  readonly ended: (cleaned: Cleaned | undefined) => void;
}

export interface LogCleaningOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly generations: FileGenerations;
  readonly config: () => LogConfig;
  readonly compression: () => CompressionPorts;
  readonly segments: () => readonly Segment[];
  readonly producers: ProducerState;
  /** The segments' files go. */
  readonly leaving: (old: readonly Segment[]) => void;
  /** What is made of them is in their place; nothing of it is known to readers yet. */
  readonly arrived: (old: readonly Segment[], compaction: SegmentCompaction, now: Now) => void;
  /** Whoever waited for that may go on. */
  readonly settled: (now: Now) => void;
  /** From the offset on nothing is compacted any more. */
  readonly uncleanable: (offset: number, because: string) => void;
  readonly failed: (detail: string, now: Now) => void;
}

/** Places in a segment are 32 bits in Kafka's index files. */
const SEGMENT_BYTES_MAX = 0x7fff_ffff;

interface Round extends CleaningRequest {
  /** Before it the log was compacted. */
  readonly startOffset: number;
  /** No record behind is touched; comes nearer where the keys find no room, or something can't be compacted. */
  endOffset: number;
  /** Of the last segment that may be gone through. */
  readonly lastEndOffset: number;
  readonly keys: KeyOffsets;
  /** Nothing more is looked at for its keys. */
  isMapped: boolean;
  /** Some of what it was to go through is not there any more: it ends with the swap that is under way. */
  isCut: boolean;
  groups: Segment[][];
  bytesBefore: number;
  bytesAfter: number;
}

/** What is being made of some segments. */
interface Rewrite {
  readonly round: Round;
  readonly group: readonly Segment[];
  readonly path: string;
  readonly compaction: SegmentCompaction;
  writtenBytes: number;
}

/**
 * Compacts a log, one read or write at a time, and each of a bounded size:
 *
 *     idle ──▶ mapping: reads what is dirty, for the newest offset of each key ──▶ rewriting: reads all up to there, group by group, writes .cleaned
 *      ▲                                                                                │  ▲
 *      └────────────────────────── no group is left ◀───────────────────────────────────┴──┴── swapping (`SegmentSwap`), where anything has changed
 *
 * Groups go oldest first, each durably before the next is begun, so that what a record deleted is gone before its tombstone is:
 *
 * 1. k=1 is in the first segment, the tombstone of k in the second; 2. both are compacted, and the power goes; 3. were the second the only one that the
 * disk has as it is now, k=1 would be the newest record of its key again.
 *
 * What is made may be larger than what it is made of: deltas to a delete horizon are longer, and a codec may not be as good as the producer's. Segments that would
 * become too large together stay apart; one that would alone can't be compacted, and is not passed over, for a tombstone behind it may delete what it has.
 *
 * Nothing at or behind a batch of a transaction is compacted, nor one that can't be looked into, or is damaged: it may have keys that nobody knows. That is
 * told once, and the log is served as before (`LogCleanerManager.markPartitionUncleanable`).
 */
export class LogCleaning {
  private readonly options: LogCleaningOptions;
  private readonly io: CleaningIo;
  private round: Round | undefined;
  private swap: SegmentSwap | undefined;
  /** The files that are being written: the segment's, and those of its indexes. */
  private cleanedPaths: readonly string[] = [];
  private end: number | undefined;
  /** Where what can't be compacted begins, as far as is known. */
  private obstacleAt: number = Number.MAX_SAFE_INTEGER;
  private isStopped = false;

  constructor(options: LogCleaningOptions) {
    const { outbox, generations, failed } = options;
    const damaged = ({ baseOffset }: Segment, detail: string): void => this.obstructed(baseOffset, detail);
    this.options = options;
    this.io = new CleaningIo({ outbox, generations, damaged, failed, foundNoRoom: () => this.giveUp() });
  }

  get isRunning(): boolean {
    return this.round !== undefined;
  }

  /** Up to where the log is compacted; undefined: nobody knows. */
  get cleanedEnd(): number | undefined {
    return this.end;
  }

  /** Whatever stands at or behind it can't be compacted. What is deleted stands in nobody's way. */
  get obstacle(): number {
    const [first] = this.options.segments();
    return first !== undefined && this.obstacleAt < first.baseOffset ? Number.MAX_SAFE_INTEGER : this.obstacleAt;
  }

  /** As it was written down. */
  adopt(cleanedEnd: number | undefined): void {
    this.end = cleanedEnd;
  }

  start(range: { readonly startOffset: number; readonly endOffset: number }, request: CleaningRequest, now: Now): void {
    invariant(this.round === undefined && !this.isStopped, "a log is compacted once at a time", { directory: this.options.directory });
    const keys = new KeyOffsets(request.keyBytesMax);
    const round: Round = {
      ...request,
      ...range,
      lastEndOffset: range.endOffset,
      keys,
      isMapped: false,
      isCut: false,
      groups: [],
      bytesBefore: 0,
      bytesAfter: 0,
    };
    this.round = round;
    this.io.begin(request.pace);
    const { startOffset, endOffset } = range;
    this.map(
      round,
      this.options.segments().filter((segment) => segment.endOffset > startOffset && segment.baseOffset < endOffset),
      now,
    );
  }

  /** Whether the log may be cut at `offset`, which may give up a round. Not while segments behind it are being replaced: `settled` will tell. */
  allowsCut(offset: number): boolean {
    const { round, swap } = this;
    if (swap !== undefined && offset < swap.endOffset) return false;
    if (round === undefined || offset >= round.lastEndOffset) return true;
    if (swap === undefined) this.giveUp();
    else round.isCut = true;
    return true;
  }

  /** The log ends at `offset`. */
  truncate(offset: number): void {
    if (this.end !== undefined) this.end = Math.min(this.end, offset);
    if (this.obstacleAt >= offset) this.obstacleAt = Number.MAX_SAFE_INTEGER;
  }

  /** The log begins anew. Returns the files that may be left of what was under way. */
  restart(): readonly string[] {
    const left = this.swap?.abandon() ?? [];
    this.swap = undefined;
    this.end = undefined;
    this.obstacleAt = Number.MAX_SAFE_INTEGER;
    this.giveUp();
    return left;
  }

  /** What the directory has of it the next start sees to. */
  stop(): void {
    this.isStopped = true;
    this.swap?.abandon();
    this.swap = undefined;
    this.finish(undefined);
  }

  /** Keys of the dirty segments. */
  private map(round: Round, [segment, ...rest]: readonly Segment[], now: Now): void {
    if (segment === undefined || round.isMapped) return this.rewriteAll(round, now);
    const accept = (header: BatchHeader, bytes: Uint8Array, at: number): void => this.mapBatch(round, segment, { header, bytes, at });
    this.io.goThrough({ segment, accept, isDone: () => round.isMapped, done: (at) => this.map(round, rest, at) }, now);
  }

  private mapBatch(
    round: Round,
    segment: Segment,
    { header, bytes, at }: { readonly header: BatchHeader; readonly bytes: Uint8Array; readonly at: number },
  ): void {
    if (round.isMapped || header.endOffset <= round.startOffset) return;
    const keyed = header.isTransactional || header.isControl ? undefined : readKeyed(bytes, at, this.options.compression());
    if (keyed === undefined) return this.meetObstacle(round, segment, header);
    for (const record = keyed.walk(); record.next();) if (record.keyStart >= 0) round.keys.put(record);
    if (!round.keys.isFull) return;
    round.isMapped = true;
    round.endOffset = header.endOffset;
  }

  private meetObstacle(round: Round, { baseOffset }: Segment, header: BatchHeader): void {
    this.stopsAt(baseOffset, whyObstacle(header));
    round.isMapped = true;
    round.endOffset = baseOffset;
  }

  private stopsAt(offset: number, because: string): void {
    if (offset >= this.obstacle) return;
    this.obstacleAt = offset;
    this.options.uncleanable(offset, because);
  }

  private rewriteAll(round: Round, now: Now): void {
    if (round.endOffset <= round.startOffset) return this.finish(undefined);
    const segments = this.options.segments().filter(({ baseOffset }) => baseOffset < round.endOffset);
    round.groups = groupSegments(segments, this.options.config().segmentBytes);
    this.rewriteNext(round, now);
  }

  private rewriteNext(round: Round, now: Now): void {
    if (round.isCut) return this.finish(undefined);
    const group = round.groups.shift();
    const [first] = group ?? [];
    if (group === undefined || first === undefined) {
      this.end = round.endOffset;
      this.finish({ endOffset: round.endOffset, bytesBefore: round.bytesBefore, bytesAfter: round.bytesAfter });
      return this.options.settled(now);
    }
    const { config, producers, compression } = this.options;
    const { deleteRetentionMs = DELETE_RETENTION_MS, indexIntervalBytes: intervalBytes = INDEX_INTERVAL_BYTES } = config();
    const isLastOfProducer = ({ producerId, producerEpoch, endOffset }: BatchHeader): boolean => {
      const entry = producers.get(producerId);
      return entry?.epoch === producerEpoch && entry.batches.at(-1)?.endOffset === endOffset;
    };
    const rules = { keys: round.keys, endOffset: round.endOffset, nowMs: now.wallMs, deleteRetentionMs, isLastOfProducer, compression: compression() };
    const compaction = new SegmentCompaction({ baseOffset: first.baseOffset, rules, intervalBytes });
    this.cleanedPaths = cleanedPathsOf(first.path);
    const rewrite: Rewrite = { round, group, path: this.cleanedPaths[0] as string, compaction, writtenBytes: 0 };
    this.rewriteSegment(rewrite, group, now);
  }

  private rewriteSegment(rewrite: Rewrite, [segment, ...rest]: readonly Segment[], now: Now): void {
    const { compaction } = rewrite;
    if (segment === undefined) {
      compaction.finish();
      return this.writeTaken(rewrite, () => this.rewritten(rewrite), now);
    }
    const accept = (header: BatchHeader, bytes: Uint8Array, at: number): void => compaction.push(header, bytes, at);
    const isDone = (): boolean => compaction.obstacle !== undefined;
    const taken = (goOn: (later: Now) => void, at: Now): void => this.writeTaken(rewrite, goOn, at);
    const done = (at: Now): void =>
      compaction.obstacle === undefined ? this.rewriteSegment(rewrite, rest, at) : this.obstructed(segment.baseOffset, whyObstacle(compaction.obstacle));
    this.io.goThrough({ segment, accept, taken, isDone, done }, now);
  }

  /** Also what was compacted before may not be read any more: a codec is there no more, or the disk has lost it. */
  private obstructed(offset: number, because: string): void {
    this.stopsAt(offset, because);
    this.giveUp();
  }

  private writeTaken(rewrite: Rewrite, next: (now: Now) => void, now: Now): void {
    const { path, compaction, writtenBytes: position } = rewrite;
    const buffers = compaction.take();
    if (buffers.length === 0) return next(now);
    for (const { length } of buffers) rewrite.writtenBytes += length;
    if (rewrite.writtenBytes > (rewrite.round.segmentBytesMax ?? SEGMENT_BYTES_MAX)) return this.outgrown(rewrite);
    this.io.append({ path, position, buffers }, next);
  }

  private outgrown({ round, group }: Rewrite): void {
    const [first, second] = group;
    if (first === undefined || second === undefined)
      return this.obstructed(first?.baseOffset ?? 0, "what compaction makes of it is larger than a segment can be");
    round.groups.unshift(...group.map((segment) => [segment]));
    this.io.deleteAll(this.cleanedPaths, (now) => this.rewriteNext(round, now));
  }

  private rewritten({ round, group, path, compaction }: Rewrite): void {
    const [first, last] = [group[0] as Segment, group.at(-1) as Segment];
    invariant(compaction.endOffset === last.endOffset, "nothing is missing of what was compacted", { path, endOffset: compaction.endOffset });
    for (const { sizeInBytes } of group) round.bytesBefore += sizeInBytes;
    round.bytesAfter += compaction.sizeInBytes;
    if (!compaction.isChanged && first === last) return this.io.deleteAll(this.cleanedPaths, (at) => this.rewriteNext(round, at));
    compaction.builder.mark();
    const { offsets, times } = compaction.builder.take();
    const [, indexPath = "", timeIndexPath = ""] = this.cleanedPaths;
    // Of a segment without entries they are there all the same.
    const index = { path: indexPath, position: 0, buffers: [encodeOffsetEntries(offsets, first.baseOffset)] };
    const timeIndex = { path: timeIndexPath, position: 0, buffers: [encodeTimeEntries(times, first.baseOffset)] };
    this.io.append(index, () => this.io.append(timeIndex, () => this.beginSwap(round, group, compaction)));
  }

  private beginSwap(round: Round, group: readonly Segment[], compaction: SegmentCompaction): void {
    const { outbox, directory, generations, settled, failed } = this.options;
    this.cleanedPaths = [];
    this.swap = new SegmentSwap({
      outbox,
      directory,
      generations,
      old: group,
      leaving: () => this.options.leaving(group),
      arrived: (at) => {
        this.options.arrived(group, compaction, at);
        settled(at);
      },
      done: (at) => {
        this.swap = undefined;
        this.rewriteNext(round, at);
        settled(at);
      },
      failed,
    });
    this.swap.start();
  }

  /** Nothing is changed of the log, and what was written is of no use. */
  private giveUp(): void {
    this.io.deleteAll(this.cleanedPaths, () => undefined);
    this.finish(undefined);
  }

  private finish(cleaned: Cleaned | undefined): void {
    const { round } = this;
    this.round = undefined;
    this.cleanedPaths = [];
    this.io.end();
    round?.ended(cleaned);
  }
}

const whyObstacle = ({ baseOffset, isTransactional, isControl }: BatchHeader): string =>
  `the batch at offset ${baseOffset} ${isTransactional || isControl ? "is of a transaction" : "can't be looked into, or can't be written anew"}`;
