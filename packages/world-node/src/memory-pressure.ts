const MEBIBYTE = 1024 * 1024;

/** Of buffers, held or not. A broker under load is below it. */
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

/** `collect`: find what is garbage. `give-back`: also hand the pages to the system that the engine keeps for later. */
export type Relief = "none" | "collect" | "give-back";

/** What to do about the memory that the process takes, by what was left the last time. */
export class MemoryPressure {
  private leftBufferBytes = 0;
  private leftResidentBytes = 0;
  private giveBackFromMs = 0;

  look({ rss, arrayBuffers }: MemoryUsage, nowMs: number): Relief {
    this.leftBufferBytes = Math.min(this.leftBufferBytes, arrayBuffers);
    this.leftResidentBytes = Math.min(this.leftResidentBytes, rss);
    if (nowMs >= this.giveBackFromMs && rss >= Math.max(RESIDENT_BYTES_MAX, this.leftResidentBytes + MORE_RESIDENT_BYTES)) return "give-back";
    return arrayBuffers >= Math.max(BUFFER_BYTES_MAX, this.leftBufferBytes + MORE_BUFFER_BYTES) ? "collect" : "none";
  }

  /** What is left after a relief, and how long that took. */
  relieved(relief: Relief, { rss, arrayBuffers }: MemoryUsage, { startMs, endMs }: { readonly startMs: number; readonly endMs: number }): void {
    this.leftBufferBytes = arrayBuffers;
    if (relief !== "give-back") return;
    this.leftResidentBytes = rss;
    this.giveBackFromMs = endMs + GIVE_BACK_PAUSES * (endMs - startMs);
  }
}
