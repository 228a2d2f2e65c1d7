import type { Entry } from "./entry.ts";
import type { AppendRequest, FetchResponse } from "./message.ts";
import type { RaftLog } from "./raft-log.ts";

/** How a follower's log stands to an append (Raft figure 2, AppendEntries 2 to 4). */
export type Reconciliation =
  /** It has another entry, or none, at `previousIndex`. */
  | { readonly type: "conflict"; readonly conflictTerm: number; readonly conflictIndex: number }
  /** Up to `lastIndex` it will agree, once it is cut at `truncateFrom` (0: nowhere) and `entries` are appended. */
  | { readonly type: "match"; readonly lastIndex: number; readonly truncateFrom: number; readonly entries: readonly Entry[] };

/**
 * Compares, changes nothing. Only a real disagreement truncates: an append that was overtaken by a longer one must not
 * take back entries the follower has acknowledged.
 */
export function reconcile(log: RaftLog, request: AppendRequest | FetchResponse): Reconciliation {
  const { previousIndex, previousTerm, entries } = request;
  const { base } = log;
  const termThere = log.termAt(previousIndex);
  // What is before the base is committed, so the leader has the same there.
  if (termThere === undefined && previousIndex > base.index) return { type: "conflict", conflictTerm: 0, conflictIndex: log.lastIndex + 1 };
  if (termThere !== undefined && termThere !== previousTerm)
    return { type: "conflict", conflictTerm: termThere, conflictIndex: log.firstIndexOfTerm(termThere) };
  const lastIndex = previousIndex + entries.length;
  const fresh = entries.findIndex((entry) => entry.index > base.index && log.termAt(entry.index) !== entry.term);
  if (fresh === -1) return { type: "match", lastIndex, truncateFrom: 0, entries: [] };
  const from = previousIndex + fresh + 1;
  return { type: "match", lastIndex, truncateFrom: from <= log.lastIndex ? from : 0, entries: entries.slice(fresh) };
}
