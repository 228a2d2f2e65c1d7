import { type GroupOffset } from "../admin/group-offsets.ts";
import { asJavaException, JavaException, runtimeException } from "../java-exception.ts";
import { readText } from "../text-file.ts";

/** From here on a cell is quoted, and one with a character below this one: those that mean something lie there. */
const QUOTED_LENGTH_MIN = 25;
const FIRST_PLAIN_CHARACTER = "-";

/** `topic,partition,offset`, quoted as Jackson, which Kafka's tool writes with, does. Ends in a line's end. */
export const csvLine = (cells: readonly (string | number)[]): string => `${cells.map((cell) => (typeof cell === "number" ? cell : quoted(cell))).join(",")}\n`;

function quoted(text: string): string {
  const isPlain = text.length < QUOTED_LENGTH_MIN && [...text].every((character) => character >= FIRST_PLAIN_CHARACTER);
  return isPlain ? text : `"${text.replaceAll('"', '""')}"`;
}

/**
 * The offsets of a file, by group: `topic,partition,offset` where there is one group alone and the file is written so, else
 * `group,topic,partition,offset`. Throws where it can't be read.
 */
export function readResetPlan(path: string, groups: readonly string[]): ReadonlyMap<string, readonly GroupOffset[]> {
  const [onlyGroup, ...others] = groups;
  try {
    const lines = readText(path).replace(/\n+$/, "").split("\n").map(cellsOf);
    const isOneGroup = onlyGroup !== undefined && others.length === 0 && isWithoutGroup(lines[0] ?? []);
    const plan = new Map<string, GroupOffset[]>();
    for (const cells of lines) {
      const [group = "", ...rest] = isOneGroup ? [onlyGroup, ...cells] : cells;
      plan.set(group, [...(plan.get(group) ?? []), offsetOf(rest)]);
    }
    return plan;
  } catch (error) {
    throw runtimeException(asJavaException(error));
  }
}

function isWithoutGroup(cells: readonly string[]): boolean {
  try {
    offsetOf(cells);
    return true;
  } catch {
    return false;
  }
}

/** What is missing, or empty, is 0. */
function offsetOf([topic = "", partition = "", offset = "", ...more]: readonly string[]): GroupOffset {
  if (more.length > 0) throw new JavaException("com.fasterxml.jackson.dataformat.csv.CsvReadException", "Too many entries");
  return { topic, partition: numberOf(partition, "int"), offset: numberOf(offset, "long") };
}

function numberOf(cell: string, type: "int" | "long"): number {
  const text = cell.trim();
  if (text === "") return 0;
  if (/^[+-]?\d+$/.test(text) && BigInt.asIntN(type === "int" ? 32 : 64, BigInt(text)) === BigInt(text)) return Number(text);
  const message = `Cannot deserialize value of type \`${type}\` from String "${cell}": not a valid \`${type}\` value`;
  throw new JavaException("com.fasterxml.jackson.databind.exc.InvalidFormatException", message);
}

/** Cells between commas, some of them between quotation marks, of which two stand for one. Throws where there are none. */
function cellsOf(line: string): readonly string[] {
  if (line.trim() === "") throw new JavaException("com.fasterxml.jackson.databind.exc.MismatchedInputException", "No content to map due to end-of-input");
  const cells = line.replace(/\r$/, "").matchAll(/(?:^|,)(?:\s*"((?:[^"]|"")*)"\s*|([^,]*))/g);
  return [...cells].map(([, inQuotes, plain = ""]) => inQuotes?.replaceAll('""', '"') ?? plain);
}
