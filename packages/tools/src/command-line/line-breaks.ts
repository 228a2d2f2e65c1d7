/**
 * Starting punctuation and currency signs stick to the word behind them, closing punctuation to the word before; a quotation mark to both, and an
 * apostrophe is a letter as well, and behind closing punctuation sticks to both.
 */
const BEFORE = '(\\[{\\p{Sc}"';
const BEHIND = '")\\]}!%.,:;?';
const LETTER = `[^\\s${BEFORE}${BEHIND}\\p{Pd}]`;
const CLOSING = `[${BEHIND}]*(?:'${LETTER}*[${BEHIND}]*)*`;

const NUMBER = new RegExp(`['${BEFORE}\\p{Pd}]*\\p{Nd}+(?:[.,]\\p{Nd}+)*(?:\\p{Pd}+|${CLOSING})`, "uy");
const WORD = new RegExp(`['${BEFORE}]*${LETTER}*(?:\\p{Pd}+|${CLOSING})`, "uy");
const SPACE = /[ \u{3000}]*[\t\n\f]?/uy;

/**
 * Pieces of a line between which it may be broken, as Java's `BreakIterator` for lines has them: behind spaces, hyphens and closing punctuation,
 * and before opening punctuation. Together they are the line.
 */
export function breakable(line: string): readonly string[] {
  const pieces: string[] = [];
  for (let at = 0; at < line.length;) {
    const word = Math.max(endOf(NUMBER, line, at), endOf(WORD, line, at));
    const end = Math.max(endOf(SPACE, line, word), at + 1);
    pieces.push(line.slice(at, end));
    at = end;
  }
  return pieces;
}

/** Where what matches at this place ends; the place itself where nothing does. */
function endOf(pattern: RegExp, line: string, at: number): number {
  pattern.lastIndex = at;
  const found = pattern.exec(line);
  return found === null ? at : at + found[0].length;
}
