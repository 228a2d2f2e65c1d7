import type { Anomaly, AnomalyName, PermittedAnomaly, Verdict } from "./verdict.ts";
import { ANOMALY_NAMES, LOSSES } from "./verdict.ts";

/** Lines of one name that are printed. */
const MAX_LINES = 5;

const WORDS: Readonly<Record<AnomalyName, string>> = {
  lost: "lost: acknowledged, but not readable",
  unseen: "unseen: acknowledged, but the final read did not get there",
  duplicated: "duplicated: one value at more than one offset",
  reordered: "reordered: not in the order they were sent",
  "realtime-reordered": "reordered against real time: sent after an acknowledgement, but in front of it",
  "nonmonotonic-poll": "read backwards: an offset came again",
  "nonmonotonic-end": "an end that went back: a reader was told one below what it knew",
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
    ...section(verdict.anomalies, counts.anomalies, () => ""),
    ...section(verdict.permitted, counts.permitted, (name) => (LOSSES.has(name) ? "allowed loss: " : "allowed: ")),
  ];
  return lines.join("\n");
}

function headline({ conclusion, counts, permitted }: Verdict): string {
  switch (conclusion) {
    case "violated":
      return "VIOLATED";
    case "no-evidence":
      return "NO EVIDENCE";
    case "clean":
      return `Clean: every one of ${counts.acked} acknowledged records is there, once and in order`;
    case "allowed":
      return permitted.some(({ name }) => LOSSES.has(name))
        ? `ALLOWED LOSS, not clean: ${reasonsOf(permitted)}`
        : `Allowed, not clean: ${reasonsOf(permitted)}`;
  }
}

/** Each reason once. */
const reasonsOf = (permitted: readonly PermittedAnomaly[]): string => [...new Set(permitted.map(({ because }) => `because ${because}`))].join("; ");

function section(
  anomalies: readonly (Anomaly & { readonly because?: string })[],
  totals: Readonly<Record<AnomalyName, number>>,
  prefixOf: (name: AnomalyName) => string,
): readonly string[] {
  const lines: string[] = [];
  for (const name of ANOMALY_NAMES) {
    if (totals[name] === 0) continue;
    const examples = anomalies.filter((anomaly) => anomaly.name === name);
    lines.push(`  ${prefixOf(name)}${WORDS[name]} (${totals[name]})`);
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
