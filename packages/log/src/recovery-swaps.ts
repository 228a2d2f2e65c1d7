import type { Now } from "@samsa/stdx";
import type { DirectoryEntry } from "@samsa/world";
import type { BatchHeader } from "./batch-header.ts";
import { encodeOffsetEntries, encodeTimeEntries } from "./index-entries.ts";
import { offsetFileName, type OffsetFileKind, offsetFileOf, swapOffsetOf } from "./log-file-names.ts";
import type { RecoveryIo } from "./recovery-io.ts";
import { SegmentScan } from "./segment-scan.ts";
import { SparseIndexBuilder } from "./sparse-index-builder.ts";

export interface RecoverySwapsOptions {
  readonly io: RecoveryIo;
  readonly directory: string;
  readonly intervalBytes: () => number;
  /** There is none any more, and `io.entries` says so. */
  readonly done: (now: Now) => void;
  readonly damaged: (detail: string, now: Now) => void;
}

interface Swap extends DirectoryEntry {
  readonly baseOffset: number;
  /** Of its indexes. */
  readonly builder: SparseIndexBuilder;
}

/**
 * Sees through what `SegmentSwap` had begun:
 *
 *     reading .swap, for where it ends ──▶ deleting the segments that begin within it, and all beside them ──▶ writing its indexes
 *       ──▶ syncing the directory ──▶ .swap gets its name ──▶ syncing the directory
 *
 * It was synced before it had that name, and some of the segments that it takes the place of may be gone: where it is not sound, what they held is lost.
 */
export class RecoverySwaps {
  private readonly options: RecoverySwapsOptions;

  constructor(options: RecoverySwapsOptions) {
    this.options = options;
  }

  run(now: Now): void {
    const swap = this.options.io.entries.find(({ name }) => swapOffsetOf(name) !== undefined);
    const baseOffset = swap === undefined ? undefined : swapOffsetOf(swap.name);
    if (swap === undefined || baseOffset === undefined) return this.options.done(now);
    const end = { endOffset: baseOffset, leaderEpoch: -1 };
    const builder = new SparseIndexBuilder();
    const accept = (header: BatchHeader): void => builder.push(header, this.options.intervalBytes());
    this.read({ ...swap, baseOffset, builder }, new SegmentScan({ fileBytes: swap.size, end, accept }), now);
  }

  private read(swap: Swap, scan: SegmentScan, now: Now): void {
    const { io, damaged } = this.options;
    const path = io.pathOf(swap.name);
    const piece = scan.nextRead;
    if (piece !== undefined) {
      return io.read(path, piece, (bytes, at) => {
        scan.feed(bytes);
        this.read(swap, scan, at);
      });
    }
    const { damage } = scan;
    if (damage !== undefined || scan.position === 0) return damaged(`${path} is damaged at byte ${scan.position}: ${damage?.text ?? "it is empty"}`, now);
    this.replace(swap, scan.logEnd.endOffset, now);
  }

  private replace(swap: Swap, endOffset: number, now: Now): void {
    const { io } = this.options;
    const { baseOffset } = swap;
    const isCovered = (name: string): boolean => {
      const file = offsetFileOf(name);
      if (file === undefined || file.offset < baseOffset || file.offset >= endOffset) return false;
      // The producers are what they were where it begins.
      return file.kind !== "snapshot" || file.offset > baseOffset;
    };
    const covered = io.entries.filter(({ name }) => isCovered(name)).map(({ name }) => io.pathOf(name));
    io.deleteAll(covered, () => this.writeIndexes(swap), now);
  }

  /** As long as .swap has that name they are deleted and written again, so that no start believes a part of them. */
  private writeIndexes({ name, baseOffset, builder }: Swap): void {
    const { io, directory } = this.options;
    builder.mark();
    const { offsets, times } = builder.take();
    const pathOf = (kind: OffsetFileKind): string => io.pathOf(offsetFileName(baseOffset, kind));
    const write = (kind: OffsetFileKind, bytes: Uint8Array, next: () => void): void =>
      io.ask({ type: "append", path: pathOf(kind), position: 0, buffers: [bytes] }, next);
    const sync = { type: "sync-directory", path: directory } as const;
    const rename = { type: "rename", from: io.pathOf(name), to: pathOf("log") } as const;
    write("index", encodeOffsetEntries(offsets, baseOffset), () =>
      write("timeindex", encodeTimeEntries(times, baseOffset), () => io.ask(sync, () => io.ask(rename, () => io.ask(sync, () => this.list())))),
    );
  }

  private list(): void {
    const { io, directory } = this.options;
    io.ask({ type: "list", path: directory }, (completion, now) => {
      io.entries = completion.type === "listed" ? completion.entries : [];
      this.run(now);
    });
  }
}
