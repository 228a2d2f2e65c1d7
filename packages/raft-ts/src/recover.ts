import type { Recovered } from "./recovered.ts";
import { CorruptSnapshotError, decodeSnapshot } from "./snapshot.ts";
import type { Crc } from "./crc.ts";
import { recoverWal, type WalPast } from "./wal-codec.ts";

/** What the disk of a node says, and how much of its write-ahead log is sound. */
export interface Recovery {
  readonly recovered: Recovered;
  /** The write-ahead log up to here is to be written anew, synced and put in the place of the old one before the node is made. */
  readonly validBytes: number;
  readonly droppedBytes: number;
}

/**
 * Reads a write-ahead log and the newest snapshot, if there is one. Throws `CorruptWalError` and `CorruptSnapshotError`: then this replica
 * has forgotten what it promised, and must not return under its directory id.
 */
export function recover(wal: Uint8Array, snapshotFile: Uint8Array | undefined, crc: Crc): Recovery {
  const { past, validBytes, droppedBytes } = recoverWal(wal, crc);
  const snapshot = snapshotFile === undefined ? undefined : decodeSnapshot(snapshotFile, crc);
  // KAFKA-14240: a log that begins behind the first entry is worth nothing without what came before.
  if ((snapshot?.index ?? 0) < past.base.index)
    throw new CorruptSnapshotError(
      `the log begins behind entry ${past.base.index}, and the snapshot ${snapshot === undefined ? "is missing" : `ends at ${snapshot.index}`}`,
    );
  const { term, votedFor, base, entries } = past;
  const hasPromised = validBytes > 0;
  if (snapshot === undefined) return { recovered: { term, votedFor, base, entries, snapshot, hasPromised }, validBytes, droppedBytes };
  const vote = term >= snapshot.term ? votedFor : undefined;
  const recovered = { term: Math.max(term, snapshot.term), votedFor: vote, ...logBehind(past, snapshot), snapshot, hasPromised };
  return { recovered, validBytes, droppedBytes };
}

/** An installed snapshot may be on disk while the log still is the one it replaces. */
function logBehind(past: WalPast, snapshot: { readonly index: number; readonly term: number }): Pick<Recovered, "base" | "entries"> {
  const { base, entries } = past;
  const termThere = snapshot.index === base.index ? base.term : entries[snapshot.index - base.index - 1]?.term;
  if (termThere === snapshot.term) return { base, entries };
  return { base: { index: snapshot.index, term: snapshot.term }, entries: [] };
}
