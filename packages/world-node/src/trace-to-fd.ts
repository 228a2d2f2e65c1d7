import { writeSync } from "node:fs";
import type { TraceEvent, TracePort } from "@samsa/world";

/** Bytes of trace that wait for a reader that is slow; what does not fit is left out, and the gap in `seq` shows it. */
export const TRACE_BUFFER_BYTES_MAX = 16 * 1024 * 1024;

/** A trace that keeps lines for a moment must be flushed before the process ends. */
export interface NodeTrace extends TracePort {
  flush(): void;
}

/** For a node that nobody watches: costs one look at a flag. */
export const NO_TRACE: NodeTrace = { isListening: false, emit: () => {}, flush: () => {} };

/** One event as a line of JSON without the newline: `{"seq","t","node",...event}`. */
export const traceLine = ({ seq, t, node, event }: TraceEvent): string => JSON.stringify({ seq, t, node, ...event });

/** Writes lines of JSON to an open descriptor, those of a turn in one write. Stops listening when the reader is gone. */
export function traceToFd(fd: number): NodeTrace {
  return new FdTrace(fd);
}

class FdTrace implements NodeTrace {
  isListening = true;
  private readonly fd: number;
  private lines: string[] = [];
  private waiting: Buffer = Buffer.alloc(0);
  private isFlushDue = false;

  constructor(fd: number) {
    this.fd = fd;
  }

  emit(event: TraceEvent): void {
    if (!this.isListening || this.waiting.length > TRACE_BUFFER_BYTES_MAX) return;
    this.lines.push(traceLine(event), "\n");
    this.flushSoon();
  }

  flush(): void {
    const fresh = Buffer.from(this.lines.join(""), "utf8");
    this.lines = [];
    this.waiting = this.waiting.length === 0 ? fresh : Buffer.concat([this.waiting, fresh]);
    try {
      // Synchronous: lines stay in order, and a node that dies next has told why.
      while (this.waiting.length > 0) this.waiting = this.waiting.subarray(writeSync(this.fd, this.waiting));
    } catch (error) {
      if (error instanceof Error && "code" in error && error.code === "EAGAIN") return this.flushSoon();
      this.isListening = false;
      this.waiting = Buffer.alloc(0);
    }
  }

  private flushSoon(): void {
    if (this.isFlushDue) return;
    this.isFlushDue = true;
    setImmediate(() => {
      this.isFlushDue = false;
      this.flush();
    });
  }
}
