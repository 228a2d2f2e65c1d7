import type { PartitionRecord, Recording } from "../../recording/recording.ts";
import { longestWaiting } from "../longest-waiting.ts";
import { chartShapes } from "./ack-chart.ts";
import { laneShapes } from "./lanes.ts";
import { type Scene, type Shape, textWidth } from "./shape.ts";
import { axisShapes, type TimeScale, timeScale, xOf } from "./time-scale.ts";

/** Partitions that are drawn; of more, those that waited longest. */
export const DRAWN_PARTITIONS_MAX = 8;
const WIDTH = 1_000;
const NAMES_WIDTH_MIN = 90;
const NAMES_WIDTH_MAX = 220;
const MARGIN_RIGHT = 18;
const AXIS_TOP = 14;
const LANES_TOP = 24;
const SECTION_GAP = 30;
const TITLE_SIZE = 12;

export interface RunScene extends Scene {
  readonly scale: TimeScale;
  /** Those that are drawn. */
  readonly partitions: readonly PartitionRecord[];
}

/** The whole picture of a run: an axis, a lane for each node, and a chart for each partition, on one scale of time. */
export function runScene(recording: Recording): RunScene {
  const partitions = longestWaiting(recording.partitions, DRAWN_PARTITIONS_MAX);
  const names = [...recording.nodes.map(({ name }) => textWidth(name, 13)), ...partitions.map(({ name }) => textWidth(name, 12))];
  const left = Math.min(NAMES_WIDTH_MAX, Math.max(NAMES_WIDTH_MIN, ...names.map((width) => width + 16)));
  const scale = timeScale(recording, left, WIDTH - MARGIN_RIGHT);
  const shapes: Shape[] = [];
  let y = LANES_TOP;
  for (const node of recording.nodes) {
    const lane = laneShapes({ node, partitions, recording, scale, top: y });
    shapes.push(...lane.shapes);
    y += lane.height;
  }
  shapes.push({ type: "line", className: "separator", from: [0, y], to: [scale.right, y] });
  const title = `acknowledged records${hasErrors(recording) ? " (up) and errors (down)" : ""} per ${recording.bucketMs} ms`;
  shapes.push({ type: "text", className: "section", x: scale.left, y: y + SECTION_GAP - 8, text: title, anchor: "start", size: TITLE_SIZE });
  const chart = chartShapes({ partitions, recording, scale, top: y + SECTION_GAP });
  shapes.push(...chart.shapes);
  const height = y + SECTION_GAP + chart.height + 4;
  return { width: WIDTH, height, scale, partitions, shapes: [...axisShapes(scale, AXIS_TOP, height), ...faultLines(recording, scale, height), ...shapes] };
}

const hasErrors = ({ partitions }: Recording): boolean => partitions.some(({ errors }) => errors.some((count) => count > 0));

/** Through everything, where a fault strikes: what follows it, follows it everywhere. */
const faultLines = ({ faults }: Recording, scale: TimeScale, bottom: number): readonly Shape[] =>
  faults.map(({ fromMs }) => {
    const x = xOf(scale, fromMs);
    return { type: "line", className: "fault-line", from: [x, LANES_TOP], to: [x, bottom] };
  });
