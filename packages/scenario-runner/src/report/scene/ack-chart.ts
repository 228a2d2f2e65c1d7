import { type PartitionRecord, type Recording } from "../../recording/recording.ts";
import { formatDuration, formatTime } from "../durations.ts";
import { placeLabels } from "./label-rows.ts";
import { partitionClass } from "./lanes.ts";
import { fittedText, rounded, type Shape, textWidth } from "./shape.ts";
import { type TimeScale, xOf } from "./time-scale.ts";

const BARS_HEIGHT = 44;
const ERRORS_HEIGHT = 14;
const GAP_HEIGHT = 17;
const PADDING = 8;
/** Over the bars, for the numbers of those that are cut off. */
const CUT_HEIGHT = 8;
/** Bars that are so many times as high as is usual are drawn whole. */
const USUAL_TIMES_MAX = 3;
const REFUSALS_TOP = 34;
const REFUSALS_HEIGHT = 34;
const NAME_SIZE = 12;
const NOTE_SIZE = 10;
const GAP_SIZE = 11;
/** Bars that are wider than this are set apart. */
const APART_FROM = 3;
const NAME_GAP = 10;

export interface ChartInput {
  readonly partitions: readonly PartitionRecord[];
  readonly recording: Recording;
  readonly scale: TimeScale;
  readonly top: number;
}

/** For each partition its acknowledged records per bucket upwards, on one scale for all, and errors downwards; below them its longest gap. */
export function chartShapes({ partitions, recording, scale, top }: ChartInput): { readonly shapes: readonly Shape[]; readonly height: number } {
  const ceiling = ceilingOf(recording);
  const isCut = recording.partitions.some(({ acked }) => acked.some((count) => count > ceiling));
  const errorsMax = Math.max(0, ...recording.partitions.flatMap(({ errors }) => errors));
  const barsTop = PADDING + (isCut ? CUT_HEIGHT : 0);
  const pitch = barsTop + BARS_HEIGHT + (errorsMax > 0 ? ERRORS_HEIGHT : 0) + GAP_HEIGHT;
  const shapes = partitions.flatMap((partition, index): readonly Shape[] => {
    const base = top + index * pitch + barsTop + BARS_HEIGHT;
    const bars = { scale, bucketMs: recording.bucketMs };
    const gapTop = base + (errorsMax > 0 ? ERRORS_HEIGHT : 0) + 3;
    return [
      {
        type: "text",
        className: "partition-title",
        x: scale.left - NAME_GAP,
        y: base - BARS_HEIGHT / 2,
        text: fittedText(partition.name, NAME_SIZE, scale.left - NAME_GAP),
        anchor: "end",
        size: NAME_SIZE,
      },
      { type: "text", className: "note", x: scale.left - NAME_GAP, y: base - BARS_HEIGHT + 7, text: String(ceiling), anchor: "end", size: NOTE_SIZE },
      { type: "text", className: "note", x: scale.left - NAME_GAP, y: base + 1, text: "0", anchor: "end", size: NOTE_SIZE },
      { type: "line", className: "base", from: [scale.left, base], to: [scale.right, base] },
      ...barShapes({
        ...bars,
        counts: partition.acked.map((count) => Math.min(count, ceiling)),
        unit: BARS_HEIGHT / ceiling,
        base,
        className: `acked ${partitionClass(index)}`,
      }),
      ...cutShapes(partition, { ...bars, ceiling, top: base - BARS_HEIGHT }),
      ...(errorsMax === 0 ? [] : barShapes({ ...bars, counts: partition.errors, unit: -(ERRORS_HEIGHT - 2) / errorsMax, base, className: "errors" })),
      ...gapShapes(partition, scale, gapTop),
    ];
  });
  const refused = refusalShapes(recording, scale, top + partitions.length * pitch);
  return { shapes: [...shapes, ...refused.shapes], height: partitions.length * pitch + refused.height };
}

/**
 * What a bar may count to be drawn whole. What piled up while nothing was acknowledged is acknowledged at once, and would make everything else too small
 * to be seen; it is cut off, and its number stands over it.
 */
function ceilingOf({ partitions }: Recording): number {
  const counts = partitions.flatMap(({ acked }) => acked.filter((count) => count > 0)).sort((a, b) => a - b);
  const usual = counts[Math.floor(counts.length / 2)] ?? 1;
  return Math.min(counts.at(-1) ?? 1, USUAL_TIMES_MAX * usual);
}

interface CutInput {
  readonly scale: TimeScale;
  readonly bucketMs: number;
  readonly ceiling: number;
  readonly top: number;
}

