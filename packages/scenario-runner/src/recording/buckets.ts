import { BUCKET_MS } from "./recording.ts";

/** Counts by tenths of a second since the run began. */
export class Buckets {
  private readonly counts: number[] = [];

  add(atMs: number, count: number): void {
    const index = Math.floor(atMs / BUCKET_MS);
    while (this.counts.length <= index) this.counts.push(0);
    this.counts[index] = (this.counts[index] ?? 0) + count;
  }

  /** As many buckets as begin before `endMs`, and the sum of what came behind them. */
  until(endMs: number): { readonly counts: readonly number[]; readonly after: number } {
    const length = bucketsOf(endMs);
    const counts = Array.from({ length }, (_, index) => this.counts[index] ?? 0);
    return { counts, after: this.counts.slice(length).reduce((sum, count) => sum + count, 0) };
  }
}

/** That of an acknowledgement at the very end is one of them. */
const bucketsOf = (endMs: number): number => Math.floor(endMs / BUCKET_MS) + 1;
