import { BatchIndex } from "./batch-index.ts";
import { segmentFileName } from "./log-file-names.ts";

/** One file of the log and what is known of it. emittedBytes, writtenBytes ≤ index.sizeInBytes, but for a truncation under way. */
export class Segment {
  readonly baseOffset: number;
  readonly path: string;
  readonly index: BatchIndex;
  /** Bytes whose append went to the outbox. */
  emittedBytes = 0;
  /** Bytes whose append returned: those may be read from the file. */
  writtenBytes = 0;
  /** Bytes for which a sync was asked. */
  syncAskedBytes = 0;
  /** Whether the file was created, or is about to be. */
  isOnDisk = false;
  /** Whether the file's entry in its directory would survive a power cut. */
  isEntryDurable = false;

  constructor(directory: string, baseOffset: number) {
    this.baseOffset = baseOffset;
    this.path = `${directory}/${segmentFileName(baseOffset)}`;
    this.index = new BatchIndex(baseOffset);
  }

  get endOffset(): number {
    return this.index.endOffset;
  }

  get sizeInBytes(): number {
    return this.index.sizeInBytes;
  }
}

/** The last segment that begins at or before `offset`; the first if none does. */
export function segmentIndexOf(segments: readonly Segment[], offset: number): number {
  let low = 0;
  let high = segments.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((segments[middle] as Segment).baseOffset <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
