import type { Entry } from "./entry.ts";
import { invariant } from "./invariant.ts";

/**
 * The log in memory. Indexes count from 1 without gaps, terms never decrease, and index 0 has term 0.
 * What of it is on disk is `DurableState`'s business.
 */
export class RaftLog {
  private readonly entries: Entry[] = [];

  constructor(entries: readonly Entry[]) {
    this.append(entries);
  }

  get lastIndex(): number {
    return this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? 0;
  }

  entryAt(index: number): Entry | undefined {
    return this.entries[index - 1];
  }

  /** Term of the entry at `index`; 0 for index 0, undefined behind the end. */
  termAt(index: number): number | undefined {
    return index === 0 ? 0 : this.entries[index - 1]?.term;
  }

  /** Entries with indexes in [from, end). */
  slice(from: number, end: number): readonly Entry[] {
    return this.entries.slice(from - 1, end - 1);
  }

  /** Entries from `from` on within the bounds; at least one if there is one. */
  batch(from: number, bounds: { readonly maxEntries: number; readonly maxBytes: number }): readonly Entry[] {
    const last = Math.min(this.lastIndex, from + bounds.maxEntries - 1);
    let end = from;
    for (let bytes = 0; end <= last; end++) {
      bytes += this.entryAt(end)?.payload.length ?? 0;
      if (bytes > bounds.maxBytes && end > from) break;
    }
    return this.slice(from, end);
  }

  append(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const isNext = entry.index === this.lastIndex + 1 && entry.term >= Math.max(1, this.lastTerm);
      invariant(isNext, "an appended entry follows the last one", { index: entry.index, term: entry.term, lastIndex: this.lastIndex, lastTerm: this.lastTerm });
      this.entries.push(entry);
    }
  }

  /** Drops the entries with index ≥ `index`. */
  truncateFrom(index: number): void {
    invariant(index >= 1 && index <= this.lastIndex, "what is truncated is there", { index, lastIndex: this.lastIndex });
    this.entries.length = index - 1;
  }

  /** The largest index below `bound` whose term is ≤ `term`; 0 if there is none. */
  lastIndexOfTerm(term: number, bound: number): number {
    let low = 0;
    let high = Math.min(bound - 1, this.lastIndex);
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.termAt(middle) ?? 0) <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The smallest index whose term is ≥ `term`; one behind the end if there is none. */
  firstIndexOfTerm(term: number): number {
    return this.lastIndexOfTerm(term - 1, this.lastIndex + 1) + 1;
  }
}
