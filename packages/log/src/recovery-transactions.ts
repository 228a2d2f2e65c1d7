import type { Now } from "@samsa/stdx";
import { ABORTED_TRANSACTION_BYTES } from "./aborted-transactions.ts";
import { offsetFileOf } from "./log-file-names.ts";
import type { RecoveryIo } from "./recovery-io.ts";
import type { StartingPoint } from "./recovery-start.ts";
import type { Segment } from "./segment.ts";
import { entriesIn } from "./transaction-indexes.ts";

export interface RecoveredTransactionsOptions {
  readonly io: RecoveryIo;
  readonly segments: readonly Segment[];
  readonly start: StartingPoint;
  /** Another pass of this recovery may have written files since they were listed. */
  readonly isListStale: boolean;
  /** What stands before the start can't be believed where a file is not sound. */
  readonly done: (isSound: boolean, now: Now) => void;
}

/**
 * Reads the `.txnindex` files as far as they speak of what stands before the start of the scan; what comes behind it is told by the batches,
 * and the files are made anew from there.
 */
export function recoverTransactions(options: RecoveredTransactionsOptions, now: Now): void {
  const { io, segments, start, isListStale } = options;
  for (const segment of segments) {
    const fileBytes = isListStale ? Number.MAX_SAFE_INTEGER : io.sizeAt(segment.pathOf("txnindex"));
    segment.aborts = fileBytes === 0 ? undefined : { filedCount: 0, filed: [], waiting: [], fileBytes };
  }
  const toRead = segments.slice(0, start.segment + 1).filter(({ aborts, baseOffset }) => aborts !== undefined && baseOffset < start.offset);
  readNext(options, toRead, now);
}

function readNext(options: RecoveredTransactionsOptions, [segment, ...rest]: readonly Segment[], now: Now): void {
  const { io, segments, start, done } = options;
  if (segment === undefined) return done(true, now);
  const isStart = segment === segments[start.segment];
  const fileBytes = io.sizeAt(segment.pathOf("txnindex"));
  // A killed process may have left half an entry, of a marker that is gone through again.
  const length = isStart ? fileBytes - (fileBytes % ABORTED_TRANSACTION_BYTES) : fileBytes;
  if (length === 0) return readNext(options, rest, now);
  io.read(segment.pathOf("txnindex"), { position: 0, length }, (bytes, at) => {
    const endOffset = isStart ? Number.MAX_SAFE_INTEGER : segment.endOffset;
    const entries = entriesIn({ baseOffset: segment.baseOffset, endOffset }, bytes, length);
    if (entries === undefined) return done(false, at);
    const filed = isStart ? entries.filter(({ lastOffset }) => lastOffset < start.offset) : entries;
    segment.aborts = { filedCount: filed.length, filed, waiting: [], fileBytes };
    readNext(options, rest, at);
  });
}

/** Deletes index files whose segment is not there: a process may have died between the two. */
export function deleteStrayIndexes(io: RecoveryIo, segments: readonly Segment[], done: (now: Now) => void, now: Now): void {
  const bases = new Set(segments.map(({ baseOffset }) => baseOffset));
  const isStray = (name: string): boolean => {
    const file = offsetFileOf(name);
    return file !== undefined && file.kind !== "log" && file.kind !== "snapshot" && !bases.has(file.offset);
  };
  const paths = io.entries.filter(({ name }) => isStray(name)).map(({ name }) => io.pathOf(name));
  io.deleteAll(paths, done, now);
}
