import type { Entry } from "./entry.ts";
import type { AppendRequest } from "./message.ts";
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
export function reconcile(log: RaftLog, request: AppendRequest): Reconciliation {
  const { previousIndex, previousTerm, entries } = request;
  const termThere = log.termAt(previousIndex);
  if (termThere === undefined) return { type: "conflict", conflictTerm: 0, conflictIndex: log.lastIndex + 1 };
  if (termThere !== previousTerm) return { type: "conflict", conflictTerm: termThere, conflictIndex: log.firstIndexOfTerm(termThere) };
  const lastIndex = previousIndex + entries.length;
  const fresh = entries.findIndex((entry) => log.termAt(entry.index) !== entry.term);
  if (fresh === -1) return { type: "match", lastIndex, truncateFrom: 0, entries: [] };
  const from = previousIndex + fresh + 1;
  return { type: "match", lastIndex, truncateFrom: from <= log.lastIndex ? from : 0, entries: entries.slice(fresh) };
}
