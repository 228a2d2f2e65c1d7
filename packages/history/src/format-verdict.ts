import type { Anomaly, AnomalyName, Verdict } from "./verdict.ts";
import { ANOMALY_NAMES } from "./verdict.ts";

/** Lines of one name that are printed. */
const MAX_LINES = 5;

const WORDS: Readonly<Record<AnomalyName, string>> = {
  lost: "lost: acknowledged, but not readable",
  unseen: "unseen: acknowledged, but the final read did not get there",
  duplicated: "duplicated: one value at more than one offset",
  reordered: "reordered: not in the order they were sent",
  "realtime-reordered": "reordered against real time: sent after an acknowledgement, but in front of it",
  "nonmonotonic-poll": "read backwards: an offset came again",
  phantom: "phantom: nobody wrote it, or its write failed",
  "inconsistent-offset": "inconsistent: one offset, two values",
  misplaced: "misplaced: acknowledged at one offset, found at another",
  "offset-gap": "gap: offsets that a reader was not given",
  "no-evidence": "no evidence: nothing was proved",
};

/** The verdict in words: what was checked, then what is wrong, each with topic, partition, offset and value. */
export function formatVerdict(verdict: Verdict): string {
  const { counts } = verdict;
  const lines = [
    `${headline(verdict)}`,
    `  ${counts.sends} records sent: ${counts.acked} acknowledged, ${counts.failed} refused for certain, ${counts.unknown} unknown`,
    `  ${counts.finalReadRecords} records in ${counts.finalReadsOk} complete final reads of ${counts.partitions} partitions; ${counts.polledRecords} polled on the way`,
    ...section(verdict.anomalies, counts.anomalies, ""),
    ...section(verdict.permitted, counts.permitted, "observed, permitted: "),
  ];
  return lines.join("\n");
}

function headline({ isClean, permitted, counts }: Verdict): string {
  if (!isClean)
    return counts.anomalies["no-evidence"] > 0 && ANOMALY_NAMES.every((name) => name === "no-evidence" || counts.anomalies[name] === 0)
      ? "NO EVIDENCE"
      : "VIOLATED";
  if (permitted.length > 0) return "No violation, but not clean: what was observed is permitted";
  return `Clean: every one of ${counts.acked} acknowledged records is there, once and in order`;
}

function section(
  anomalies: readonly (Anomaly & { readonly because?: string })[],
  totals: Readonly<Record<AnomalyName, number>>,
  prefix: string,
): readonly string[] {
  const lines: string[] = [];
  for (const name of ANOMALY_NAMES) {
    if (totals[name] === 0) continue;
    const examples = anomalies.filter((anomaly) => anomaly.name === name);
    lines.push(`  ${prefix}${WORDS[name]} (${totals[name]})`);
    for (const anomaly of examples.slice(0, MAX_LINES))
      lines.push(`    ${whereOf(anomaly)}${anomaly.detail}${anomaly.because === undefined ? "" : ` (because ${anomaly.because})`}`);
    if (totals[name] > MAX_LINES) lines.push(`    … and ${totals[name] - MAX_LINES} more`);
  }
  return lines;
}

function whereOf({ topic, partition, offset, value }: Anomaly): string {
  if (partition < 0) return "";
  const parts = [`${topic}-${partition}`, ...(offset === undefined ? [] : [`offset ${offset}`]), ...(value === undefined ? [] : [`value ${value}`])];
  return `${parts.join(", ")}: `;
}
