import type { ListedGroup } from "../admin/groups.ts";
import { illegalArgument } from "../java-exception.ts";
import { answerOf, uncheckedAnswerOf } from "./futures.ts";
import { isOfConsumers, listConsumerGroups, type Run } from "./run.ts";
import { row, widthOf } from "./table.ts";

const STATES = ["Dead", "Reconciling", "Assigning", "CompletingRebalance", "Stable", "Empty", "PreparingRebalance"];
const TYPES = ["Consumer", "Classic"];

const GROUP_WIDTH_MIN = 15;
/** Between the longest group and the next column. */
const GROUP_MARGIN = 10;
const COLUMN_WIDTH = 20;

interface Column {
  readonly title: string;
  readonly of: (group: ListedGroup) => string;
}

/** `--list`: ids alone, or with the types and states that are asked for. */
export async function list({ session, parsed, io }: Run): Promise<void> {
  const [isTyped, isWithState] = [parsed.has("type"), parsed.has("state")];
  if (!isTyped && !isWithState) {
    const groups = await uncheckedAnswerOf(listConsumerGroups(session));
    for (const { id } of groups.filter(isOfConsumers)) io.out(`${id}\n`);
    return;
  }
  const types = chosen(parsed.valueOf("type"), TYPES, "types");
  const states = chosen(parsed.valueOf("state"), STATES, "state");
  const groups = await answerOf(listConsumerGroups(session));
  const wanted = groups.filter((group) => isAmong(types, capitalized(group.type)) && isAmong(states, group.state));
  const columns: readonly Column[] = [
    { title: "GROUP", of: ({ id }) => id },
    ...(isTyped ? [{ title: "TYPE", of: ({ type }: ListedGroup) => capitalized(type) || "Unknown" }] : []),
    ...(isWithState ? [{ title: "STATE", of: ({ state }: ListedGroup) => state || "Unknown" }] : []),
  ];
  io.out(table(wanted, columns));
}

/** Empty: any. Throws where one is unknown. */
function chosen(text: string | undefined, known: readonly string[], kind: string): ReadonlySet<string> {
  if (text === undefined || text === "") return new Set();
  const names = text.split(",").map((name) => known.find((each) => each.toLowerCase() === name.trim().toLowerCase()));
  if (names.includes(undefined)) throw illegalArgument(`Invalid ${kind} list '${text}'. Valid ${kind === "state" ? "states" : kind} are: ${known.join(", ")}`);
  return new Set(names.filter((name) => name !== undefined));
}

const isAmong = (names: ReadonlySet<string>, name: string): boolean => names.size === 0 || names.has(name);

function table(groups: readonly ListedGroup[], columns: readonly Column[]): string {
  const ids = groups.map(({ id }) => id);
  const widths = [widthOf(GROUP_WIDTH_MIN, ids) + GROUP_MARGIN, COLUMN_WIDTH, COLUMN_WIDTH];
  const rows = [columns.map(({ title }) => title), ...groups.map((group) => columns.map(({ of }) => of(group)))];
  return rows.map((cells) => `${row(widths, cells)}\n`).join("");
}

const capitalized = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
