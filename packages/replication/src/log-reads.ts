import type { Offset } from "@samsa/stdx";
import type { Fetched } from "./outcomes.ts";
import type { LogRead, ReplicaLog } from "./replica-log.ts";

/** Where readers of committed transactions end: at the first one that is not decided, or whose marker is not committed. */
export function lastStableOffsetOf(log: ReplicaLog, highWatermark: Offset): Offset {
  const unstable = log.firstUnstableOffset(highWatermark);
  if (unstable === undefined || unstable >= highWatermark) return highWatermark;
  return unstable < log.logStartOffset ? log.logStartOffset : unstable;
}

const NOTHING: Omit<LogRead, "endOffset"> = { parts: [], sizeInBytes: 0, isPending: false };

interface ReadRange {
  readonly fetchOffset: Offset;
  readonly endOffset: Offset;
  readonly maxBytes: number;
}

/**
 * With the aborted transactions that a reader of committed records must leave out. Where they must be read first there is nothing yet: records
 * without them would be taken for committed.
 */
export function withAborted(log: ReplicaLog, fetched: Fetched, fetchOffset: Offset): Fetched {
  if (log.abortedTransactions === undefined) return { ...fetched, abortedTransactions: [] };
  const abortedTransactions = log.abortedTransactions(fetchOffset, fetched.read.endOffset);
  if (abortedTransactions !== undefined) return { ...fetched, abortedTransactions };
  return { ...fetched, read: { ...NOTHING, endOffset: fetchOffset, isPending: true }, abortedTransactions: [] };
}

/** What lies below `endOffset`; nothing for a reader that is there, or beyond. */
export function recordsOf(log: ReplicaLog, { fetchOffset, endOffset, maxBytes }: ReadRange): Omit<Fetched, "highWatermark" | "lastStableOffset"> {
  const read = fetchOffset < endOffset ? log.read(fetchOffset, endOffset, maxBytes) : { ...NOTHING, endOffset: fetchOffset };
  return { type: "records", read, logStartOffset: log.logStartOffset, abortedTransactions: undefined };
}
