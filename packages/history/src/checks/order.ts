import type { Findings } from "../findings.ts";
import { valueOf } from "../findings.ts";
import { NOT_COMPLETED, UNKNOWN_OFFSET } from "../partition-history.ts";
import type { Anomaly, Leave } from "../verdict.ts";
import type { PartitionView } from "./partition-view.ts";

const NO_SEND = -1;

/**
 * A value's place in the log: where it was read, else where it was acknowledged. What was acknowledged and is not in
 * the log any more has no place: that is a loss and no disorder.
 */
function placeInLog({ history, lowestOffsets, finalReadsOk }: PartitionView, value: number): number {
  const read = lowestOffsets[value] ?? UNKNOWN_OFFSET;
  if (read !== UNKNOWN_OFFSET || finalReadsOk > 0) return read;
  return history.ackOffsets[value] ?? UNKNOWN_OFFSET;
}

/**
 * Acknowledged sends of one process lie in the order they were sent. Pairs that were not on the way at the same time
 * are left to the realtime check, which no configuration forgives.
 */
export function checkProcessOrder(view: PartitionView, findings: Findings): void {
  const { history } = view;
  const latest = new Map<number, { offset: number; value: number }>();
  for (let value = 0; value < history.sends; value++) {
    if (history.outcomes[value] !== "ok") continue;
    const offset = placeInLog(view, value);
    const process = history.processes[value] ?? NO_SEND;
    if (offset === UNKNOWN_OFFSET) continue;
    const before = latest.get(process);
    if (before === undefined || offset > before.offset) latest.set(process, { offset, value });
    else if (offset < before.offset && !isBefore(view, before.value, value)) {
      const detail = `process ${process} sent ${history.payloadOf(before.value)} before ${history.payloadOf(value)}, but they lie at offsets ${before.offset} and ${offset}`;
      const laterCompletedUs = history.completedUs[value] ?? NOT_COMPLETED;
      const copy = firstCopyOffset(view, before.value, { value, offset });
      const ofCopy = copy === undefined ? {} : { firstCopyOffset: copy };
      const anomaly = { name: "reordered" as const, ...valueOf(history, before.value), laterCompletedUs, ...ofCopy, offset, value, detail };
      findings.addJudged(anomaly, permitAtEither(findings, anomaly, before.offset));
    }
  }
}

/** Both lie where their acknowledgements said, in order: what was written twice had `first` as far before the other copy of the later one. */
function firstCopyOffset({ history, valueAt }: PartitionView, first: number, later: { readonly value: number; readonly offset: number }): number | undefined {
  const [a, b] = [history.ackOffsets[first] ?? UNKNOWN_OFFSET, history.ackOffsets[later.value] ?? UNKNOWN_OFFSET];
  const areInOrder = a !== UNKNOWN_OFFSET && a < b && valueAt.get(a) === first && valueAt.get(b) === later.value;
  return areInOrder ? later.offset - (b - a) : undefined;
}

/** True if `first` was acknowledged, with its offset, before `second` was sent. */
const isBefore = ({ history }: PartitionView, first: number, second: number): boolean =>
  history.ackOffsets[first] !== UNKNOWN_OFFSET && (history.completedUs[first] ?? 0) < (history.invokedUs[second] ?? 0);

/**
 * If A was acknowledged at offset a before B was sent, then B lies behind a, whoever sent them. Sends in the order of
 * their invocation, swept with the highest offset of the acknowledgements that came before.
 */
export function checkRealtimeOrder(view: PartitionView, findings: Findings): void {
  const { history } = view;
  const acked = acknowledgedInOrder(view);
  let next = 0;
  let highest = { offset: UNKNOWN_OFFSET, value: NO_SEND };
  for (let value = 0; value < history.sends; value++) {
    const invokedUs = history.invokedUs[value] ?? 0;
    for (let done = acked[next]; done !== undefined && (history.completedUs[done] ?? 0) < invokedUs; done = acked[++next]) {
      const offset = acknowledgedPlace(view, done);
      if (offset > highest.offset) highest = { offset, value: done };
    }
    const offset = placeInLog(view, value);
    if (offset === UNKNOWN_OFFSET || offset >= highest.offset) continue;
    const detail = `${history.payloadOf(highest.value)} was acknowledged at offset ${highest.offset} before ${history.payloadOf(value)} was sent, which lies at offset ${offset}`;
    const anomaly = { name: "realtime-reordered" as const, ...valueOf(history, highest.value), offset, value, detail };
    findings.addJudged(anomaly, permitAtEither(findings, anomaly, highest.offset));
  }
}

/** Either of the two may lie where records were lost by leave, so that what is there now came later. */
const permitAtEither = ({ permit }: Findings, anomaly: Anomaly, otherOffset: number): Leave | undefined =>
  permit(anomaly) ?? permit({ ...anomaly, offset: otherOffset });

/** Where an acknowledged value lies; of a copy that was lost its order went with it, and `misplaced` tells of that. */
function acknowledgedPlace(view: PartitionView, value: number): number {
  const offset = view.history.ackOffsets[value] ?? UNKNOWN_OFFSET;
  return view.lowestOffsets[value] === UNKNOWN_OFFSET || view.valueAt.get(offset) === value ? offset : placeInLog(view, value);
}

/** Acknowledged values that are still in the log, by the time of their acknowledgement. */
function acknowledgedInOrder(view: PartitionView): readonly number[] {
  const { history } = view;
  const values: number[] = [];
  for (let value = 0; value < history.sends; value++) {
    const isOk = history.outcomes[value] === "ok" && history.ackOffsets[value] !== UNKNOWN_OFFSET;
    if (isOk && placeInLog(view, value) !== UNKNOWN_OFFSET) values.push(value);
  }
  return values.sort((a, b) => (history.completedUs[a] ?? 0) - (history.completedUs[b] ?? 0) || a - b);
}
