import { checkConsistency, checkDuplicates, checkPhantoms } from "./checks/contents.ts";
import { checkDurability } from "./checks/durability.ts";
import { checkEnds } from "./checks/ends.ts";
import { checkProcessOrder, checkRealtimeOrder } from "./checks/order.ts";
import type { PartitionView } from "./checks/partition-view.ts";
import { viewOf } from "./checks/partition-view.ts";
import { checkPolls } from "./checks/polls.ts";
import { Findings } from "./findings.ts";
import type { History } from "./history.ts";
import type { PartitionHistory } from "./partition-history.ts";
import type { CheckOptions } from "./permit.ts";
import { permitOf } from "./permit.ts";
import type { Conclusion, Verdict, VerdictCounts } from "./verdict.ts";

/** One property each; a new one is added here. */
const CHECKS: readonly ((view: PartitionView, findings: Findings) => void)[] = [
  checkDurability,
  checkDuplicates,
  checkConsistency,
  checkPhantoms,
  checkProcessOrder,
  checkRealtimeOrder,
  checkPolls,
  checkEnds,
];

/** Judges a finished history. Linear in what was sent and read, but for one sort of the acknowledgements. */
export function checkHistory(history: History, options: CheckOptions): Verdict {
  const findings = new Findings(permitOf(options));
  const partitions = [...history.partitions()];
  for (const partition of partitions) {
    const view = viewOf(partition);
    for (const check of CHECKS) check(view, findings);
  }
  const counts = countAll(partitions, findings);
  if (counts.acked === 0) {
    const detail = counts.sends === 0 ? "nothing was sent" : `none of ${counts.sends} sends was acknowledged`;
    findings.add({ name: "no-evidence", topic: "", partition: -1, detail: `${detail}: nothing is proved` });
  }
  const conclusion = conclusionOf(findings);
  return { conclusion, isClean: conclusion === "clean", anomalies: findings.anomalies, permitted: findings.permitted, counts };
}

function conclusionOf({ anomalies, permitted }: Findings): Conclusion {
  if (anomalies.some(({ name }) => name !== "no-evidence")) return "violated";
  if (anomalies.length > 0) return "no-evidence";
  return permitted.length > 0 ? "allowed" : "clean";
}

function countAll(partitions: readonly PartitionHistory[], findings: Findings): VerdictCounts {
  const total = (count: (partition: PartitionHistory) => number): number => partitions.reduce((sum, partition) => sum + count(partition), 0);
  const withOutcome = (wanted: string) => (partition: PartitionHistory) => partition.outcomes.reduce((sum, outcome) => sum + (outcome === wanted ? 1 : 0), 0);
  return {
    sends: total((partition) => partition.sends),
    acked: total(withOutcome("ok")),
    failed: total(withOutcome("fail")),
    unknown: total(withOutcome("info")),
    polledRecords: total((partition) => [...partition.polls.values()].reduce((sum, stream) => sum + stream.offsets.length, 0)),
    finalReadRecords: total((partition) => partition.finalReads.reduce((sum, read) => sum + read.stream.offsets.length, 0)),
    finalReadsOk: total((partition) => partition.finalReads.filter((read) => read.isOk).length),
    partitions: partitions.length,
    anomalies: findings.counts,
    permitted: findings.permittedCounts,
    permittedLosses: findings.permittedLosses,
  };
}
