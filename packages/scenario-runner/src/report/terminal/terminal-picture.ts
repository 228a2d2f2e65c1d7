import { type FaultRecord, type PartitionRecord, type Recording } from "../../recording/recording.ts";
import { formatDuration } from "../durations.ts";
import { FAULT_LABELS } from "../fault-label.ts";
import { longestWaiting } from "../longest-waiting.ts";
import { BLANK, type Cell, cellsOf, type PictureLine, plainText, segmentsOf } from "./cell.ts";
import { CUT, KILLED, nodeCells, OTHER, PAUSED, STARTED, STATE_CELLS, STOPPED } from "./node-cells.ts";
import { AVAILABILITY, availabilityCells, officeCells, refusalCells } from "./partition-cells.ts";
import { axisCells, timeColumns } from "./time-columns.ts";

/** Partitions that are shown; of more, those that waited longest. */
const PARTITIONS_MAX = 8;
const LABEL_WIDTH_MAX = 18;
const NOTE_TITLE = "longest gap";
const COLUMNS_MIN = 10;

/**
 * A run as lines of characters, none longer than `width` where that leaves ten columns for the time: for each partition what was
 * acknowledged and who led, the active controller, and each node with what befell it.
 */
export function terminalPicture(recording: Recording, width: number): readonly PictureLine[] {
  const partitions = longestWaiting(recording.partitions, PARTITIONS_MAX);
  const labels = [...partitions.map(({ name }) => name), ...recording.nodes.map(({ name }) => name), CONTROLLER];
  const labelWidth = Math.min(LABEL_WIDTH_MAX, Math.max(...labels.map((label) => label.length)));
  const columns = timeColumns(recording, Math.max(COLUMNS_MIN, width - labelWidth - 4 - NOTE_TITLE.length));
  const row = (label: string, cells: readonly Cell[], note = ""): PictureLine => lineOf(fitted(label, labelWidth), cells, note);
  const isRefused = recording.refusals.counts.some((count) => count > 0);
  const nodes = recording.nodes.map((node) => ({ name: node.name, cells: nodeCells(node, recording.faults, columns) }));
  const glyphs = new Set(nodes.flatMap(({ cells }) => cells.map(({ glyph }) => glyph)));
  const missing = recording.partitions.length - partitions.length;
  return [
    row("", axisCells(columns), partitions.some(({ longestGap }) => longestGap !== undefined) ? NOTE_TITLE : ""),
    ...partitions.flatMap((partition) => [
      row(partition.name, availabilityCells(partition, recording, columns), gapOf(partition)),
      row(
        "  leader",
        officeCells(
          partition.leaders.map(({ fromMs, toMs, value }) => ({ fromMs, toMs, value: value.leader })),
          columns,
        ),
      ),
    ]),
    ...(missing > 0 ? [row("", cellsOf(`… and ${missing} more partitions, none of which waited longer`, "faint"))] : []),
    ...(isRefused ? [row(REFUSED, refusalCells(recording, columns))] : []),
    row(CONTROLLER, officeCells(recording.controllers, columns)),
    ...nodes.map(({ name, cells }) => row(name, cells)),
    [],
    ...legendOf(recording, columns.columnMs, glyphs)
      .flatMap((items) => flowed(items, width - labelWidth - 2))
      .map((text): PictureLine => [{ text: `${" ".repeat(labelWidth + 2)}${text}`, tone: "faint" }]),
  ];
}

/** The picture without colours. */
export const formatPicture = (recording: Recording, width: number): string => terminalPicture(recording, width).map(plainText).join("\n");

const CONTROLLER = "controller";
const REFUSED = "refused";

function lineOf(label: string, cells: readonly Cell[], note: string): PictureLine {
  return segmentsOf([
    ...cellsOf(`${label}  `, "plain"),
    ...cells,
    ...(note === "" ? [] : [BLANK, BLANK, ...cellsOf(note.padStart(NOTE_TITLE.length), "plain")]),
  ]);
}

const fitted = (label: string, width: number): string => (label.length > width ? `${label.slice(0, width - 1)}…` : label.padEnd(width));

function gapOf({ longestGap }: PartitionRecord): string {
  if (longestGap === undefined) return "";
  const duration = formatDuration(longestGap.toMs - longestGap.fromMs);
  return longestGap.isOpen ? `> ${duration}` : duration;
}

/** Of what is there. Each list begins a line. */
function legendOf({ faults, nodes, refusals }: Recording, columnMs: number, glyphs: ReadonlySet<string>): readonly (readonly string[])[] {
  const { usual, less, little, none, error } = AVAILABILITY;
  const out = nodes.filter(({ states }) => states.some(({ value }) => value === "out-of-service"));
  const outWords = [...(out.some(({ isBroker }) => isBroker) ? ["fenced"] : []), ...(out.every(({ isBroker }) => isBroker) ? [] : ["without a quorum"])];
  const others = new Set(faults.filter(({ type }) => !HAS_A_SIGN.has(type)).map(({ type }) => FAULT_LABELS[type]));
  const signs: readonly (readonly [Cell, string])[] = [
    [STATE_CELLS["in-service"], "in service"],
    [STATE_CELLS.starting, "starting"],
    [STATE_CELLS["out-of-service"], outWords.join(" or ")],
    [KILLED, faults.some(({ type }) => type === "crash") ? "killed" : FAULT_LABELS["power-loss"]],
    [STOPPED, FAULT_LABELS.stop],
    [STARTED, "started again"],
    [PAUSED, FAULT_LABELS.pause],
    [CUT, FAULT_LABELS.partition],
    [OTHER, [...others].join(", ")],
  ];
  return [
    [`a column is ${formatDuration(columnMs)}`],
    [`${usual.glyph} acknowledged as usual`, `${less.glyph} less`, `${little.glyph} little`, `${none.glyph} nothing`, `${error.glyph} errors`],
    ...(Object.keys(refusals.names).length === 0 ? [] : [[`${REFUSED}: told an error, and tried again`]]),
    signs.filter(([{ glyph }]) => glyphs.has(glyph)).map(([{ glyph }, words]) => `${glyph} ${words}`),
  ];
}

/** Faults that have one of their own in a node's line. */
const HAS_A_SIGN: ReadonlySet<FaultRecord["type"]> = new Set(["crash", "power-loss", "stop", "pause", "partition"]);

/** Two blanks between items; a line that would be longer than `width` begins anew. */
function flowed(items: readonly string[], width: number): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 2 + item.length <= width) lines[lines.length - 1] = `${last}  ${item}`;
    else lines.push(item);
  }
  return lines;
}
