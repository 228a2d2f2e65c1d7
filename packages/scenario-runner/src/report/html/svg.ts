import { rounded, type Scene, type Shape } from "../scene/shape.ts";
import { type Content, type Markup, markup, NOTHING } from "./markup.ts";

/** A shape as SVG. */
export function svgShape(shape: Shape): Markup {
  switch (shape.type) {
    case "rect": {
      const { className, x, y, width, height, title } = shape;
      return markup`<rect class="${className}" x="${rounded(x)}" y="${rounded(y)}" width="${rounded(width)}" height="${rounded(height)}"${titled(title, "rect")}`;
    }
    case "line": {
      const { className, from, to } = shape;
      return markup`<line class="${className}" x1="${rounded(from[0])}" y1="${rounded(from[1])}" x2="${rounded(to[0])}" y2="${rounded(to[1])}"/>`;
    }
    case "path":
      return markup`<path class="${shape.className}" d="${shape.d}"${titled(shape.title, "path")}`;
    case "text": {
      const { className, x, y, text, anchor, size } = shape;
      return markup`<text class="${className}" x="${rounded(x)}" y="${rounded(y)}" text-anchor="${anchor}" font-size="${size}">${text}</text>`;
    }
  }
}

/** The end of an element, with what is told when somebody points at it. */
const titled = (title: string | undefined, element: "rect" | "path"): Markup =>
  title === undefined ? markup`/>` : markup`><title>${title}</title></${element}>`;

export interface SvgWords {
  readonly id: string;
  readonly title: string;
  readonly description: string;
}

/** Hatches are told apart without colours. */
export const HATCH = markup`<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="hatch-ground" width="6" height="6"/><line class="hatch-line" x1="0" y1="0" x2="0" y2="6"/></pattern></defs>`;

/** A scene as an SVG element, with a name and a description for those who don't see it. */
export function svgOf({ width, height, shapes }: Scene, { id, title, description }: SvgWords, more: Content = NOTHING): Markup {
  return markup`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${Math.ceil(height)}" role="img" aria-labelledby="${id}-title ${id}-description"><title id="${id}-title">${title}</title><desc id="${id}-description">${description}</desc>${HATCH}${shapes.map(svgShape)}${more}</svg>`;
}
