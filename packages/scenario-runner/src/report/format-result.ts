import { formatVerdict } from "@samsa/history";
import type { ScenarioResult } from "../scenario-result.ts";
import type { AckGap } from "../timeline/ack-gaps.ts";

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;
const MEBIBYTE = 1024 * 1024;

/** What stands below the timeline: figures, failures, verdict. */
export function formatResult(result: ScenarioResult): string {
  const { startToFirstAckMs, longestGaps, longestGapsBefore, residentBytes, failures, verdict } = result;
  const memory = Object.entries(residentBytes).map(([node, bytes]) => `node ${node} ${Math.round(bytes / MEBIBYTE)} MiB`);
  const lines = [
    ...(startToFirstAckMs === undefined ? [] : [`From the start to the first acknowledgement: ${seconds(startToFirstAckMs)}`]),
    ...gapLines("Longest time without an acknowledgement", longestGaps),
    ...gapLines("Before the first fault", longestGapsBefore),
    ...(memory.length === 0 ? [] : [`Resident memory: ${memory.join(", ")}`]),
    ...failures.map((failure) => `FAILED: ${failure}`),
    formatVerdict(verdict),
  ];
  return lines.join("\n");
}

function gapLines(title: string, gaps: readonly AckGap[]): readonly string[] {
  if (gaps.length === 0) return [];
  const each = gaps.map(({ partition, fromMs, toMs }) => `${partition} ${Math.round(toMs - fromMs)} ms (at ${seconds(fromMs)})`);
  return [`${title}: ${each.join(", ")}`];
}
