import type { Slice } from "./effect.ts";
import { type Done, failed, type Outcome } from "./ports.ts";

/** A file that took its slices along to another name. */
interface Move {
  readonly to: string;
  isUnderWay: boolean;
  /** Reads that found the file gone, and its new name not there for good. */
  readonly waiting: (() => void)[];
}

/** Asks the disk for a part of the file at `path`. */
export type ReadAt = (path: string, done: Done<Uint8Array>) => void;

const keyOf = ({ path, generation }: Pick<Slice, "path" | "generation">): string => `${path}@${generation}`;

/**
 * Which file a slice is of, by how often the file of its name was truncated, deleted or moved away:
 *
 *     at its name ──moving──▶ still there, or not any more ──moved──▶ at its new name
 *          └──────────truncated, deleted───────────┴──────the new name is deleted, or replaced──────▶ stale
 */
export class SliceFiles {
  private readonly generations = new Map<string, number>();
  /** By the slices' name and generation: no more than files that have moved and are still there. */
  private readonly moves = new Map<string, Move>();
  /** By the name that a file has moved to, the slices that it took along. */
  private readonly movedTo = new Map<string, string>();

  truncated(path: string, generation: number): void {
    this.forgetMovedTo(path);
    this.generations.set(path, generation);
  }

  deleted(path: string): void {
    this.truncated(path, this.generationOf(path) + 1);
  }

  /** The file at `from` is about to be called `to`, for its slices too; `generation`: of `from` then. What it returns is to be called when it is, or can't be. */
  moving({ from, to, generation }: { readonly from: string; readonly to: string; readonly generation: number }): () => void {
    this.deleted(to);
    const move: Move = { to, isUnderWay: true, waiting: [] };
    const key = keyOf({ path: from, generation: this.generationOf(from) });
    this.moves.set(key, move);
    this.movedTo.set(to, key);
    this.generations.set(from, generation);
    return () => {
      move.isUnderWay = false;
      for (const goOn of move.waiting.splice(0)) goOn();
    };
  }

  /** Reads from the file that the slice is of, wherever that is. ESTALE: it is no more, or not what it was. Calls back within the call, or later. */
  read(slice: Slice, readAt: ReadAt, done: Done<Uint8Array>): void {
    const path = this.pathOf(slice);
    if (path === undefined) return done(stale(slice));
    readAt(path, (outcome) => {
      const place = this.pathOf(slice);
      if (place === undefined) return done(stale(slice));
      // It may have been read in the file that has taken the name since.
      if (place !== path) return this.read(slice, readAt, done);
      const move = this.moves.get(keyOf(slice));
      const isOnItsWay = !outcome.ok && outcome.error.code === "ENOENT" && move?.isUnderWay === true;
      if (isOnItsWay) move.waiting.push(() => this.read(slice, readAt, done));
      else done(outcome);
    });
  }

  /** Undefined: the slice is stale. */
  private pathOf(slice: Slice): string | undefined {
    if (slice.generation === this.generationOf(slice.path)) return slice.path;
    const move = this.moves.get(keyOf(slice));
    return move?.isUnderWay === true ? slice.path : move?.to;
  }

  private generationOf(path: string): number {
    return this.generations.get(path) ?? 0;
  }

  private forgetMovedTo(path: string): void {
    const key = this.movedTo.get(path);
    if (key === undefined) return;
    this.movedTo.delete(path);
    this.moves.delete(key);
  }
}

const stale = ({ path }: Slice): Outcome<never> => failed("ESTALE", path);
