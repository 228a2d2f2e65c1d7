import { type EpochEntry } from "./leader-epoch-checkpoint.ts";
import { invariant } from "@samsa/stdx";

/** Epoch and offset where there is none. */
const NONE = -1;

/**
 * Where each leader epoch of a log starts (KIP-101). Epochs and start offsets both strictly rise; an epoch without
 * records can only be the last, for the next one assigned at the same offset takes its place.
 */
export class LeaderEpochCache {
  private readonly entries: EpochEntry[] = [];
  private lastDeleted: number = NONE;

  get latestEpoch(): number {
    return this.entries.at(-1)?.epoch ?? NONE;
  }

  /** Epoch of the last record before the log's start; −1: none was deleted in this process's time, or nobody knows. */
  get epochBeforeStart(): number {
    return this.lastDeleted;
  }

  all(): readonly EpochEntry[] {
    return this.entries;
  }

  /** The epoch starts at `startOffset`, which is the end of the log. Returns false if it is the latest already. */
  assign(epoch: number, startOffset: number): boolean {
    const last = this.entries.at(-1);
    if (last !== undefined && last.epoch === epoch) return false;
    invariant(epoch > (last?.epoch ?? NONE) && startOffset >= (last?.startOffset ?? 0), "leader epochs rise with their start offsets", {
      epoch,
      startOffset,
      last,
    });
    if (last !== undefined && last.startOffset === startOffset) this.entries.pop();
    this.entries.push({ epoch, startOffset });
    return true;
  }

  /**
   * The largest epoch ≤ `epoch`, and where it ends: the start of the next one that this log has, `logEndOffset` for the
   * latest. It must be the largest epoch of *this* log, not the one asked for: with the start of the next larger epoch as
   * the end of an unknown one, two fast fail-overs leave logs that differ (KIP-279).
   */
  endOffsetFor(epoch: number, logEndOffset: number): { readonly epoch: number; readonly endOffset: number } {
    const index = this.countWhere((entry) => entry.epoch <= epoch) - 1;
    const floor = this.entries[index];
    if (floor === undefined) return { epoch: NONE, endOffset: NONE };
    return { epoch: floor.epoch, endOffset: this.entries[index + 1]?.startOffset ?? logEndOffset };
  }

  /** Epoch of the record at `offset`, which the log must have; −1 before the first entry. */
  epochAt(offset: number): number {
    return this.entries[this.countWhere((entry) => entry.startOffset <= offset) - 1]?.epoch ?? NONE;
  }

  /** Drops the epochs that start at or after `offset`. Returns whether there was one. */
  truncateFromEnd(offset: number): boolean {
    const kept = this.countWhere((entry) => entry.startOffset < offset);
    if (kept === this.entries.length) return false;
    this.entries.length = kept;
    return true;
  }

  /** The log starts at `offset`: the epoch of the record there starts with it, and those before it are gone (KIP-101). Returns whether that changes anything. */
  truncateFromStart(offset: number): boolean {
    const deleted = this.epochAt(offset - 1);
    if (deleted !== NONE) this.lastDeleted = deleted;
    const before = this.countWhere((entry) => entry.startOffset <= offset);
    const first = this.entries[before - 1];
    if (first === undefined || first.startOffset === offset) return this.dropFirst(before - 1);
    this.entries.splice(0, before, { epoch: first.epoch, startOffset: offset });
    return true;
  }

  clear(): void {
    this.entries.length = 0;
    this.lastDeleted = NONE;
  }

  private dropFirst(count: number): boolean {
    if (count <= 0) return false;
    this.entries.splice(0, count);
    return true;
  }

  /** `holds` is true for the first entries and false for the rest; how many are the first. */
  private countWhere(holds: (entry: EpochEntry) => boolean): number {
    let low = 0;
    let high = this.entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (holds(this.entries[middle] as EpochEntry)) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