/** A slit through bars that are cut off, and their numbers, as far as they have room. */
function cutShapes({ acked }: PartitionRecord, { scale, bucketMs, ceiling, top }: CutInput): readonly Shape[] {
  const cut = acked.flatMap((count, index) => (count > ceiling ? [{ text: String(count), index }] : []));
  const slits = cut.map(({ index }): Shape => {
    const [x, next] = [xOf(scale, index * bucketMs), xOf(scale, (index + 1) * bucketMs)];
    return { type: "rect", className: "slit", x, y: top + 4, width: next - x, height: 2 };
  });
  const room = { left: scale.left, right: scale.right, size: NOTE_SIZE, rowsMax: 1 };
  const labels = placeLabels(
    cut.map(({ text, index }) => ({ text, x: xOf(scale, index * bucketMs) })),
    room,
  );
  return [...slits, ...labels.map(({ x, text }): Shape => ({ type: "text", className: "note", x, y: top - 3, text, anchor: "start", size: NOTE_SIZE }))];
}

/** Nothing where nothing was refused. */
function refusalShapes({ refusals, bucketMs }: Recording, scale: TimeScale, top: number): { readonly shapes: readonly Shape[]; readonly height: number } {
  const max = Math.max(0, ...refusals.counts);
  if (max === 0) return { shapes: [], height: 0 };
  const base = top + REFUSALS_TOP + REFUSALS_HEIGHT;
  const at = { anchor: "end", x: scale.left - NAME_GAP } as const;
  const title = `answers with an error per ${bucketMs} ms, after which the producer tried again`;
  return {
    height: REFUSALS_TOP + REFUSALS_HEIGHT + PADDING,
    shapes: [
      { type: "text", className: "section", x: scale.left, y: top + REFUSALS_TOP - PADDING, text: title, anchor: "start", size: NAME_SIZE },
      { type: "text", className: "partition-title", ...at, y: base - REFUSALS_HEIGHT / 2 + 3, text: "refused", size: NAME_SIZE },
      { type: "text", className: "note", ...at, y: base - REFUSALS_HEIGHT + 2, text: String(max), size: NOTE_SIZE },
      { type: "text", className: "note", ...at, y: base + 4, text: "0", size: NOTE_SIZE },
      { type: "line", className: "base", from: [scale.left, base], to: [scale.right, base] },
      ...barShapes({ counts: refusals.counts, bucketMs, scale, base, unit: REFUSALS_HEIGHT / max, className: "errors" }),
    ],
  };
}

interface BarInput {
  readonly counts: readonly number[];
  readonly bucketMs: number;
  readonly scale: TimeScale;
  readonly base: number;
  /** Of one more; below 0 downwards. */
  readonly unit: number;
  readonly className: string;
}

/** All bars as one path. */
function barShapes({ counts, bucketMs, scale, base, unit, className }: BarInput): readonly Shape[] {
  const d = counts
    .map((count, index) => {
      if (count === 0) return "";
      const [x, next] = [xOf(scale, index * bucketMs), xOf(scale, (index + 1) * bucketMs)];
      const width = next - x > APART_FROM ? next - x - 1 : next - x;
      return `M${rounded(x)} ${rounded(base)}v${rounded(-count * unit)}h${rounded(width)}v${rounded(count * unit)}z`;
    })
    .join("");
  if (d === "") return [];
  const height = Math.abs(Math.max(...counts) * unit);
  return [{ type: "path", className, d, box: { x: scale.left, y: unit > 0 ? base - height : base, width: scale.right - scale.left, height } }];
}

/** A bracket with its number beside it, on the side that has room. */
function gapShapes({ longestGap, name }: PartitionRecord, scale: TimeScale, top: number): readonly Shape[] {
  if (longestGap === undefined) return [];
  const { fromMs, toMs, isOpen } = longestGap;
  const [x, to] = [xOf(scale, fromMs), xOf(scale, toMs)];
  const text = `${isOpen ? "still " : ""}${formatDuration(toMs - fromMs)}`;
  const isRight = to + 6 + textWidth(text, GAP_SIZE) <= scale.right;
  const title = `${name}: no acknowledgement from ${formatTime(fromMs)} to ${formatTime(toMs)}${isOpen ? ", the end of the load" : ""}`;
  return [
    { type: "rect", className: "gap", x: Math.min(x, scale.right - 2), y: top, width: Math.max(2, to - x), height: 4, title },
    { type: "text", className: "gap-label", x: isRight ? to + 6 : x - 6, y: top + 7, text, anchor: isRight ? "start" : "end", size: GAP_SIZE },
  ];
}
