import { invariant, type Now, type Uuid } from "@samsa/stdx";
import type { Completable, Completion, DirectoryEntry, EffectId, Outbox, Request } from "@samsa/world";
import type { BatchHeader, LogEnd } from "./batch-header.ts";
import type { FileGenerations } from "./file-generations.ts";
import { decodeEpochCheckpoint, type EpochEntry } from "./leader-epoch-checkpoint.ts";
import { LeaderEpochCache } from "./leader-epoch-cache.ts";
import { baseOffsetOfFile, LEADER_EPOCH_CHECKPOINT, parentOf, PARTITION_METADATA, TEMPORARY_SUFFIX, TRUNCATION_MARKER } from "./log-file-names.ts";
import { decodePartitionMetadata, encodePartitionMetadata } from "./partition-metadata.ts";
import { Segment } from "./segment.ts";
import { SegmentScan } from "./segment-scan.ts";

/** What a log begins its life with. */
export interface RecoveredLog {
  /** At least one; the last is the active one. */
  readonly segments: Segment[];
  readonly epochs: LeaderEpochCache;
  /** Bytes of a torn tail that were cut off. */
  readonly droppedBytes: number;
}

export interface RecoveryEvents {
  /** In the order of the log. */
  batch(header: BatchHeader): void;
  recovered(log: RecoveredLog, now: Now): void;
  failed(detail: string, now: Now): void;
  /** The directory is another topic's: it has been deleted since, and this one has its name. */
  foreign(topicId: Uuid, now: Now): void;
}

export interface RecoveryOptions {
  readonly outbox: Outbox;
  readonly directory: string;
  readonly topicId: Uuid;
  readonly generations: FileGenerations;
  /** The host lost its page cache, and the controller counts this replica out for it: what is not sound any more is cut off, wherever it lies. */
  readonly hasLostPageCache: boolean;
  /** What is found is synced before it counts. */
  readonly mustSync: boolean;
  readonly events: RecoveryEvents;
}

type Next = (completion: Completion, now: Now) => void;

/** The small files are a few hundred bytes; a larger one is not ours. */
const SMALL_FILE_BYTES_MAX = 1024 * 1024;

/**
 * Finds out what a log's directory holds, and makes of it a log whose every byte is sound.
 *
 *     listing ──no directory, or no file of a log──▶ creating: directory, partition.metadata, syncs of it and both directories ──▶ recovered
 *        │
 *        ▼ deletes half-written small files
 *     reading partition.metadata ──another topic's──▶ foreign; half of it, or no segments──▶ creating
 *        ▼
 *     reading leader-epoch-checkpoint
 *        ▼
 *     scanning the segments ──damage before the last segment──▶ failed; after a loss of the page cache: deleting what is behind it
 *        ▼
 *     cutting the last one's torn tail ──▶ syncing it and the directory, where it was cut or must be ──▶ recovered
 *
 * Records that the last process wrote and did not sync are not synced here either: ten thousand syncs would be most of a start. They are
 * where they were, in the page cache, and whether that is lost some day the boot id tells (ADR 3). A cut is another matter, for without a
 * sync old records could come back behind new ones: it is synced, and so is one that the last process may have left half done, which its
 * marker says.
 *
 * The write pipeline syncs a segment before it writes to the next, so that only the last one can be torn: damage in an older
 * one is the disk's and nothing of the log is served. A sync that failed breaks that rule, for the kernel may drop what it could not
 * write and call it clean: the damage shows when the page cache is gone. Then the log is cut there, as its leader still has the rest. A crash during recovery changes nothing that the next one would not
 * do as well.
 */
export class LogRecovery implements Completable {
  private readonly options: RecoveryOptions;
  private readonly next = new Map<EffectId, Next>();
  private entries: readonly DirectoryEntry[] = [];
  private readonly segments: Segment[] = [];
  private readonly epochs = new LeaderEpochCache();
  private checkpoint: readonly EpochEntry[] = [];
  private end: LogEnd = { endOffset: 0, leaderEpoch: -1 };
  private droppedBytes = 0;
  /** Whole segments were deleted. */
  private hasDropped = false;
  private isStopped = false;

  constructor(options: RecoveryOptions) {
    this.options = options;
  }

  start(): void {
    this.ask({ type: "list", path: this.options.directory }, (completion, now) => this.listed(completion, now), "ENOENT");
  }

  stop(): void {
    this.isStopped = true;
  }

  complete(completion: Completion, now: Now): void {
    const next = this.next.get(completion.id);
    this.next.delete(completion.id);
    invariant(next !== undefined, "a completion of the recovery is waited for", { id: completion.id });
    if (!this.isStopped) next(completion, now);
  }

