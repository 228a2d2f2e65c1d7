import { textWidth } from "./shape.ts";

export interface Label {
  /** Where it should begin. */
  readonly x: number;
  readonly text: string;
}

export interface PlacedLabel extends Label {
  /** From 0, downwards. */
  readonly row: number;
}

export interface LabelRoom {
  readonly left: number;
  readonly right: number;
  readonly size: number;
  readonly rowsMax: number;
}

/** Between two labels of a row. */
const SPACE = 8;

/**
 * Puts labels into as few rows as they need, in the order of their places, so that none lies on another or reaches out of the room: what would is moved
 * to the left. What has no place in the last row is left out, for it is told elsewhere.
 */
export function placeLabels(labels: readonly Label[], { left, right, size, rowsMax }: LabelRoom): readonly PlacedLabel[] {
  const ends: number[] = [];
  return labels
    .toSorted((a, b) => a.x - b.x)
    .flatMap(({ x, text }): readonly PlacedLabel[] => {
      const width = textWidth(text, size);
      const at = Math.max(left, Math.min(x, right - width));
      if (at + width > right) return [];
      let row = 0;
      while ((ends[row] ?? -Infinity) > at) row++;
      if (row >= rowsMax) return [];
      ends[row] = at + width + SPACE;
      return [{ x: at, text, row }];
    });
}
