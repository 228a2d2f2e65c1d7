import * as fs from "node:fs";
import type { Outcome } from "@samsa/world";
import { succeeded } from "@samsa/world";
import type { OverdueWork } from "./overdue-work.ts";
import { remaining, WRITE_BUFFERS_MAX, writeFully } from "./file-io.ts";
import { diskFailure } from "./system-error.ts";
import { monotonicMs } from "./timers.ts";

/** What is copied into the page cache in less time than it takes to wake a thread and to be woken by it. */
export const LOOP_WRITE_BYTES_MAX = 128 * 1024;
/** Of the event loop's time, for writes within it. */
export const LOOP_WRITE_SHARE = 0.25;
/** So much of it may be saved up. */
export const SAVED_MS_MAX = 2;

export interface WritePlace {
  readonly fd: number;
  readonly position: number;
  /** What threads have under way in its log directory. */
  readonly volume: OverdueWork;
}

/**
 * Writes to the page cache: small ones within the event loop, without a thread. A write that finds the page cache or the file system busy takes a
 * hundred milliseconds now and then: what it took is owed, and until a quarter of the time that passes has paid for it, threads write.
 * So they do in a log directory where a thread's write or sync is overdue: within the loop, a volume that hangs would hold up the whole process,
 * the log directories that are well and Raft with it. The first write to one that hangs from one moment to the next still does.
 */
export class LoopWrites {
  private savedMs = SAVED_MS_MAX;
  private countedMs = 0;
  private readonly clockMs: () => number;

  constructor(clockMs = monotonicMs) {
    this.clockMs = clockMs;
  }

  write({ fd, position, volume }: WritePlace, buffers: readonly Uint8Array[], done: (outcome: Outcome<void>) => void): void {
    const startMs = this.clockMs();
    if (volume.isOverdue || !this.mayWrite(buffers, startMs)) return writeFully(fd, position, buffers, volume.watch(done));
    const written = writeNow(fd, position, buffers);
    this.countedMs = this.clockMs();
    this.savedMs -= this.countedMs - startMs;
    if (typeof written !== "number") return done(written);
    const rest = remaining(buffers, written);
    if (rest.length === 0) return done(succeeded(undefined));
    writeFully(fd, position + written, rest, volume.watch(done));
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
