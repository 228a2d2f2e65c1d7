import type { Offset } from "@samsa/stdx";
import type { Fetched } from "./outcomes.ts";
import type { LogRead, ReplicaLog } from "./replica-log.ts";

/** Where readers of committed transactions end: at the first one that is not decided, or whose marker is not committed. */
export function lastStableOffsetOf(log: ReplicaLog, highWatermark: Offset): Offset {
  const unstable = log.firstUnstableOffset(highWatermark);
  if (unstable === undefined || unstable >= highWatermark) return highWatermark;
  return unstable < log.logStartOffset ? log.logStartOffset : unstable;
}

interface ReadRange {
  readonly fetchOffset: Offset;
  readonly endOffset: Offset;
  readonly maxBytes: number;
}

/** What lies below `endOffset`; nothing for a reader that is there, or beyond. */
export function recordsOf(log: ReplicaLog, { fetchOffset, endOffset, maxBytes }: ReadRange): Omit<Fetched, "highWatermark" | "lastStableOffset"> {
  const nothing: LogRead = { parts: [], sizeInBytes: 0, endOffset: fetchOffset, isPending: false };
  const read = fetchOffset < endOffset ? log.read(fetchOffset, endOffset, maxBytes) : nothing;
  return { type: "records", read, logStartOffset: log.logStartOffset, abortedTransactions: undefined };
}
