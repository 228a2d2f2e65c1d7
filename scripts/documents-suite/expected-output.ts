/** Stands for anything within a line; alone in its line for any lines, or none. */
const GAP = "…";

/** White space counts as one space, and none counts at the end of a line: tools print tabs, and documents align. */
const plain = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.replace(/[ \t\r]+/g, " ").trimEnd())
    .filter((line, index, lines) => line !== "" || lines.slice(0, index).some((one) => one !== ""));

const withoutEnd = (lines: readonly string[]): readonly string[] => lines.slice(0, lines.findLastIndex((line) => line !== "") + 1);

/** What a document says that is printed. */
export interface Told {
  readonly text: string;
  /** Its numbers are those of one run: any others will do in their places. */
  readonly isOfOneRun: boolean;
}

function patternOf(line: string, { isOfOneRun }: Told): string {
  const pattern = line
    .split(GAP)
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*?");
  return isOfOneRun ? pattern.replace(/\d+(?:\\\.\d+)*/g, "\\d+(?:\\.\\d+)*") : pattern;
}

/** Whether a command printed what a document says, from the first line to the last. */
export function isAsTold(told: Told, printed: string): boolean {
  const pattern = withoutEnd(plain(told.text)).map((line) => (line === GAP ? "(?:.*\n)*?" : `${patternOf(line, told)}\n`));
  return new RegExp(`^${pattern.join("")}$`).test(
    withoutEnd(plain(printed))
      .map((line) => `${line}\n`)
      .join(""),
  );
}

interface PrintedLine {
  readonly text: string;
  /** Behind its line feed. */
  readonly end: number;
}

/**
 * Where what a document says has appeared in a terminal: a line for each of its lines, in whatever order things came to be seen, with others between them.
 * Gives the end of the last one as a position in `printed`; undefined while some line is not there yet.
 */
export function endOfTold(told: Told, printed: string, from: number): number | undefined {
  const left = [...linesOf(printed, from)];
  let end = from;
  for (const line of withoutEnd(plain(told.text))) {
    if (line === GAP) continue;
    const pattern = new RegExp(`^${patternOf(line, told)}$`);
    const at = left.findIndex(({ text }) => pattern.test(text));
    const [found] = at < 0 ? [] : left.splice(at, 1);
    if (found === undefined) return undefined;
    end = Math.max(end, found.end);
  }
  return end;
}

/** Those that are complete. */
function* linesOf(printed: string, from: number): Generator<PrintedLine> {
  for (let start = from, end = printed.indexOf("\n", from); end >= 0; start = end + 1, end = printed.indexOf("\n", start))
    yield { text: plain(printed.slice(start, end))[0] ?? "", end: end + 1 };
}
