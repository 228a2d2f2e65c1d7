import { allArguments, type Argument, type ArgumentParser } from "./argument.ts";
import { justified, WIDTH } from "./justify.ts";

/** Where descriptions begin. */
const HELP_COLUMN = 25;
const HELP: Argument = { flag: "-h, --help", help: "show this help message and exit" };

/** How the tool is called: what may be left out is in brackets. Ends in a line's end. */
export function usageText(parser: ArgumentParser): string {
  const begin = `usage: ${parser.program} `;
  const words = ["[-h]", ...parser.arguments.map(usageOf), ...parser.group.members.map((argument) => titleOf(argument))];
  const lines: string[] = [];
  let line = begin;
  for (const [index, word] of words.entries()) {
    const added = index === 0 ? word : ` ${word}`;
    if (line.length + added.length > WIDTH) {
      lines.push(line);
      line = " ".repeat(begin.length) + word;
    } else line += added;
  }
  return `${[...lines, line].join("\n")}\n`;
}

/** The whole help, as argparse4j lays it out. */
export function helpText(parser: ArgumentParser): string {
  const { description, group } = parser;
  const own = [HELP, ...parser.arguments].map(helpOf).join("");
  const inGroup = `${group.title}:\n  ${justified(group.description, 2)}\n\n${group.members.map(helpOf).join("")}`;
  return `${usageText(parser)}\n${justified(description)}\n\noptional arguments:\n${own}\n${inGroup}`;
}

/** With the usage before it, and the nearest flags where one was meant. */
export function errorText(parser: ArgumentParser, { message, unrecognized }: { readonly message: string; readonly unrecognized: string | undefined }): string {
  const meant = unrecognized === undefined ? [] : nearestFlags(parser, unrecognized);
  const hint = meant.length === 0 ? "" : `\nDid you mean:\n${meant.map((flag) => `\t${flag}\n`).join("")}`;
  return `${usageText(parser)}${justified(`${parser.program}: error: ${message}\n`)}${hint}`;
}

const titleOf = ({ flag, metavar }: Argument): string => (metavar === undefined ? flag : `${flag} ${metavar}`);

const usageOf = (argument: Argument): string => (argument.isRequired === true ? titleOf(argument) : `[${titleOf(argument)}]`);

function helpOf(argument: Argument): string {
  const title = `  ${titleOf(argument)}`;
  const begin = title.length < HELP_COLUMN - 1 ? title.padEnd(HELP_COLUMN) : `${title}\n${" ".repeat(HELP_COLUMN)}`;
  const help = argument.default === undefined ? argument.help : `${argument.help} (default: ${argument.default})`;
  return `${begin}${justified(help, HELP_COLUMN)}\n`;
}

/** None is like one that is farther away. */
const FARTHEST = 7;

/** Flags that are nearest to what was given, by name. */
function nearestFlags(parser: ArgumentParser, given: string): readonly string[] {
  const flags = ["--help", ...allArguments(parser).map(({ flag }) => flag)];
  const distances = flags.map((flag) => ({ flag, distance: flag.slice(2).startsWith(given) ? 0 : distance(given, flag.slice(2)) }));
  const nearest = Math.min(...distances.map((each) => each.distance));
  if (nearest >= FARTHEST) return [];
  return distances
    .filter((each) => each.distance === nearest)
    .map(({ flag }) => flag)
    .toSorted();
}

const COSTS = { replaced: 2, added: 1, left: 4 } as const;

/** Levenshtein's with costs of argparse4j: letters next to each other that change places cost nothing, one that was forgotten less than one too many. */
function distance(given: string, flag: string): number {
  const rows: number[][] = [Array.from({ length: flag.length + 1 }, (_, column) => column)];
  for (let row = 1; row <= given.length; row++) {
    const [before = [], twoBefore = []] = [rows[row - 1], rows[row - 2]];
    const current = [row];
    for (let column = 1; column <= flag.length; column++) {
      const isSame = given[row - 1] === flag[column - 1];
      const isSwapped = !isSame && row >= 2 && column >= 2 && given[row - 2] === flag[column - 1] && given[row - 1] === flag[column - 2];
      const ways = [
        (before[column - 1] ?? 0) + (isSame ? 0 : COSTS.replaced),
        (before[column] ?? 0) + COSTS.left,
        (current[column - 1] ?? 0) + COSTS.added,
        ...(isSwapped ? [twoBefore[column - 2] ?? 0] : []),
      ];
      current.push(Math.min(...ways));
    }
    rows.push(current);
  }
  return rows.at(-1)?.at(-1) ?? 0;
}
