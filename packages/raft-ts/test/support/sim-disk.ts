import type { Random } from "./random.ts";

/** What a process leaves behind when it dies: with its page cache, or without. */
export type Death = "crash" | "power-loss";

/**
 * The disk of one replica: a write-ahead log and one snapshot. One write to the log is unsynced at most; files that are replaced are
 * replaced at once or not at all.
 */
export class SimDisk {
  /** The file in pieces, as they were written. */
  private frames: Uint8Array[] = [];
  private unsynced: { readonly kind: "append" | "replace"; readonly frame: Uint8Array } | undefined;
  private stored: Uint8Array | undefined;
  private storing: Uint8Array[] = [];

  get wal(): Uint8Array {
    const bytes = new Uint8Array(this.frames.reduce((sum, frame) => sum + frame.length, 0));
    let at = 0;
    for (const frame of this.frames) {
      bytes.set(frame, at);
      at += frame.length;
    }
    return bytes;
  }

  get snapshot(): Uint8Array | undefined {
    return this.stored;
  }

  /** Appends to the file, or puts a new one in its place. */
  write(kind: "append" | "replace", frame: Uint8Array): void {
    this.unsynced = { kind, frame };
  }

  sync(): void {
    if (this.unsynced === undefined) return;
    this.frames = this.unsynced.kind === "replace" ? [this.unsynced.frame] : [...this.frames, this.unsynced.frame];
    this.unsynced = undefined;
  }

  store(file: Uint8Array): void {
    this.storing.push(file);
  }

  /** The oldest of those being stored is durable now. */
  completeStore(): void {
    this.stored = this.storing.shift() ?? this.stored;
  }

  /** What recovery does: the sound part goes into a new file. */
  rewrite(wal: Uint8Array): void {
    this.frames = wal.length === 0 ? [] : [wal];
  }

  die(how: Death, random: Random): void {
    for (let left = random.between(0, this.storing.length); left > 0; left--) this.completeStore();
    this.storing = [];
    const { unsynced } = this;
    this.unsynced = undefined;
    if (unsynced === undefined) return;
    if (unsynced.kind === "replace") {
      if (random.chance(0.5)) this.frames = [unsynced.frame];
    } else this.frames.push(how === "crash" ? unsynced.frame : torn(unsynced.frame, random));
  }
}

/** Of the unsynced bytes any prefix may be left, followed by nothing, zeros or garbage. */
function torn(frame: Uint8Array, random: Random): Uint8Array {
  const kept = random.pick([0, random.between(0, frame.length), frame.length]);
  const isDamaged = random.chance(0.5);
  const isGarbage = random.chance(0.5);
  const left = new Uint8Array(isDamaged ? frame.length : kept);
  left.set(frame.subarray(0, kept));
  for (let i = kept; i < left.length; i++) left[i] = isGarbage ? random.u32() & 0xff : 0;
  return left;
}
