/** How something is meant. The glyph says so as well: a terminal need not show it. */
export type Tone = "plain" | "head" | "good" | "doubtful" | "bad" | "faint";

/** One character of the picture. */
export interface Cell {
  readonly glyph: string;
  readonly tone: Tone;
}

/** Text of one tone; a line of the picture is some of them. */
export interface Segment {
  readonly text: string;
  readonly tone: Tone;
}

export type PictureLine = readonly Segment[];

export const BLANK: Cell = { glyph: " ", tone: "plain" };

/** Neighbours of one tone as one segment. */
export function segmentsOf(cells: readonly Cell[]): PictureLine {
  const segments: { text: string; tone: Tone }[] = [];
  for (const { glyph, tone } of cells) {
    const last = segments.at(-1);
    if (last?.tone === tone) last.text += glyph;
    else segments.push({ text: glyph, tone });
  }
  return segments;
}

/** Characters of a text as cells. */
export const cellsOf = (text: string, tone: Tone): readonly Cell[] => [...text].map((glyph) => ({ glyph, tone }));

/** The line without its tones, and without blanks at its end. */
export const plainText = (line: PictureLine): string =>
  line
    .map(({ text }) => text)
    .join("")
    .trimEnd();
