import { NOBODY, type PartitionRecord, type Recording } from "../../recording/recording.ts";
import { BLANK, type Cell, cellsOf } from "./cell.ts";
import { columnAt, columnsOf, type TimeColumns } from "./time-columns.ts";
import type { Band } from "../../recording/band.ts";

/** Of what is acknowledged as a rule in such a time: from here on it is as usual, and below it is little. */
const USUAL_FROM = 0.75;
const LITTLE_BELOW = 0.35;

/** What a column has of acknowledgements, the worst first. */
export const AVAILABILITY = {
  error: { glyph: "×", tone: "bad" },
  none: { glyph: "·", tone: "bad" },
  little: { glyph: "▂", tone: "doubtful" },
  less: { glyph: "▅", tone: "doubtful" },
  usual: { glyph: "█", tone: "good" },
} as const satisfies Record<string, Cell>;

interface Slice {
  readonly acked: number;
  readonly errors: number;
  /** Of the load's time in the column. */
  readonly loadMs: number;
}

/** One cell for each column: errors, nothing, or how much of what is usual was acknowledged. Blank where there was no load. */
export function availabilityCells(partition: PartitionRecord, { load, bucketMs }: Recording, columns: TimeColumns): readonly Cell[] {
  if (load === undefined) return Array.from({ length: columns.count }, () => BLANK);
  const slices = Array.from({ length: columns.count }, (_, column): Slice => {
    const first = column * columns.bucketsPerColumn;
    const sum = (counts: readonly number[]): number => counts.slice(first, first + columns.bucketsPerColumn).reduce((total, count) => total + count, 0);
    const fromMs = Math.max(load.fromMs, first * bucketMs);
    const toMs = Math.min(load.toMs, first * bucketMs + columns.columnMs);
    return { acked: sum(partition.acked), errors: sum(partition.errors), loadMs: Math.max(0, toMs - fromMs) };
  });
  const usual = usualPerMs(slices, columns.columnMs);
  return slices.map((slice) => availabilityOf(slice, usual));
}

/** The median of the whole columns in which something was acknowledged: a pause, or a burst behind it, doesn't move it. */
function usualPerMs(slices: readonly Slice[], columnMs: number): number {
  const busy = slices.filter(({ acked }) => acked > 0);
  const whole = busy.filter(({ loadMs }) => loadMs >= columnMs);
  const rates = (whole.length === 0 ? busy : whole).map(({ acked, loadMs }) => acked / Math.max(1, loadMs)).sort((a, b) => a - b);
  return rates[Math.floor(rates.length / 2)] ?? 0;
}

function availabilityOf({ acked, errors, loadMs }: Slice, usual: number): Cell {
  if (errors > 0) return AVAILABILITY.error;
  if (acked === 0) return loadMs === 0 ? BLANK : AVAILABILITY.none;
  const share = acked / (usual * Math.max(1, loadMs));
  return share >= USUAL_FROM ? AVAILABILITY.usual : share < LITTLE_BELOW ? AVAILABILITY.little : AVAILABILITY.less;
}

/** A sign where the producer was told an error and tried again. */
export function refusalCells({ refusals }: Recording, columns: TimeColumns): readonly Cell[] {
  return Array.from({ length: columns.count }, (_, column) => {
    const first = column * columns.bucketsPerColumn;
    return refusals.counts.slice(first, first + columns.bucketsPerColumn).some((count) => count > 0) ? AVAILABILITY.error : BLANK;
  });
}

const HELD: Cell = { glyph: "─", tone: "faint" };
const VACANT: Cell = { glyph: "·", tone: "bad" };

/**
 * `2──────────3────`: who held an office, named where each began; dots where nobody did any more. Of several in one column the last is shown. Before the
 * first one nothing is amiss: the cluster starts.
 */
export function officeCells(bands: readonly Band<number>[], columns: TimeColumns): readonly Cell[] {
  const cells: Cell[] = Array.from({ length: columns.count }, () => BLANK);
  const first = bands.findIndex(({ value }) => value !== NOBODY);
  for (const { fromMs, toMs, value } of first < 0 ? [] : bands.slice(first)) {
    const [from, to] = columnsOf(columns, { fromMs, toMs });
    for (let column = from; column < Math.min(to, columns.count); column++) cells[column] = value === NOBODY ? VACANT : HELD;
    if (value === NOBODY) continue;
    for (const [index, cell] of cellsOf(String(value), "head").entries())
      if (columnAt(columns, fromMs) + index < Math.max(to, from + 1)) cells[from + index] = cell;
  }
  return cells.slice(0, columns.count);
}
