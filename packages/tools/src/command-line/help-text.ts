import { breakable } from "./line-breaks.ts";
import type { Option } from "./option.ts";

/** joptsimple's width, and what lies between its two columns. */
const WIDTH = 80;
const SEPARATOR = "  ";
/** Of a line that goes on with the one before. */
const INDENT = "  ";

interface Row {
  readonly option: string;
  readonly description: string;
}

/** The table of options, as joptsimple lays it out: two columns, by name. */
export function helpText(options: readonly Option[]): string {
  const sorted = options.toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = sorted.map((option) => ({ option: displayOf(option), description: descriptionOf(option) }));
  const title = options.some(({ isRequired }) => isRequired === true) ? "Option (* = required)" : "Option";
  const heading = [
    { option: title, description: "Description" },
    { option: title.replaceAll(/./g, "-"), description: "-----------" },
  ];
  return render(fit([...heading, ...rows]));
}

function displayOf({ name, argument, isRequired }: Option): string {
  const display = `${isRequired === true ? "* " : ""}${name.length === 1 ? "-" : "--"}${name}`;
  if (argument === undefined) return display;
  const { type = "String", describedAs, isOptional } = argument;
  const inside = describedAs === undefined ? type : `${type}: ${describedAs}`;
  return isOptional === true ? `${display} [${inside}]` : `${display} <${inside}>`;
}

function descriptionOf({ description, argument }: Option): string {
  return argument?.default === undefined ? description : `${description} (default: ${argument.default})`.trim();
}

/** Wrapped, so that both columns keep to their widths. */
function fit(rows: readonly Row[]): readonly Row[] {
  const optionWidth = Math.min(Math.floor((WIDTH - SEPARATOR.length) / 2), widest(rows, "option"));
  const descriptionWidth = Math.min(WIDTH - optionWidth - SEPARATOR.length, widest(rows, "description"));
  return rows.flatMap((row) => {
    const options = wrap(row.option, optionWidth);
    const descriptions = wrap(row.description, descriptionWidth);
    const lines = Math.max(options.length, descriptions.length);
    return Array.from({ length: lines }, (_, line) => ({ option: options[line] ?? "", description: descriptions[line] ?? "" }));
  });
}

function render(rows: readonly Row[]): string {
  const [optionWidth, descriptionWidth] = [widest(rows, "option"), widest(rows, "description")];
  return rows.map(({ option, description }) => `${option.padEnd(optionWidth)}${SEPARATOR}${description.padEnd(descriptionWidth)}\n`).join("");
}

const widest = (rows: readonly Row[], column: keyof Row): number => Math.max(...rows.map((row) => row[column].length));

function wrap(text: string, width: number): readonly string[] {
  return text
    .trim()
    .split("\n")
    .flatMap((line) => wrapLine(line, width));
}

function wrapLine(line: string, width: number): readonly string[] {
  const lines: string[] = [];
  let current = "";
  for (const piece of breakable(line)) {
    if (current.length + piece.length > width) {
      lines.push(current.trimEnd());
      current = `${INDENT}${piece}`;
    } else {
      current += piece;
    }
  }
  return current === "" ? lines : [...lines, current];
}
