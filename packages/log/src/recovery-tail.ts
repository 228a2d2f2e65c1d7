import { invariant, type Now } from "@samsa/stdx";
import type { FileGenerations } from "./file-generations.ts";
import { TRUNCATION_MARKER } from "./log-file-names.ts";
import type { RecoveryIo } from "./recovery-io.ts";
import type { Segment } from "./segment.ts";

export interface RecoveryTailOptions {
  readonly io: RecoveryIo;
  readonly directory: string;
  readonly generations: FileGenerations;
  /** What is found is synced before it counts. */
  readonly mustSync: boolean;
  /** Producer snapshots that the next start, which finds no marker any more, must not believe either. */
  readonly unbelieved: () => readonly string[];
  /** The log ends at the end of its last segment, on the disk too. */
  readonly secured: (now: Now) => void;
}

/** The last part of a recovery: what stands behind the sound part of a log goes, durably. See `LogRecovery`. */
export class RecoveryTail {
  /** Cut off or deleted. */
  droppedBytes = 0;
  private readonly options: RecoveryTailOptions;
  private readonly io: RecoveryIo;
  /** Whole segments were deleted. */
  private hasDropped = false;

  constructor(options: RecoveryTailOptions) {
    this.options = options;
    this.io = options.io;
  }

  /** A truncation was under way when the last process died. */
  get hasMarker(): boolean {
    return this.io.has(TRUNCATION_MARKER);
  }

  /** The newest first: after a crash in between the next recovery finds a shorter log, and goes on. */
  dropSegments(segments: Segment[], count: number, now: Now): void {
    const { directory, generations } = this.options;
    const segment = segments.length > count ? segments.pop() : undefined;
    if (segment === undefined) return this.secure(segments[count - 1] as Segment, now);
    this.hasDropped = true;
    this.droppedBytes += this.io.sizeAt(segment.path);
    generations.next(segment.path);
    const others = (["index", "timeindex", "txnindex"] as const).map((kind) => segment.pathOf(kind)).filter((path) => this.io.hasPath(path));
    this.io.ask({ type: "delete", path: segment.path }, () =>
      this.io.ask({ type: "sync-directory", path: directory }, (_, later) => this.io.deleteAll(others, (at) => this.dropSegments(segments, count, at), later)),
    );
  }

  /** The log ends with this segment. */
  secure(segment: Segment, now: Now): void {
    this.io.deleteAll(this.options.unbelieved(), (at) => this.cut(segment, at), now);
  }

  private cut(segment: Segment, now: Now): void {
    const { generations, directory } = this.options;
    const { path, sizeInBytes } = segment;
    const torn = this.io.sizeAt(path) - sizeInBytes;
    this.droppedBytes += torn;
    const sync = (): void =>
      this.io.ask({ type: "sync", path }, () => this.io.ask({ type: "sync-directory", path: directory }, (_, at) => this.synced(segment, at)));
    if (torn === 0 && !this.mustSync) return this.options.secured(now);
    if (torn === 0) return sync();
    invariant(torn > 0, "what was read was there", { path, sizeInBytes, now: now.monotonicUs });
    this.io.ask({ type: "truncate", path, length: sizeInBytes, generation: generations.next(path) }, sync);
  }

  private get mustSync(): boolean {
    return this.options.mustSync || this.hasDropped || this.hasMarker;
  }

  private synced(segment: Segment, now: Now): void {
    segment.markSynced();
    if (!this.hasMarker) return this.options.secured(now);
    const path = this.io.pathOf(TRUNCATION_MARKER);
    this.options.generations.next(path);
    this.io.ask({ type: "delete", path }, (_, at) => this.options.secured(at), "ENOENT");
  }
}
