import * as fs from "node:fs";
import type { Outcome } from "@samsa/world";
import { succeeded } from "@samsa/world";
import { remaining, WRITE_BUFFERS_MAX, writeFully } from "./file-io.ts";
import { diskFailure } from "./system-error.ts";

/** What is copied into the page cache in less time than it takes to wake a thread and to be woken by it. */
export const LOOP_WRITE_BYTES_MAX = 128 * 1024;
/** Of the event loop's time, for writes within it. */
export const LOOP_WRITE_SHARE = 0.25;
/** So much of it may be saved up. */
export const SAVED_MS_MAX = 2;

/**
 * Writes to the page cache: small ones within the event loop, without a thread. A write that finds the page cache or the file system busy takes a
 * hundred milliseconds now and then: what it took is owed, and until a quarter of the time that passes has paid for it, threads write.
 */
export class LoopWrites {
  private savedMs = SAVED_MS_MAX;
  private countedMs = 0;
  private readonly clockMs: () => number;

  constructor(clockMs = (): number => performance.now()) {
    this.clockMs = clockMs;
  }

  write(fd: number, position: number, buffers: readonly Uint8Array[], done: (outcome: Outcome<void>) => void): void {
    const startMs = this.clockMs();
    if (!this.mayWrite(buffers, startMs)) return writeFully(fd, position, buffers, done);
    const written = writeNow(fd, position, buffers);
    this.countedMs = this.clockMs();
    this.savedMs -= this.countedMs - startMs;
    if (typeof written !== "number") return done(written);
    const rest = remaining(buffers, written);
    if (rest.length === 0) return done(succeeded(undefined));
    writeFully(fd, position + written, rest, done);
  }

  private mayWrite(buffers: readonly Uint8Array[], nowMs: number): boolean {
    this.savedMs = Math.min(SAVED_MS_MAX, this.savedMs + LOOP_WRITE_SHARE * (nowMs - this.countedMs));
    this.countedMs = nowMs;
    let bytes = 0;
    for (const { length } of buffers) bytes += length;
    return this.savedMs > 0 && bytes <= LOOP_WRITE_BYTES_MAX && buffers.length <= WRITE_BUFFERS_MAX;
  }
}

/** Bytes written, which may be fewer. */
function writeNow(fd: number, position: number, buffers: readonly Uint8Array[]): number | Outcome<never> {
  try {
    const [only] = buffers;
    return buffers.length === 1 && only !== undefined ? fs.writeSync(fd, only, 0, only.length, position) : fs.writevSync(fd, buffers, position);
  } catch (error) {
    return diskFailure(error instanceof Error ? error : new Error(String(error)));
  }
}
