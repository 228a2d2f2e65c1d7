import type { PartitionHistory } from "../partition-history.ts";
import { UNKNOWN_OFFSET } from "../partition-history.ts";
import type { ReadStream } from "../read-stream.ts";
import { NO_VALUE } from "../read-stream.ts";

/** What was seen of one partition, looked up both ways; derived once, shared by the checks. */
export interface PartitionView {
  readonly history: PartitionHistory;
  /** Every stream: polls first, then final reads. */
  readonly streams: readonly ReadStream[];
  /** The first value read at an offset. */
  readonly valueAt: ReadonlyMap<number, number>;
  /** The one of those read at an offset that was sent last. */
  readonly lastValueAt: ReadonlyMap<number, number>;
  /** What a final read found there. */
  readonly finalValueAt: ReadonlyMap<number, number>;
  /** By value: the lowest offset it was read at, or `UNKNOWN_OFFSET`. */
  readonly lowestOffsets: Float64Array;
  /** By value: the highest offset it was read at, or `UNKNOWN_OFFSET`. */
  readonly highestOffsets: Float64Array;
  /** By value: `finalReadsOk` if every final read that reached its end has it, else less. */
  readonly finalReadCounts: Uint32Array;
  readonly finalReadsOk: number;
}

export function viewOf(history: PartitionHistory): PartitionView {
  const streams = [...history.polls.values(), ...history.finalReads.map((read) => read.stream)];
  const lowestOffsets = new Float64Array(history.sends).fill(UNKNOWN_OFFSET);
  const highestOffsets = new Float64Array(history.sends).fill(UNKNOWN_OFFSET);
  const valueAt = new Map<number, number>();
  const lastValueAt = new Map<number, number>();
  const finalValueAt = new Map<number, number>();
  for (const stream of streams) {
    forEachValue(stream, (offset, value) => {
      const lowest = lowestOffsets[value] ?? UNKNOWN_OFFSET;
      if (lowest === UNKNOWN_OFFSET || offset < lowest) lowestOffsets[value] = offset;
      if (offset > (highestOffsets[value] ?? UNKNOWN_OFFSET)) highestOffsets[value] = offset;
      if (!valueAt.has(offset)) valueAt.set(offset, value);
      // Values are numbered in the order in which they are sent.
      if (value > (lastValueAt.get(offset) ?? -1)) lastValueAt.set(offset, value);
    });
  }
  for (const { stream } of history.finalReads) forEachValue(stream, (offset, value) => finalValueAt.set(offset, value));
  const complete = history.finalReads.filter((read) => read.isOk);
  return {
    history,
    streams,
    valueAt,
    lastValueAt,
    finalValueAt,
    lowestOffsets,
    highestOffsets,
    finalReadCounts: countReads(
      history,
      complete.map((read) => read.stream),
    ),
    finalReadsOk: complete.length,
  };
}

/** Calls back for every record that is one of the history's values, in the order it was read. */
export function forEachValue(stream: ReadStream, visit: (offset: number, value: number) => void): void {
  for (let i = 0; i < stream.offsets.length; i++) {
    const value = stream.values[i] ?? NO_VALUE;
    if (value !== NO_VALUE) visit(stream.offsets[i] ?? UNKNOWN_OFFSET, value);
  }
}

/**
 * How many leading reads have the value: equal to their number if and only if every read has it. A value twice in one
 * read counts once, for duplicates have their own check.
 */
function countReads(history: PartitionHistory, streams: readonly ReadStream[]): Uint32Array {
  const counts = new Uint32Array(history.sends);
  streams.forEach((stream, index) => {
    forEachValue(stream, (_offset, value) => {
      if (counts[value] === index) counts[value] = index + 1;
    });
  });
  return counts;
}
