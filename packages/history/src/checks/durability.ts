import type { Findings } from "../findings.ts";
import { placeOf, valueOf } from "../findings.ts";
import { UNKNOWN_OFFSET } from "../partition-history.ts";
import type { PartitionView } from "./partition-view.ts";

/**
 * Every acknowledged value must be in every final read that reached its end. Where none did, values below what was
 * reached are lost all the same, the others unseen, and the partition gives no evidence.
 */
export function checkDurability(view: PartitionView, findings: Findings): void {
  const { history } = view;
  const acked = history.outcomes.reduce((count, outcome) => count + (outcome === "ok" ? 1 : 0), 0);
  if (acked === 0) return;
  if (view.finalReadsOk > 0) return checkAgainstCompleteReads(view, findings);
  const detail = `${acked} records of ${history.topic}-${history.partition} were acknowledged and no final read reached the end: nothing is proved`;
  findings.add({ name: "no-evidence", ...placeOf(history), detail });
  if (history.finalReads.length > 0) checkAgainstPartialReads(view, findings);
}

function checkAgainstCompleteReads(view: PartitionView, findings: Findings): void {
  const { history, finalReadCounts, finalReadsOk } = view;
  for (let value = 0; value < history.sends; value++) {
    const reads = finalReadCounts[value] ?? 0;
    if (history.outcomes[value] !== "ok" || reads === finalReadsOk) continue;
    const missing = finalReadsOk === 1 ? "the final read does not have it" : `not all of ${finalReadsOk} final reads have it`;
    addMissing(view, findings, { name: "lost", value, missing: `${missing}${holderOf(view, value)}` });
  }
}

function checkAgainstPartialReads(view: PartitionView, findings: Findings): void {
  const { history } = view;
  const seen = new Set(history.finalReads.flatMap((read) => read.stream.values));
  const reached = Math.max(...history.finalReads.map((read) => read.reachedOffset));
  for (let value = 0; value < history.sends; value++) {
    if (history.outcomes[value] !== "ok" || seen.has(value)) continue;
    const offset = history.ackOffsets[value] ?? UNKNOWN_OFFSET;
    const isPassed = offset !== UNKNOWN_OFFSET && offset < reached;
    const missing = isPassed ? `the final read went past it and does not have it${holderOf(view, value)}` : `the final read stopped at offset ${reached}`;
    addMissing(view, findings, { name: isPassed ? "lost" : "unseen", value, missing });
  }
}

function addMissing(
  view: PartitionView,
  findings: Findings,
  { name, value, missing }: { readonly name: "lost" | "unseen"; readonly value: number; readonly missing: string },
): void {
  const { history } = view;
  const offset = history.ackOffsets[value] ?? UNKNOWN_OFFSET;
  const where = offset === UNKNOWN_OFFSET ? "" : ` at offset ${offset}`;
  const detail = `${history.payloadOf(value)} was acknowledged${where}, but ${missing}`;
  const isReplaced = isReplacedIn(view, value) ? { isReplaced: true } : {};
  findings.add({ name, ...valueOf(history, value), ...(offset === UNKNOWN_OFFSET ? {} : { offset }), ...isReplaced, detail });
}

/** What a reader found where the lost value should be. */
function holderOf({ history, valueAt }: PartitionView, value: number): string {
  const holder = valueAt.get(history.ackOffsets[value] ?? UNKNOWN_OFFSET);
  return holder === undefined || holder === value ? "" : `; that offset holds ${history.payloadOf(holder)}`;
}

/** What lies there in the end is another value, or was sent when this one was acknowledged. What was read there before may itself have been lost. */
function isReplacedIn({ history, lastValueAt, finalValueAt }: PartitionView, value: number): boolean {
  const offset = history.ackOffsets[value] ?? UNKNOWN_OFFSET;
  const final = finalValueAt.get(offset);
  if (final !== undefined) return final !== value;
  const last = lastValueAt.get(offset);
  return last !== undefined && (history.invokedUs[last] ?? 0) > (history.completedUs[value] ?? Number.POSITIVE_INFINITY);
}
