import type { Now } from "@samsa/stdx";
import type { Completable, Completion, EffectId, Outbox, Request } from "@samsa/world";
import type { BatchHeader } from "../batch-header.ts";
import type { FileGenerations } from "../file-generations.ts";
import { CLEANER_READ_BYTES } from "../log-config.ts";
import type { Segment } from "../segment.ts";
import { SegmentScan } from "../segment-scan.ts";

/** Calls `goOn` when so many more bytes may be read or written: within the call, or later. */
export type Pace = (bytes: number, goOn: (now: Now) => void, now: Now) => void;

export interface CleaningIoOptions {
  readonly outbox: Outbox;
  readonly generations: FileGenerations;
  /** A batch of the segment is not sound. */
  readonly damaged: (segment: Segment, detail: string) => void;
  readonly failed: (detail: string, now: Now) => void;
  /** A write found no room. */
  readonly foundNoRoom: () => void;
}

/** Of a segment from its first batch to its last. */
export interface Passage {
  readonly segment: Segment;
  readonly accept: (header: BatchHeader, bytes: Uint8Array, at: number) => void;
  /** A piece was gone through: `goOn` reads the next one. */
  readonly taken?: (goOn: (now: Now) => void, now: Now) => void;
  /** Nothing more of it is wanted. */
  readonly isDone: () => boolean;
  readonly done: (now: Now) => void;
}

/** What a round of compaction asks of the disk, in pieces of a bounded size. Once it has ended nobody hears of what was asked for. */
export class CleaningIo implements Completable {
  private readonly options: CleaningIoOptions;
  private readonly steps = new Map<EffectId, (completion: Completion, now: Now) => void>();
  private round = 0;
  private paceOfRound: Pace = (_, goOn, now) => goOn(now);

  constructor(options: CleaningIoOptions) {
    this.options = options;
  }

  begin(pace: Pace): void {
    this.paceOfRound = pace;
    this.round++;
  }

  end(): void {
    this.round++;
  }

  complete(completion: Completion, now: Now): void {
    const step = this.steps.get(completion.id);
    this.steps.delete(completion.id);
    step?.(completion, now);
  }

  /** Reads the segment piece by piece. */
  goThrough(passage: Passage, now: Now): void {
    const { segment, accept } = passage;
    const end = { endOffset: segment.baseOffset, leaderEpoch: -1 };
    this.readNext(passage, new SegmentScan({ fileBytes: segment.sizeInBytes, end, accept, readBytes: CLEANER_READ_BYTES }), now);
  }

  /** A full disk is no reason to fail: what is there is as good. */
  append(to: { readonly path: string; readonly position: number; readonly buffers: readonly Uint8Array[] }, next: (now: Now) => void): void {
    const bytes = to.buffers.reduce((sum, { length }) => sum + length, 0);
    this.ask({ type: "append", ...to }, (completion, now) => {
      if (completion.type === "failed" && completion.error.code === "ENOSPC") return this.options.foundNoRoom();
      if (completion.type === "failed") return this.options.failed(`writing ${to.path}: ${completion.error.code} ${completion.error.detail}`, now);
      this.pace(bytes, next, now);
    });
  }

  /** They may not be there. What is left of one would be the end of the next one that is written there: also who gives up hears of it. */
  deleteAll(paths: readonly string[], next: (now: Now) => void): void {
    let left = paths.length;
    for (const path of paths) {
      this.options.generations.next(path);
      const { round } = this;
      this.steps.set(this.options.outbox.request({ type: "delete", path }, this), (completion, now) => {
        if (completion.type === "failed" && completion.error.code !== "ENOENT") return this.options.failed(`deleting ${path}: ${completion.error.code}`, now);
        if (--left === 0 && round === this.round) next(now);
      });
    }
  }

  private readNext(passage: Passage, scan: SegmentScan, now: Now): void {
    const { segment, isDone, done, taken = (goOn, at) => goOn(at) } = passage;
    const { path } = segment;
    const piece = scan.nextRead;
    if (piece === undefined || isDone()) return done(now);
    const slice = { path, ...piece, generation: this.options.generations.of(path) };
    this.ask({ type: "read", slice }, (completion, at) => {
      if (completion.type === "failed") return this.options.failed(`reading ${path}: ${completion.error.code} ${completion.error.detail}`, at);
      if (completion.type === "read") scan.feed(completion.bytes);
      const { damage } = scan;
      if (damage !== undefined) return this.options.damaged(segment, `${path} is damaged at byte ${damage.position}: ${damage.text}`);
      taken((later) => this.pace(piece.length, (goesOn) => this.readNext(passage, scan, goesOn), later), at);
    });
  }

  private pace(bytes: number, next: (now: Now) => void, now: Now): void {
    const { round } = this;
    this.paceOfRound(bytes, (later) => (round === this.round ? next(later) : undefined), now);
  }

  private ask(request: Request, next: (completion: Completion, now: Now) => void): void {
    const { round } = this;
    this.steps.set(this.options.outbox.request(request, this), (completion, now) => (round === this.round ? next(completion, now) : undefined));
  }
}
