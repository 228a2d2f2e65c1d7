import type { Recording } from "../../recording/recording.ts";
import { formatTick, ticksOf } from "../durations.ts";
import type { Shape } from "./shape.ts";
import { textWidth } from "./shape.ts";

/** Where times lie in a picture: 0 at its left, the end of the last bucket at its right. */
export interface TimeScale {
  readonly left: number;
  readonly right: number;
  readonly endMs: number;
}

/** Ticks are so far apart at least. */
const TICK_WIDTH_MIN = 70;
const TICK_SIZE = 11;

export function timeScale({ endMs, bucketMs }: Recording, left: number, right: number): TimeScale {
  return { left, right, endMs: (Math.floor(endMs / bucketMs) + 1) * bucketMs };
}

export const xOf = ({ left, right, endMs }: TimeScale, atMs: number): number => left + ((right - left) * Math.min(atMs, endMs)) / endMs;

/** Labels with their base line at `y`, and thin lines from there to `bottom`. */
export function axisShapes(scale: TimeScale, y: number, bottom: number): readonly Shape[] {
  const ticks = ticksOf(scale.endMs, Math.max(2, Math.floor((scale.right - scale.left) / TICK_WIDTH_MIN)));
  return ticks.flatMap((tick): readonly Shape[] => {
    const x = xOf(scale, tick);
    const line: Shape = { type: "line", className: "grid", from: [x, y + 5], to: [x, bottom] };
    const text = formatTick(tick);
    const hasRoom = x + textWidth(text, TICK_SIZE) / 2 <= scale.right + TICK_SIZE;
    return hasRoom ? [line, { type: "text", className: "tick", x, y, text, anchor: "middle", size: TICK_SIZE }] : [line];
  });
}