  /** A failure with the code `tolerated` is passed on to `next`; any other ends the recovery. */
  private ask(request: Request, next: Next, tolerated?: string): void {
    const id = this.options.outbox.request(request, this);
    this.next.set(id, (completion, now) => {
      if (completion.type !== "failed" || completion.error.code === tolerated) next(completion, now);
      else this.fail(`${request.type} in ${this.options.directory}: ${completion.error.code} ${completion.error.detail}`, now);
    });
  }

  private fail(detail: string, now: Now): void {
    this.isStopped = true;
    this.options.events.failed(detail, now);
  }

  private pathOf(name: string): string {
    return `${this.options.directory}/${name}`;
  }

  private listed(completion: Completion, now: Now): void {
    this.entries = completion.type === "listed" ? completion.entries : [];
    const temporary = this.entries.filter(({ name }) => name.endsWith(TEMPORARY_SUFFIX)).map(({ name }) => this.pathOf(name));
    this.deleteTemporary(temporary, now);
  }

  private deleteTemporary(paths: readonly string[], now: Now): void {
    const [path, ...rest] = paths;
    if (path === undefined) return this.identify(now);
    this.options.generations.next(path);
    this.ask({ type: "delete", path }, (_, at) => this.deleteTemporary(rest, at), "ENOENT");
  }

  private identify(now: Now): void {
    for (const { name } of this.entries) {
      const baseOffset = baseOffsetOfFile(name);
      if (baseOffset !== undefined) this.segments.push(new Segment(this.options.directory, baseOffset));
    }
    this.segments.sort((a, b) => a.baseOffset - b.baseOffset);
    if (this.entries.some(({ name }) => name === PARTITION_METADATA)) this.readSmallFile(PARTITION_METADATA, now, (bytes, at) => this.identified(bytes, at));
    else if (this.segments.length === 0) this.create();
    else this.fail(`${this.options.directory} has segments but no ${PARTITION_METADATA}: whose they are is not known`, now);
  }

  private identified(bytes: Uint8Array, now: Now): void {
    const { directory, topicId } = this.options;
    const found = decodePartitionMetadata(bytes);
    // It is synced before there is anything else, so that a power cut left it so: nothing was ever written here.
    if (found === undefined && this.segments.length === 0 && bytes.length <= encodePartitionMetadata(topicId).length) this.create();
    else if (found === undefined) this.fail(`${directory}/${PARTITION_METADATA} is damaged`, now);
    else if (found !== topicId) {
      this.isStopped = true;
      this.options.events.foreign(found, now);
    } else if (this.entries.some(({ name }) => name === LEADER_EPOCH_CHECKPOINT)) {
      this.readSmallFile(LEADER_EPOCH_CHECKPOINT, now, (content, at) => {
        // It is only needed for an epoch without records: the others are in the batches.
        this.checkpoint = decodeEpochCheckpoint(content) ?? [];
        this.scanSegment(0, at);
      });
    } else this.scanSegment(0, now);
  }

  private readSmallFile(name: string, now: Now, next: (bytes: Uint8Array, now: Now) => void): void {
    const length = this.sizeOf(name);
    const path = this.pathOf(name);
    if (length > SMALL_FILE_BYTES_MAX) return this.fail(`${path} has ${length} bytes`, now);
    if (length === 0) return next(new Uint8Array(0), now);
    this.read(path, { position: 0, length }, next);
  }

  private read(path: string, range: { readonly position: number; readonly length: number }, next: (bytes: Uint8Array, now: Now) => void): void {
    const slice = { path, ...range, generation: this.options.generations.of(path) };
    this.ask({ type: "read", slice }, (completion, now) => next(completion.type === "read" ? completion.bytes : new Uint8Array(0), now));
  }

  private sizeOf(name: string): number {
    return this.entries.find((entry) => entry.name === name)?.size ?? 0;
  }

  /**
   * Also of a log without segments: the last start may have ended before the directory, and what says whose it is, were safe. It is written
   * anew, for where its sync failed the kernel may call pages clean that it has not written (fsyncgate):
   *
   * 1. the sync of partition.metadata fails, and the process ends, 2. the next one finds it in the page cache, syncs it with success, and writes
   * a segment, 3. the power goes: there are segments, and nothing that says whose they are.
   */
  private create(): void {
    const { directory, topicId } = this.options;
    const path = this.pathOf(PARTITION_METADATA);
    const write: Request = { type: "append", path, position: 0, buffers: [encodePartitionMetadata(topicId)] };
    this.ask({ type: "make-directory", path: directory }, () => this.ask(write, () => this.secureDirectory()));
  }

  private secureDirectory(): void {
    const { directory } = this.options;
    this.ask({ type: "sync", path: this.pathOf(PARTITION_METADATA) }, () =>
      this.ask({ type: "sync-directory", path: directory }, () => this.ask({ type: "sync-directory", path: parentOf(directory) }, (_, at) => this.finish(at))),
    );
  }

