/** What was done between the end of the warm-up and the end of the load. Bytes are those of the records' values. */
export interface Throughput {
  readonly records: number;
  readonly bytes: number;
  readonly durationMs: number;
}

export const bytesPerSecond = ({ bytes, durationMs }: Throughput): number => (bytes * 1000) / durationMs;
export const recordsPerSecond = ({ records, durationMs }: Throughput): number => (records * 1000) / durationMs;

/** Counts from the end of the warm-up on; where there is none, from the first records on, which themselves are not counted. */
export class Stopwatch {
  private readonly warmUpMs: number;
  private readonly forMs: number;
  private startedAtMs = 0;
  private lastAtMs = 0;
  private hasBegun = false;
  private records = 0;
  private bytes = 0;

  constructor({ warmUpMs, forMs }: { readonly warmUpMs: number; readonly forMs: number }) {
    this.warmUpMs = warmUpMs;
    this.forMs = forMs;
  }

  start(): void {
    this.startedAtMs = performance.now() + this.warmUpMs;
    this.lastAtMs = this.startedAtMs;
  }

  get isOver(): boolean {
    return performance.now() >= this.startedAtMs + this.forMs;
  }

  count({ records, bytes }: { readonly records: number; readonly bytes: number }): void {
    const nowMs = performance.now();
    if (records === 0 || nowMs < this.startedAtMs) return;
    if (this.warmUpMs === 0 && !this.hasBegun) {
      this.hasBegun = true;
      this.startedAtMs = nowMs;
      this.lastAtMs = nowMs;
      return;
    }
    this.lastAtMs = nowMs;
    this.records += records;
    this.bytes += bytes;
  }

  throughput(): Throughput {
    return { records: this.records, bytes: this.bytes, durationMs: Math.max(1, this.lastAtMs - this.startedAtMs) };
  }
}
