import type { Entry, LogPosition } from "./entry.ts";
import { invariant } from "./invariant.ts";
import { VoterHistory, type VotersAt } from "./voter-history.ts";

/**
 * The log in memory, and who votes along it. Indexes count on from the base without gaps, terms never decrease, and index 0 has term 0.
 * What of it is on disk is `DurableState`'s business.
 */
export class RaftLog {
  readonly voters: VoterHistory;
  private entries: Entry[] = [];
  private start: LogPosition;

  /** `voters`: as of the snapshot that covers the base, or those a quorum starts with. */
  constructor(past: { readonly base: LogPosition; readonly entries: readonly Entry[]; readonly voters: VotersAt }) {
    this.start = past.base;
    this.voters = new VoterHistory(past.voters);
    this.append(past.entries);
  }

  /** The entry before the first one held. */
  get base(): LogPosition {
    return this.start;
  }

  get lastIndex(): number {
    return this.start.index + this.entries.length;
  }

  get lastTerm(): number {
    return this.entries.at(-1)?.term ?? this.start.term;
  }

  entryAt(index: number): Entry | undefined {
    return this.entries[index - this.start.index - 1];
  }

  /** Term of the entry at `index`; undefined before the base and behind the end. */
  termAt(index: number): number | undefined {
    return index === this.start.index ? this.start.term : this.entryAt(index)?.term;
  }

  /** Entries with indexes in [from, end). */
  slice(from: number, end: number): readonly Entry[] {
    return this.entries.slice(from - this.start.index - 1, end - this.start.index - 1);
  }

  /** Entries from `from` on within the bounds; at least one if there is one. */
  batch(from: number, bounds: { readonly maxEntries: number; readonly maxBytes: number; readonly end?: number }): readonly Entry[] {
    const last = Math.min(bounds.end === undefined ? this.lastIndex : bounds.end - 1, from + bounds.maxEntries - 1);
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
      this.voters.append(entry);
    }
  }

  /** Drops the entries with index ≥ `index`. */
  truncateFrom(index: number): void {
    invariant(index > this.start.index && index <= this.lastIndex, "what is truncated is there", { index, base: this.start.index, lastIndex: this.lastIndex });
    this.entries.length = index - this.start.index - 1;
    this.voters.truncateFrom(index);
  }

  /** Drops the entries up to `index`, which a snapshot up to `coveredIndex` covers. */
  compactTo(index: number, coveredIndex: number): void {
    invariant(index <= coveredIndex && coveredIndex <= this.lastIndex, "what is dropped is covered", { index, coveredIndex, lastIndex: this.lastIndex });
    this.voters.compactTo(coveredIndex);
    if (index <= this.start.index) return;
    const base = { index, term: this.termAt(index) ?? 0 };
    this.entries = this.entries.slice(index - this.start.index);
    this.start = base;
  }

  /** Nothing but the base is left: a snapshot takes the place of all. */
  reset(base: LogPosition, voters: VotersAt): void {
    this.start = base;
    this.entries = [];
    this.voters.reset(voters);
  }

  /** The largest index below `bound` whose term is ≤ `term`; the base's if there is none. */
  lastIndexOfTerm(term: number, bound: number): number {
    let low = this.start.index;
    let high = Math.max(low, Math.min(bound - 1, this.lastIndex));
    while (low < high) {
      const middle = Math.ceil((low + high) / 2);
      if ((this.termAt(middle) ?? 0) <= term) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** The smallest index held whose term is ≥ `term`; one behind the end if there is none. */
  firstIndexOfTerm(term: number): number {
    return this.lastIndexOfTerm(term - 1, this.lastIndex + 1) + 1;
  }
}