  private scanSegment(index: number, now: Now): void {
    const segment = this.segments[index];
    if (segment === undefined) return this.create();
    if (index === 0) this.end = { endOffset: segment.baseOffset, leaderEpoch: -1 };
    if (segment.baseOffset !== this.end.endOffset && this.options.hasLostPageCache && index > 0) return this.dropSegments(index, now);
    if (segment.baseOffset !== this.end.endOffset) return this.fail(`${segment.path} should begin at offset ${this.end.endOffset}: records are missing`, now);
    const fileBytes = this.sizeOf(segment.path.slice(this.options.directory.length + 1));
    const scan = new SegmentScan({ fileBytes, end: this.end, accept: (header) => this.accept(segment, header) });
    this.scanPiece(scan, index, now);
  }

  private scanPiece(scan: SegmentScan, index: number, now: Now): void {
    const segment = this.segments[index] as Segment;
    const piece = scan.nextRead;
    if (piece !== undefined) {
      this.read(segment.path, piece, (bytes, at) => {
        scan.feed(bytes);
        this.scanPiece(scan, index, at);
      });
      return;
    }
    this.end = scan.logEnd;
    segment.emittedBytes = segment.sizeInBytes;
    segment.writtenBytes = segment.sizeInBytes;
    segment.isOnDisk = true;
    const isLast = index === this.segments.length - 1;
    if (!isLast) markSynced(segment);
    const { damage } = scan;
    if (damage !== undefined && !isLast && this.options.hasLostPageCache) this.dropSegments(index + 1, now);
    else if (damage !== undefined && !isLast) this.fail(`${segment.path} is damaged at byte ${damage.position}, before its end: ${damage.text}`, now);
    else if (isLast) this.secureTail(segment, now);
    else this.scanSegment(index + 1, now);
  }

  /** The newest first: after a crash in between the next recovery finds a shorter log, and goes on. */
  private dropSegments(count: number, now: Now): void {
    const { directory, generations } = this.options;
    const segment = this.segments.length > count ? this.segments.pop() : undefined;
    if (segment === undefined) return this.secureTail(this.segments[count - 1] as Segment, now);
    this.hasDropped = true;
    this.droppedBytes += this.sizeOf(segment.path.slice(directory.length + 1));
    generations.next(segment.path);
    this.ask({ type: "delete", path: segment.path }, () =>
      this.ask({ type: "sync-directory", path: directory }, (__, later) => this.dropSegments(count, later)),
    );
  }

  private accept(segment: Segment, header: BatchHeader): void {
    segment.index.push(header);
    this.epochs.assign(header.leaderEpoch, header.baseOffset);
    this.options.events.batch(header);
  }

  private secureTail(segment: Segment, now: Now): void {
    const { generations, directory } = this.options;
    const { path, sizeInBytes } = segment;
    const torn = this.sizeOf(path.slice(directory.length + 1)) - sizeInBytes;
    this.droppedBytes += torn;
    const sync = (): void => this.ask({ type: "sync", path }, () => this.ask({ type: "sync-directory", path: directory }, (_, at) => this.synced(segment, at)));
    if (torn === 0 && !this.mustSync) return this.finish(now);
    if (torn === 0) return sync();
    invariant(torn > 0, "what was read was there", { path, sizeInBytes, now: now.monotonicUs });
    this.ask({ type: "truncate", path, length: sizeInBytes, generation: generations.next(path) }, sync);
  }

  private get mustSync(): boolean {
    return this.options.mustSync || this.hasDropped || this.hasMarker;
  }

  private get hasMarker(): boolean {
    return this.entries.some(({ name }) => name === TRUNCATION_MARKER);
  }

  private synced(segment: Segment, now: Now): void {
    markSynced(segment);
    if (!this.hasMarker) return this.finish(now);
    const path = this.pathOf(TRUNCATION_MARKER);
    this.options.generations.next(path);
    this.ask({ type: "delete", path }, (_, at) => this.finish(at), "ENOENT");
  }

  private finish(now: Now): void {
    if (this.segments.length === 0) this.segments.push(new Segment(this.options.directory, 0));
    const last = this.checkpoint.at(-1);
    // An epoch that was assigned and in which nothing was written; one that starts elsewhere was lost with a torn tail.
    if (last !== undefined && last.epoch > this.epochs.latestEpoch && last.startOffset === this.end.endOffset) this.epochs.assign(last.epoch, last.startOffset);
    this.options.events.recovered({ segments: this.segments, epochs: this.epochs, droppedBytes: this.droppedBytes }, now);
  }
}

function markSynced(segment: Segment): void {
  segment.syncAskedBytes = segment.sizeInBytes;
  segment.isEntryDurable = true;
}
