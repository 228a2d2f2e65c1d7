import type { Fault } from "@samsa/world";
import type { FaultRecord, NodeRecord, NodeState } from "../../recording/recording.ts";
import { BLANK, type Cell } from "./cell.ts";
import { columnAt, columnsOf, type TimeColumns } from "./time-columns.ts";

/** States of a node, the best first: a column shows the worst of what was in it. */
export const STATE_CELLS: Readonly<Record<NodeState, Cell>> = {
  "in-service": { glyph: "━", tone: "plain" },
  starting: { glyph: "░", tone: "doubtful" },
  stopping: { glyph: "░", tone: "doubtful" },
  "out-of-service": { glyph: "▒", tone: "bad" },
  down: BLANK,
};
const FROM_BEST: readonly NodeState[] = ["in-service", "starting", "stopping", "out-of-service", "down"];

export const KILLED: Cell = { glyph: "✕", tone: "bad" };
export const STOPPED: Cell = { glyph: "↓", tone: "doubtful" };
export const STARTED: Cell = { glyph: "↑", tone: "good" };
export const PAUSED: Cell = { glyph: "‖", tone: "bad" };
export const CUT: Cell = { glyph: "╎", tone: "bad" };
export const OTHER: Cell = { glyph: "!", tone: "bad" };

/** How a node's life goes on from left to right, with the faults that struck it over it. */
export function nodeCells({ id, states }: NodeRecord, faults: readonly FaultRecord[], columns: TimeColumns): readonly Cell[] {
  const worst = Array.from({ length: columns.count }, () => -1);
  for (const band of states) {
    const [from, to] = columnsOf(columns, band);
    for (let column = from; column < Math.min(to, columns.count); column++) worst[column] = Math.max(worst[column] ?? -1, FROM_BEST.indexOf(band.value));
  }
  const cells: Cell[] = worst.map((state) => STATE_CELLS[FROM_BEST[state] ?? "down"]);
  const own = faults.filter(({ nodes }) => nodes.length === 0 || nodes.includes(id));
  for (const fault of own) if (!ENDS_A_PROCESS.has(fault.type)) drawSpan(cells, fault, columns);
  for (const fault of own) if (ENDS_A_PROCESS.has(fault.type)) drawDeath(cells, fault, columns);
  return cells;
}

const ENDS_A_PROCESS: ReadonlySet<Fault["type"]> = new Set(["crash", "power-loss", "stop"]);

function drawSpan(cells: Cell[], { type, fromMs, toMs }: FaultRecord, columns: TimeColumns): void {
  const [from, to] = columnsOf(columns, { fromMs, toMs });
  cells.fill(type === "pause" ? PAUSED : type === "partition" ? CUT : OTHER, from, Math.min(to, cells.length));
}

/** A death and a start in one column are the death. */
function drawDeath(cells: Cell[], { type, fromMs, toMs, isOpen }: FaultRecord, columns: TimeColumns): void {
  const [death, start] = [columnAt(columns, fromMs), columnAt(columns, toMs)];
  if (!isOpen && start < cells.length) cells[start] = STARTED;
  if (death < cells.length) cells[death] = type === "stop" ? STOPPED : KILLED;
}
