/** Something drawn, in units of the picture; `y` grows downwards. A class says what it means, and the style sheet how that looks. */
export type Shape = RectShape | LineShape | PathShape | TextShape;

export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface RectShape extends Box {
  readonly type: "rect";
  readonly className: string;
  /** Told when somebody points at it. */
  readonly title?: string;
}

export interface LineShape {
  readonly type: "line";
  readonly className: string;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

export interface PathShape {
  readonly type: "path";
  readonly className: string;
  readonly d: string;
  /** What it is drawn within. */
  readonly box: Box;
  readonly title?: string;
}

export interface TextShape {
  readonly type: "text";
  readonly className: string;
  readonly x: number;
  /** Of the base line. */
  readonly y: number;
  readonly text: string;
  readonly anchor: "start" | "middle" | "end";
  readonly size: number;
}

/** A picture: shapes, the later ones over the earlier ones. */
export interface Scene {
  readonly width: number;
  readonly height: number;
  readonly shapes: readonly Shape[];
}

/** Of a letter of the fonts in use, as a part of their size; wider than most. */
const LETTER_WIDTH = 0.56;

export const textWidth = (text: string, size: number): number => text.length * size * LETTER_WIDTH;

/** The text, or as much of it as has room, with a sign that there is more. */
export function fittedText(text: string, size: number, width: number): string {
  const lettersMax = Math.max(1, Math.floor(width / (size * LETTER_WIDTH)));
  return text.length <= lettersMax ? text : `${text.slice(0, lettersMax - 1)}…`;
}

/** Where a text lies, nearly. */
export function textBox({ x, y, text, anchor, size }: Omit<TextShape, "type" | "className">): Box {
  const width = textWidth(text, size);
  return { x: anchor === "start" ? x : anchor === "end" ? x - width : x - width / 2, y: y - size * 0.8, width, height: size };
}

/** Coordinates are written with at most two digits behind the point. */
export const rounded = (value: number): number => Math.round(value * 100) / 100;
