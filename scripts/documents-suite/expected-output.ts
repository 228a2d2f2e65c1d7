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

/**
 * Where what a document says has appeared in a terminal: its lines in their order, with others between them. Gives the end of the last one as a
 * position in `printed`; undefined while some line is not there yet.
 */
export function endOfTold(told: Told, printed: string, from: number): number | undefined {
  let position = from;
  for (const line of withoutEnd(plain(told.text))) {
    if (line === GAP) continue;
    const found = endOfLine(new RegExp(`^${patternOf(line, told)}$`), printed, position);
    if (found === undefined) return undefined;
    position = found;
  }
  return position;
}

function endOfLine(pattern: RegExp, printed: string, from: number): number | undefined {
  for (let start = from; start < printed.length;) {
    const end = printed.indexOf("\n", start);
    if (end < 0) return undefined;
    if (pattern.test(plain(printed.slice(start, end))[0] ?? "")) return end + 1;
    start = end + 1;
  }
  return undefined;
}
