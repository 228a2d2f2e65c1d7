const MEBIBYTE = 1024 * 1024;

/** Of buffers, held or not: where it begins to matter that garbage is given back soon, before the system has to give new memory for it. */
export const YOUNG_BUFFER_BYTES = 16 * MEBIBYTE;
/** Not again before so much more has come. */
export const MORE_YOUNG_BUFFER_BYTES = 12 * MEBIBYTE;
/** Of buffers that outlive a collection of what is young. A broker under load is below it. */
export const BUFFER_BYTES_MAX = 96 * MEBIBYTE;
/** Not again before so much more has come. */
export const MORE_BUFFER_BYTES = 24 * MEBIBYTE;
/** Of the whole process: where memory that is kept for later begins to matter. A broker under load is below it. */
export const RESIDENT_BYTES_MAX = 232 * MEBIBYTE;
/** Not again before it has grown by so much. */
export const MORE_RESIDENT_BYTES = 32 * MEBIBYTE;
/** Nor before so many times as long as it took have passed: it stops the process for some dozen milliseconds. */
export const GIVE_BACK_PAUSES = 20;

/** Of what `process.memoryUsage` says. */
export interface MemoryUsage {
  readonly rss: number;
  readonly arrayBuffers: number;
}

/**
 * `scavenge`: find garbage among what is young, which takes a millisecond; most requests are that. `collect`: among everything. `give-back`: also hand
 * the pages to the system that the engine keeps for later.
 */
export type Relief = "none" | "scavenge" | "collect" | "give-back";

/** What to do about the memory that the process takes, by what was left the last time. */
export class MemoryPressure {
  private leftYoungBytes = 0;
  private leftBufferBytes = 0;
  private leftResidentBytes = 0;
  private giveBackFromMs = 0;

  look({ rss, arrayBuffers }: MemoryUsage, nowMs: number): Relief {
    this.leftYoungBytes = Math.min(this.leftYoungBytes, arrayBuffers);
    this.leftBufferBytes = Math.min(this.leftBufferBytes, arrayBuffers);
    this.leftResidentBytes = Math.min(this.leftResidentBytes, rss);
    // First: what it finds needs nothing longer.
    if (arrayBuffers >= Math.max(YOUNG_BUFFER_BYTES, this.leftYoungBytes + MORE_YOUNG_BUFFER_BYTES)) return "scavenge";
    if (nowMs >= this.giveBackFromMs && rss >= Math.max(RESIDENT_BYTES_MAX, this.leftResidentBytes + MORE_RESIDENT_BYTES)) return "give-back";
    return arrayBuffers >= Math.max(BUFFER_BYTES_MAX, this.leftBufferBytes + MORE_BUFFER_BYTES) ? "collect" : "none";
  }

  /** What is left after a relief, and how long that took. */
  relieved(relief: Relief, { rss, arrayBuffers }: MemoryUsage, { startMs, endMs }: { readonly startMs: number; readonly endMs: number }): void {
    this.leftYoungBytes = arrayBuffers;
    if (relief === "scavenge") return;
    this.leftBufferBytes = arrayBuffers;
    if (relief !== "give-back") return;
    this.leftResidentBytes = rss;
    this.giveBackFromMs = endMs + GIVE_BACK_PAUSES * (endMs - startMs);
  }
}
