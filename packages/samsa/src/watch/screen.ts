import { formatCut } from "../local-cluster/cuts.ts";
import type { NodeState } from "../local-cluster/cluster-status.ts";
import { formatTable } from "../local-cluster/text-table.ts";
import type { ClusterView, GroupView, NodeView, PartitionView } from "./cluster-view.ts";

/** How a line is meant. It says so in words as well: a terminal need not show it. */
export type Tone = "plain" | "head" | "bad" | "doubtful" | "faint";

export interface ScreenLine {
  readonly text: string;
  readonly tone: Tone;
}

export interface ScreenSize {
  readonly rows: number;
  readonly columns: number;
}

/** Something that changed, and when: `HH:MM:SS`. */
export interface ToldChange {
  readonly at: string;
  readonly sentence: string;
}

const UNKNOWN = "?";
/** Of the rows that changes may have however much else there is. */
const CHANGES_MIN = 6;
const GROUPS_MAX = 8;
const BAD: ReadonlySet<NodeState> = new Set(["killed", "failed", "fenced", "silent"]);
const DOUBTFUL: ReadonlySet<NodeState> = new Set(["paused", "starting", "stopping", "stopped"]);

/**
 * The cluster as lines, exactly as many as there are rows at most, none longer than the columns. Nodes go first, then groups (a few), then
 * partitions; what does not fit is counted. Below them what changed, the newest last.
 */
export function screenOf(view: ClusterView, changes: readonly ToldChange[], { rows, columns }: ScreenSize): readonly ScreenLine[] {
  const fixed = [...headOf(view), EMPTY];
  const foot: readonly ScreenLine[] = [{ text: "q or Ctrl-C leaves", tone: "faint" }];
  let left = Math.max(0, rows - fixed.length - foot.length - CHANGES_MIN - 1);
  const nodes = fitted(tableOf(NODE_HEAD, view.nodes, nodeRow, nodeTone), left, (missing) => `… and ${missing} more nodes`);
  left -= nodes.length + 1;
  const groups =
    view.groups.length === 0
      ? []
      : fitted(tableOf(GROUP_HEAD, view.groups, groupRow, groupTone), Math.min(left, GROUPS_MAX), (missing) => `… and ${missing} more groups`);
  left -= groups.length === 0 ? 0 : groups.length + 1;
  const partitions = partitionLines(view, left - 1);
  const parts = [fixed, nodes, groups, partitions].filter((part) => part.length > 0);
  const above = parts.flatMap((part, index) => (index < 2 ? part : [EMPTY, ...part]));
  const room = Math.max(0, rows - above.length - foot.length - 1);
  const told = changes.slice(Math.max(0, changes.length - room)).map(({ at, sentence }): ScreenLine => ({ text: `${at}  ${sentence}`, tone: "plain" }));
  return [...above, EMPTY, ...told, ...foot].slice(0, rows).map(({ text, tone }) => ({ text: text.slice(0, columns), tone }));
}

const EMPTY: ScreenLine = { text: "", tone: "plain" };

function headOf({
  bootstrap,
  controller,
  controllerEpoch,
  isKnown,
  partitionCount,
  leaderlessCount,
  underReplicatedCount,
  cuts,
}: ClusterView): readonly ScreenLine[] {
  const who = controller === undefined ? "none is active, or nobody who knows answers" : `node ${controller}, epoch ${controllerEpoch}`;
  const counts = isKnown ? `${partitionCount} (${leaderlessCount} without a leader, ${underReplicatedCount} under-replicated)` : UNKNOWN;
  return [
    { text: `Bootstrap   ${bootstrap}`, tone: "head" },
    { text: `Controller  ${who}`, tone: controller === undefined ? "bad" : "plain" },
    { text: `Partitions  ${counts}`, tone: leaderlessCount > 0 ? "bad" : underReplicatedCount > 0 ? "doubtful" : "plain" },
    ...(cuts.length === 0 ? [] : [{ text: `Cut off     ${cuts.map(formatCut).join("; ")}`, tone: "bad" } as const]),
  ];
}

function tableOf<T>(head: readonly string[], items: readonly T[], rowOf: (item: T) => readonly string[], toneOf: (item: T) => Tone): readonly ScreenLine[] {
  return formatTable([head, ...items.map(rowOf)]).map((text, index) => {
    const item = items[index - 1];
    return { text, tone: item === undefined ? "head" : toneOf(item) };
  });
}

/** The head alone is nothing. */
function fitted(table: readonly ScreenLine[], room: number, more: (missing: number) => string): readonly ScreenLine[] {
  if (table.length <= room) return table;
  if (room < 3) return room < 1 ? [] : [{ text: more(table.length - 1), tone: "faint" }];
  return [...table.slice(0, room - 1), { text: more(table.length - room + 1), tone: "faint" }];
}

/** Counts also those that nobody has named. */
function partitionLines({ partitions, partitionCount }: ClusterView, room: number): readonly ScreenLine[] {
  if (partitions.length === 0) return [];
  const table = tableOf(PARTITION_HEAD, partitions, partitionRow, partitionTone);
  const unnamed = partitionCount - partitions.length;
  const more = (missing: number): string => `… and ${missing + unnamed} more partitions`;
  return unnamed > 0 && table.length < room ? [...table, { text: more(0), tone: "faint" }] : fitted(table, room, more);
}

const NODE_HEAD = ["Node", "State", "Role", "Leads", "InSync"];

function nodeRow({ id, state, isBroker, isController, leads, inSync, replicas }: NodeView): readonly string[] {
  const role = [...(isBroker ? ["broker"] : []), ...(isController ? ["controller"] : [])].join("+");
  if (!isBroker) return [String(id), state, role, "-", "-"];
  return [String(id), state, role, String(leads ?? UNKNOWN), replicas === undefined ? UNKNOWN : `${inSync} of ${replicas}`];
}

const nodeTone = ({ state }: NodeView): Tone => (BAD.has(state) ? "bad" : DOUBTFUL.has(state) ? "doubtful" : "plain");

const PARTITION_HEAD = ["Partition", "Leader", "Epoch", "ISR", "HighWatermark", "LogEnds"];

/** `1:42 2:42 3:?` are the ends of the replicas' logs; a star is at those that are not in the ISR. */
function partitionRow({ name, leader, leaderEpoch, replicas, isr, logEnds, highWatermark }: PartitionView): readonly string[] {
  const ends = replicas.toSorted((a, b) => a - b).map((id) => `${id}${isr.includes(id) ? "" : "*"}:${logEnds.get(id) ?? UNKNOWN}`);
  const inSync = isr.length === 0 ? "empty" : isr.toSorted((a, b) => a - b).join(",");
  return [name, leader < 0 ? "none" : String(leader), String(leaderEpoch), inSync, String(highWatermark ?? UNKNOWN), ends.join(" ")];
}

const partitionTone = ({ leader, isr, replicas }: PartitionView): Tone => (leader < 0 ? "bad" : isr.length < replicas.length ? "doubtful" : "plain");

const GROUP_HEAD = ["Group", "State", "Members", "Lag", "Coordinator"];

const groupRow = ({ groupId, state, memberCount, lag, isLagWhole, coordinator }: GroupView): readonly string[] => [
  groupId,
  state,
  String(memberCount),
  isLagWhole ? String(lag) : `${lag} or more`,
  String(coordinator),
];

const groupTone = ({ state }: GroupView): Tone => (state === "Stable" || state === "Empty" ? "plain" : "doubtful");
