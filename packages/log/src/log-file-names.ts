/** Kafka's names of the files in a partition's directory. */
export const LEADER_EPOCH_CHECKPOINT = "leader-epoch-checkpoint";
export const PARTITION_METADATA = "partition.metadata";
/** There while files of the log are being cut or deleted, and the disk may not have heard of it: see `SegmentList`. Ours, not Kafka's. */
export const TRUNCATION_MARKER = "truncation.under-way";
/** A file being written that will be renamed to the name without it. */
export const TEMPORARY_SUFFIX = ".tmp";

/** A file of a segment that is deleted: kept for `file.delete.delay.ms`, and read by nobody. Kafka's. */
export const DELETED_SUFFIX = ".deleted";

/** Files that are named by an offset: a segment's first one, a snapshot's that of the next record. */
export type OffsetFileKind = "log" | "index" | "timeindex" | "snapshot" | "txnindex";

const DIGITS = 20;
const OFFSET_FILE = /^(\d{20})\.(log|index|timeindex|snapshot|txnindex)$/;

export const offsetFileName = (offset: number, kind: OffsetFileKind): string => `${String(offset).padStart(DIGITS, "0")}.${kind}`;

export const segmentFileName = (baseOffset: number): string => offsetFileName(baseOffset, "log");

/** What the file is; undefined if it is not named by an offset. */
export function offsetFileOf(name: string): { readonly offset: number; readonly kind: OffsetFileKind } | undefined {
  const match = OFFSET_FILE.exec(name);
  const offset = match === null ? Number.NaN : Number(match[1]);
  return Number.isSafeInteger(offset) ? { offset, kind: match?.[2] as OffsetFileKind } : undefined;
}

/** The directory that holds `path`; the empty string is the node's data directory. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
