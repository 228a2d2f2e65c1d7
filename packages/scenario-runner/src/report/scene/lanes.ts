import { type FaultRecord, type NodeRecord, type NodeState, type PartitionRecord, type Recording } from "../../recording/recording.ts";
import { formatTime } from "../durations.ts";
import { FAULT_LABELS } from "../fault-label.ts";
import { type Label, placeLabels } from "./label-rows.ts";
import { fittedText, type Shape } from "./shape.ts";
import { type TimeScale, xOf } from "./time-scale.ts";

const LABEL_SIZE = 11;
const LABEL_ROWS_MAX = 3;
const LABEL_PITCH = 14;
const NAME_SIZE = 13;
const PARTITION_SIZE = 10;
const STATE_HEIGHT = 10;
const CROWN_HEIGHT = 10;
const BAND_PITCH = 12;
const LEADER_HEIGHT = 9;
const MEMBER_HEIGHT = 3;
const PADDING = 7;
/** Between a name and where time begins. */
const NAME_GAP = 10;
/** What lasts less is drawn as wide as this. */
const WIDTH_MIN = 1.5;

export const STATE_WORDS: Readonly<Record<NodeState, string>> = {
  starting: "starting",
  "in-service": "in service",
  "out-of-service": "out of service",
  stopping: "stopping",
  down: "down",
};

export interface Lane {
  readonly shapes: readonly Shape[];
  readonly height: number;
}

export interface LaneInput {
  readonly node: NodeRecord;
  /** Those that are drawn, with the class of each. */
  readonly partitions: readonly PartitionRecord[];
  readonly recording: Recording;
  readonly scale: TimeScale;
  readonly top: number;
}

/** One node over time: what befell it, its state, whether it is the active controller, and each partition that it leads or is in sync for. */
export function laneShapes({ node, partitions, recording, scale, top }: LaneInput): Lane {
  const faults = recording.faults.filter(({ nodes }) => nodes.length === 0 || nodes.includes(node.id));
  const labels = placeLabels(faults.map(labelOf(scale)), { left: scale.left, right: scale.right, size: LABEL_SIZE, rowsMax: LABEL_ROWS_MAX });
  const labelRows = Math.max(0, ...labels.map(({ row }) => row + 1));
  const crowns = recording.controllers.filter(({ value }) => value === node.id);
  const stateTop = top + PADDING + labelRows * LABEL_PITCH + CROWN_HEIGHT + 2;
  const bandsTop = stateTop + STATE_HEIGHT + 5;
  const rows = node.isBroker ? partitions : [];
  const bottom = bandsTop + rows.length * BAND_PITCH + PADDING;
  const name: Shape = {
    type: "text",
    className: "name",
    x: scale.left - NAME_GAP,
    y: stateTop + STATE_HEIGHT - 0.5,
    text: fittedText(node.name, NAME_SIZE, scale.left - NAME_GAP),
    anchor: "end",
    size: NAME_SIZE,
  };
  return {
    height: bottom - top,
    shapes: [
      { type: "line", className: "separator", from: [0, top], to: [scale.right, top] },
      ...faults.map((fault) => spanShape(fault, scale, { top: top + 1, bottom })),
      name,
      ...node.states.map(({ fromMs, toMs, value }): Shape => {
        const title = `${node.name} is ${stateWords(node, value)}, ${formatTime(fromMs)} to ${formatTime(toMs)}`;
        return { type: "rect", className: `state ${value}`, ...span(scale, fromMs, toMs), y: stateTop, height: STATE_HEIGHT, title };
      }),
      ...crowns.flatMap(({ fromMs, toMs }) => crownShapes(node, { fromMs, toMs }, scale, stateTop - CROWN_HEIGHT - 2)),
      ...rows.flatMap((partition, index) => bandShapes({ node, partition, index, scale, top: bandsTop + index * BAND_PITCH })),
      ...labels.map(({ x, row, text }): Shape => ({
        type: "text",
        className: "fault-label",
        x,
        y: top + PADDING + row * LABEL_PITCH + 9,
        text,
        anchor: "start",
        size: LABEL_SIZE,
      })),
    ],
  };
}

