/** Kafka's names of the files in a partition's directory. */
export const LEADER_EPOCH_CHECKPOINT = "leader-epoch-checkpoint";
export const PARTITION_METADATA = "partition.metadata";
/** There while files of the log are being cut or deleted, and the disk may not have heard of it: see `SegmentList`. Ours, not Kafka's. */
export const TRUNCATION_MARKER = "truncation.under-way";
/** A file being written that will be renamed to the name without it. */
export const TEMPORARY_SUFFIX = ".tmp";

const DIGITS = 20;
const SEGMENT_FILE = /^(\d{20})\.log$/;

export const segmentFileName = (baseOffset: number): string => `${String(baseOffset).padStart(DIGITS, "0")}.log`;

/** Base offset of the segment with this file name; undefined if it is not the name of a segment. */
export function baseOffsetOfFile(name: string): number | undefined {
  const digits = SEGMENT_FILE.exec(name)?.[1];
  const baseOffset = digits === undefined ? Number.NaN : Number(digits);
  return Number.isSafeInteger(baseOffset) ? baseOffset : undefined;
}

/** The directory that holds `path`; the empty string is the node's data directory. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}
