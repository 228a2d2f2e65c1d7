import type { Band } from "../../recording/band.ts";
import type { Recording } from "../../recording/recording.ts";
import { formatTick, ticksOf } from "../durations.ts";
import { BLANK, type Cell, cellsOf } from "./cell.ts";

/** Labels of the axis stand at least so far apart. */
const TICK_COLUMNS_MIN = 8;

/** The time of a run as columns of characters. Each takes the same whole number of buckets, so that no column needs a part of one. */
export interface TimeColumns {
  readonly count: number;
  readonly columnMs: number;
  readonly bucketsPerColumn: number;
}

/** At most `room` columns, which is at least 1. */
export function timeColumns({ endMs, bucketMs }: Recording, room: number): TimeColumns {
  const buckets = Math.floor(endMs / bucketMs) + 1;
  const bucketsPerColumn = Math.max(1, Math.ceil(buckets / room));
  return { count: Math.ceil(buckets / bucketsPerColumn), columnMs: bucketsPerColumn * bucketMs, bucketsPerColumn };
}

export const columnAt = ({ columnMs }: TimeColumns, atMs: number): number => Math.floor(atMs / columnMs);

/** Columns that a band touches, at least the one it begins in: from, and behind the last. */
export function columnsOf(columns: TimeColumns, { fromMs, toMs }: Pick<Band<unknown>, "fromMs" | "toMs">): readonly [number, number] {
  const from = columnAt(columns, fromMs);
  return [from, Math.max(from + 1, Math.ceil(toMs / columns.columnMs))];
}

/** `0 s     1 s     2 s`: each begins in the column of its time; none is cut off. */
export function axisCells(columns: TimeColumns): readonly Cell[] {
  const cells: Cell[] = Array.from({ length: columns.count }, () => BLANK);
  const ticks = ticksOf(columns.count * columns.columnMs, Math.max(2, Math.floor(columns.count / TICK_COLUMNS_MIN)));
  for (const tick of ticks) {
    const label = cellsOf(formatTick(tick), "faint");
    const at = columnAt(columns, tick);
    if (at + label.length <= cells.length) cells.splice(at, label.length, ...label);
  }
  return cells;
}
