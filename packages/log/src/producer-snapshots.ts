import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Request } from "@samsa/world";
import type { Requests } from "./patient-outbox.ts";
import type { FileGenerations } from "./file-generations.ts";
import { offsetFileName } from "./log-file-names.ts";
import { encodeProducerSnapshot } from "./producer-snapshot.ts";
import { type ProducerEntry, toSnapshotEntry } from "./producer-state.ts";

export interface ProducerSnapshotsOptions {
  readonly outbox: Requests;
  readonly directory: string;
  readonly generations: FileGenerations;
  /** The epoch file and the indexes say all that they were told. */
  readonly isReady: () => boolean;
  readonly failed: (detail: string, now: Now) => void;
  readonly settled: (now: Now) => void;
}

export interface Snapshot {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * The log's `.snapshot` files: one where each segment begins, which goes with its segment, and one at the newest offset up to which the log is
 * known to be good. A start begins there, and so a snapshot waits for the epoch file and the indexes: what stands before it is not looked into
 * again, and a time index without its last entries would hide the records that it does not speak of.
 */
export class ProducerSnapshots implements Completable {
  private readonly options: ProducerSnapshotsOptions;
  private readonly known = new Set<number>();
  private readonly deleting = new Set<EffectId>();
  private readonly writing = new Map<EffectId, Snapshot>();
  private waiting: Snapshot[] = [];
  private underWay = 0;
  private isStopped = false;

  constructor(options: ProducerSnapshotsOptions) {
    this.options = options;
  }

  get isBusy(): boolean {
    return this.underWay > 0 || this.waiting.length > 0;
  }

  /** Of those on the disk. */
  get newestOffset(): number {
    return Math.max(-1, ...this.known);
  }

  stop(): void {
    this.isStopped = true;
    this.waiting = [];
  }

  /** What the directory holds. */
  adopt(offsets: readonly number[]): void {
    for (const offset of offsets) this.known.add(offset);
  }

  /** What the producers are before `offset`, as a snapshot of it to be written later. */
  static take(offset: number, producers: readonly ProducerEntry[]): Snapshot {
    return { offset, bytes: encodeProducerSnapshot(producers.map(toSnapshotEntry)) };
  }

  /** All before its offset is in the segment's file. */
  write(snapshot: Snapshot): void {
    if (this.known.has(snapshot.offset) || this.isStopped) return;
    this.waiting.push(snapshot);
    this.pump();
  }

  /** Of `offset`, as long as it is not on the disk. */
  unwrittenAt(offset: number): Uint8Array | undefined {
    return [...this.writing.values(), ...this.waiting].findLast((snapshot) => snapshot.offset === offset)?.bytes;
  }

  /** They may be ready now. */
  pump(): void {
    if (this.isStopped || this.waiting.length === 0 || !this.options.isReady()) return;
    for (const snapshot of this.waiting.splice(0)) {
      const { offset, bytes } = snapshot;
      if (this.known.has(offset)) continue;
      this.known.add(offset);
      this.writing.set(this.request({ type: "append", path: this.pathOf(offset), position: 0, buffers: [bytes] }), snapshot);
    }
  }

  /** Keeps those at `bases`, and the newest. */
  deleteStrays(bases: ReadonlySet<number>): void {
    const newest = this.newestOffset;
    for (const offset of this.known) {
      if (bases.has(offset) || offset === newest) continue;
      this.known.delete(offset);
      this.delete(offset);
    }
  }

  /** Somebody else takes the files away. */
  forget(offsets: readonly number[]): void {
    for (const offset of offsets) this.known.delete(offset);
  }

  /** Those behind `offset` are of records that are no more. Returns the files that must go. */
  truncate(offset: number): readonly string[] {
    this.waiting = this.waiting.filter((snapshot) => snapshot.offset <= offset);
    return this.dropWhere((known) => known > offset);
  }

  /** None is of the log that begins now. */
  clear(): readonly string[] {
    this.waiting = [];
    return this.dropWhere(() => true);
  }

  complete(completion: Completion, now: Now): void {
    this.underWay--;
    const isDeletion = this.deleting.delete(completion.id);
    this.writing.delete(completion.id);
    if (this.isStopped) return;
    if (completion.type === "failed" && !(isDeletion && completion.error.code === "ENOENT")) {
      this.isStopped = true;
      return this.options.failed(`writing a producer snapshot in ${this.options.directory}: ${completion.error.code} ${completion.error.detail}`, now);
    }
    if (!this.isBusy) this.options.settled(now);
  }

  private delete(offset: number): void {
    const path = this.pathOf(offset);
    this.options.generations.next(path);
    this.deleting.add(this.request({ type: "delete", path }));
  }

  private dropWhere(isDropped: (offset: number) => boolean): readonly string[] {
    const dropped = [...this.known].filter(isDropped);
    for (const offset of dropped) this.known.delete(offset);
    return dropped.map((offset) => this.pathOf(offset));
  }

  private pathOf(offset: number): string {
    return `${this.options.directory}/${offsetFileName(offset, "snapshot")}`;
  }

  private request(request: Request): EffectId {
    this.underWay++;
    return this.options.outbox.request(request, this);
  }
}