export const stateWords = ({ isBroker }: NodeRecord, state: NodeState): string =>
  state === "out-of-service" ? (isBroker ? "fenced" : "without a leader of the quorum") : STATE_WORDS[state];

const labelOf =
  (scale: TimeScale) =>
  ({ type, fromMs }: FaultRecord): Label => ({ x: xOf(scale, fromMs) + 4, text: FAULT_LABELS[type] });

function span(scale: TimeScale, fromMs: number, toMs: number): { readonly x: number; readonly width: number } {
  const x = xOf(scale, fromMs);
  const width = Math.max(WIDTH_MIN, xOf(scale, toMs) - x);
  return { x: Math.min(x, scale.right - width), width };
}

function spanShape({ fromMs, toMs, text }: FaultRecord, scale: TimeScale, { top, bottom }: { readonly top: number; readonly bottom: number }): Shape {
  const title = `${text}, ${formatTime(fromMs)} to ${formatTime(toMs)}`;
  return { type: "rect", className: "fault", ...span(scale, fromMs, toMs), y: top, height: bottom - top, title };
}

/** A crown where the office begins, and a line for as long as it lasts. */
function crownShapes(node: NodeRecord, { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number }, scale: TimeScale, top: number): readonly Shape[] {
  const { x, width } = span(scale, fromMs, toMs);
  const crownX = Math.min(x, scale.right - 14);
  const title = `${node.name} is the active controller, ${formatTime(fromMs)} to ${formatTime(toMs)}`;
  const d = `M${r(crownX)} ${r(top + 8)}l-1 -7l3.5 3l3 -4l3 4l3.5 -3l-1 7z`;
  return [
    { type: "rect", className: "office", x, y: top + CROWN_HEIGHT - 1.5, width, height: 2, title },
    { type: "path", className: "crown", d, box: { x: crownX - 1, y: top, width: 13, height: 8 }, title },
  ];
}

const r = (value: number): string => value.toFixed(1);

interface BandInput {
  readonly node: NodeRecord;
  readonly partition: PartitionRecord;
  /** Its place among those that are drawn. */
  readonly index: number;
  readonly scale: TimeScale;
  readonly top: number;
}

/** Thick where the node leads the partition, thin where it is in sync for it. */
function bandShapes({ node, partition, index, scale, top }: BandInput): readonly Shape[] {
  const { name, leaders, isr } = partition;
  const middle = top + LEADER_HEIGHT / 2;
  const className = partitionClass(index);
  const label: Shape = {
    type: "text",
    className: "partition-name",
    x: scale.left - NAME_GAP,
    y: top + LEADER_HEIGHT - 1,
    text: fittedText(name, PARTITION_SIZE, scale.left - NAME_GAP),
    anchor: "end",
    size: PARTITION_SIZE,
  };
  const members = isr.filter(({ value }) => value.includes(node.id));
  const led = leaders.filter(({ value }) => value.leader === node.id);
  return [
    label,
    ...members.map(({ fromMs, toMs, value }): Shape => {
      const title = `${node.name} is in the ISR of ${name} (${value.join(" ")}), ${formatTime(fromMs)} to ${formatTime(toMs)}`;
      return { type: "rect", className: `member ${className}`, ...span(scale, fromMs, toMs), y: middle - MEMBER_HEIGHT / 2, height: MEMBER_HEIGHT, title };
    }),
    ...led.map(({ fromMs, toMs, value }): Shape => {
      const title = `${node.name} leads ${name}, leader epoch ${value.leaderEpoch}, ${formatTime(fromMs)} to ${formatTime(toMs)}`;
      return { type: "rect", className: `leader ${className}`, ...span(scale, fromMs, toMs), y: top, height: LEADER_HEIGHT, title };
    }),
  ];
}

/** Colours that are there; beyond them they come again, and the names say which is which. */
export const PARTITION_COLOURS = 6;

export const partitionClass = (index: number): string => `p${index % PARTITION_COLOURS}`;
