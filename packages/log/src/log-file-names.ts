/** Kafka's names of the files in a partition's directory. */
export const LEADER_EPOCH_CHECKPOINT = "leader-epoch-checkpoint";
export const PARTITION_METADATA = "partition.metadata";
/** There while files of the log are being cut or deleted, and the disk may not have heard of it: see `SegmentList`. Ours, not Kafka's. */
export const TRUNCATION_MARKER = "truncation.under-way";
/** A file being written that will be renamed to the name without it. */
export const TEMPORARY_SUFFIX = ".tmp";

/** A file of a segment that is deleted: kept for `file.delete.delay.ms`, for those who are being sent a part of it. Kafka's. */
export const DELETED_SUFFIX = ".deleted";

/** What is made of segments by compaction, and is not whole yet: deleted by the next start. Kafka's. */
export const CLEANED_SUFFIX = ".cleaned";
/** What takes the place of segments that compaction has gone through, and is whole: the next start sees it through. Kafka's. */
export const SWAP_SUFFIX = ".swap";

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

/** A segment's file, and those of its two indexes, while compaction makes them. */
export const cleanedPathsOf = (logPath: string): readonly string[] =>
  (["log", "index", "timeindex"] as const).map((kind) => logPath.replace(/log$/, kind) + CLEANED_SUFFIX);

/** Of a compacted segment that is to take its place, the first offset; undefined for any other file. */
export function swapOffsetOf(name: string): number | undefined {
  const file = name.endsWith(SWAP_SUFFIX) ? offsetFileOf(name.slice(0, -SWAP_SUFFIX.length)) : undefined;
  return file?.kind === "log" ? file.offset : undefined;
}

/** The directory that holds `path`; the empty string is the node's data directory. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
