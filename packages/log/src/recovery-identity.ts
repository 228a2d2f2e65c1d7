import type { Now, Uuid } from "@samsa/stdx";
import type { Completion, Request } from "@samsa/world";
import { decodeEpochCheckpoint, type EpochEntry } from "./leader-epoch-checkpoint.ts";
import { CLEANED_SUFFIX, DELETED_SUFFIX, LEADER_EPOCH_CHECKPOINT, parentOf, PARTITION_METADATA, TEMPORARY_SUFFIX } from "./log-file-names.ts";
import { decodePartitionMetadata, encodePartitionMetadata } from "./partition-metadata.ts";
import type { RecoveryIo } from "./recovery-io.ts";
import { segmentsIn } from "./recovery-segments.ts";
import { RecoverySwaps } from "./recovery-swaps.ts";
import type { Segment } from "./segment.ts";

export interface RecoveryIdentityOptions {
  readonly io: RecoveryIo;
  readonly directory: string;
  readonly topicId: Uuid;
  readonly intervalBytes: () => number;
  /** The log is its topic's, and has at least one segment. */
  readonly found: (segments: readonly Segment[], checkpoint: readonly EpochEntry[], now: Now) => void;
  /** There was no log: now there is its directory, and what says whose it is. */
  readonly created: (now: Now) => void;
  readonly failed: (detail: string, now: Now) => void;
  readonly damaged: (detail: string, now: Now) => void;
  readonly foreign: (topicId: Uuid, now: Now) => void;
}

/** Of files that were not finished, or are of no use any more. */
const LEFT_SUFFIXES = [TEMPORARY_SUFFIX, DELETED_SUFFIX, CLEANED_SUFFIX] as const;

/** The small files are a few hundred bytes; a larger one is not ours. */
const SMALL_FILE_BYTES_MAX = 1024 * 1024;

/** The first part of a recovery: whose log the directory holds, if any. See `LogRecovery`. */
export class RecoveryIdentity {
  private readonly options: RecoveryIdentityOptions;
  private readonly io: RecoveryIo;
  private segments: readonly Segment[] = [];

  constructor(options: RecoveryIdentityOptions) {
    this.options = options;
    this.io = options.io;
  }

  start(): void {
    this.io.ask({ type: "list", path: this.options.directory }, (completion, now) => this.listed(completion, now), "ENOENT");
  }

  private listed(completion: Completion, now: Now): void {
    this.io.entries = completion.type === "listed" ? completion.entries : [];
    const left = this.io.entries.filter(({ name }) => LEFT_SUFFIXES.some((suffix) => name.endsWith(suffix)));
    const paths = left.map(({ name }) => this.io.pathOf(name));
    const { directory, intervalBytes, damaged } = this.options;
    const swaps = new RecoverySwaps({ io: this.io, directory, intervalBytes, done: (at) => this.identify(at), damaged });
    this.io.deleteAll(paths, (at) => swaps.run(at), now);
  }

  private identify(now: Now): void {
    this.segments = segmentsIn(this.io, this.options.directory);
    if (this.io.has(PARTITION_METADATA)) this.readSmallFile(PARTITION_METADATA, now, (bytes, at) => this.identified(bytes, at));
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
      this.io.stop();
      this.options.foreign(found, now);
    } else if (this.io.has(LEADER_EPOCH_CHECKPOINT)) {
      // Of what is scanned it is only needed for an epoch without records: the others are in the batches.
      this.readSmallFile(LEADER_EPOCH_CHECKPOINT, now, (content, at) => this.read(decodeEpochCheckpoint(content) ?? [], at));
    } else this.read([], now);
  }

  private read(checkpoint: readonly EpochEntry[], now: Now): void {
    if (this.segments.length === 0) this.create();
    else this.options.found(this.segments, checkpoint, now);
  }

  private fail(detail: string, now: Now): void {
    this.io.stop();
    this.options.failed(detail, now);
  }

  private readSmallFile(name: string, now: Now, next: (bytes: Uint8Array, now: Now) => void): void {
    const length = this.io.sizeOf(name);
    if (length > SMALL_FILE_BYTES_MAX) return this.fail(`${this.io.pathOf(name)} has ${length} bytes`, now);
    this.io.readFile(name, now, next);
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
    const path = this.io.pathOf(PARTITION_METADATA);
    const write: Request = { type: "append", path, position: 0, buffers: [encodePartitionMetadata(topicId)] };
    this.io.ask({ type: "make-directory", path: directory }, () => this.io.ask(write, () => this.secureDirectory()));
  }

  private secureDirectory(): void {
    const { directory } = this.options;
    this.io.ask({ type: "sync", path: this.io.pathOf(PARTITION_METADATA) }, () =>
      this.io.ask({ type: "sync-directory", path: directory }, () =>
        this.io.ask({ type: "sync-directory", path: parentOf(directory) }, (_, at) => this.options.created(at)),
      ),
    );
  }
}
