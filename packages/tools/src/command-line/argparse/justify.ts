import { breakable } from "../line-breaks.ts";

/** argparse4j's width of lines. */
export const WIDTH = 75;

/** Broken into lines of at most the width, each but the last spread over the whole width. `indent`: of every line but the first, which somebody has begun so far. */
export function justified(text: string, indent = 0): string {
  const done: string[] = [];
  let line = "";
  for (const piece of breakable(text)) {
    if (indent + line.length + piece.length > WIDTH) {
      done.push(spread(line, WIDTH - indent));
      line = "";
    }
    line += piece;
  }
  return [...done, line].join(`\n${" ".repeat(indent)}`);
}

/** Gaps between words become wider by the same; what is left over goes to those in the middle. */
function spread(line: string, width: number): string {
  const words = line.replace(/^ +| +$/g, "").split(/( +)/);
  const gaps = Math.floor(words.length / 2);
  if (gaps === 0) return words.join("");
  const missing = width - words.join("").length;
  const [each, over] = [Math.floor(missing / gaps), missing % gaps];
  const firstWider = Math.floor((gaps - over + 1) / 2);
  return words
    .map((word, index) => {
      if (index % 2 === 0) return word;
      const gap = (index - 1) / 2;
      return word + " ".repeat(each + (gap >= firstWider && gap < firstWider + over ? 1 : 0));
    })
    .join("");
}
