import type { TopicPartition } from "./history.ts";
import type { PartitionHistory } from "./partition-history.ts";
import type { Anomaly, AnomalyName, Leave, LeaveKind, PermittedAnomaly } from "./verdict.ts";
import { ANOMALY_NAMES, LOSSES, MAX_EXAMPLES } from "./verdict.ts";

/** Why an anomaly would be no violation; undefined: it is one. */
export type Permit = (anomaly: Anomaly) => Leave | undefined;

export type CountByName = Record<AnomalyName, number>;

/** Collects what the checks find: exact counts, bounded examples, permitted apart from forbidden. */
export class Findings {
  readonly anomalies: Anomaly[] = [];
  readonly permitted: PermittedAnomaly[] = [];
  readonly counts: CountByName = zeroCounts();
  readonly permittedCounts: CountByName = zeroCounts();
  readonly permittedLosses: Record<LeaveKind, number> = { "acks-0": 0, "acks-1": 0, "unclean-election": 0, deletion: 0, retry: 0, fault: 0 };
  readonly permit: Permit;

  constructor(permit: Permit) {
    this.permit = permit;
  }

  add(anomaly: Anomaly): void {
    this.addJudged(anomaly, this.permit(anomaly));
  }

  /** `leave`: what permits it, where that is more than a question of one offset. */
  addJudged(anomaly: Anomaly, leave: Leave | undefined): void {
    if (leave === undefined) {
      if (this.counts[anomaly.name]++ < MAX_EXAMPLES) this.anomalies.push(anomaly);
      return;
    }
    if (LOSSES.has(anomaly.name)) this.permittedLosses[leave.kind]++;
    if (this.permittedCounts[anomaly.name]++ < MAX_EXAMPLES) this.permitted.push({ ...anomaly, because: leave.because });
  }

  /** Found, but not kept as an example. */
  count(name: AnomalyName, more: number): void {
    this.counts[name] += more;
  }
}

export const placeOf = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition });

/** Where a value belongs, when it was sent, and when it was acknowledged. */
export const valueOf = (
  history: PartitionHistory,
  value: number,
): TopicPartition & { readonly value: number; readonly sentUs: number; readonly ackedUs?: number } => ({
  ...placeOf(history),
  value,
  sentUs: history.invokedUs[value] ?? 0,
  ...(history.outcomes[value] === "ok" ? { ackedUs: history.completedUs[value] ?? 0 } : {}),
});

function zeroCounts(): CountByName {
  return Object.fromEntries(ANOMALY_NAMES.map((name) => [name, 0])) as CountByName;
}
