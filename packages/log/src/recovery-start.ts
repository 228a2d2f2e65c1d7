import { type DirectoryEntry } from "@samsa/world";
import type { Now } from "@samsa/stdx";
import type { IndexContents } from "./index-files.ts";
import { OffsetIndex, TimeIndex } from "./index-entries.ts";
import { offsetFileName, offsetFileOf } from "./log-file-names.ts";
import { decodeProducerSnapshot } from "./producer-snapshot.ts";
import { fromSnapshotEntry, type ProducerEntry } from "./producer-state.ts";
import { type Segment, segmentIndexOf } from "./segment.ts";
import { INDEX_START, type IndexMark } from "./sparse-index-builder.ts";

/** Where the scan of a log begins, and what is known of what stands before. */
export interface StartingPoint {
  /** Number of the segment. */
  readonly segment: number;
  /** In its file: where the index says that a batch begins, whose last offset it tells; 0 without. */
  readonly position: number;
  readonly lastOffset: number | undefined;
  readonly mark: IndexMark;
  /** What stands before it is sound, and counted in `producers`. */
  readonly offset: number;
  readonly producers: readonly ProducerEntry[];
}

export interface RecoveryStartOptions {
  readonly entries: readonly DirectoryEntry[];
  /** At least one. */
  readonly segments: readonly Segment[];
  /** What the last process wrote is there: nothing before a snapshot need be looked at. */
  readonly isTrusted: boolean;
  readonly read: (name: string, length: number, next: (bytes: Uint8Array, now: Now) => void) => void;
  readonly found: (start: StartingPoint, now: Now) => void;
}

/**
 * Looks for the newest producer snapshot, which stands behind what it speaks of, and for the batch before it at which the sparse index
 * allows to begin. Without one the log is read from its first record.
 */
export class RecoveryStart {
  private readonly options: RecoveryStartOptions;
  private readonly candidates: number[];

  constructor(options: RecoveryStartOptions) {
    this.options = options;
    const { entries, segments, isTrusted } = options;
    const logStart = (segments[0] as Segment).baseOffset;
    const offsets = entries.flatMap(({ name }) => {
      const file = offsetFileOf(name);
      return file?.kind === "snapshot" && file.offset >= logStart ? [file.offset] : [];
    });
    const known = new Set(offsets);
    // A log is cut in a segment by the snapshot of its begin: where one is missing the scan makes it.
    const withoutSnapshot = segments.find(({ baseOffset }) => baseOffset > logStart && !known.has(baseOffset))?.baseOffset;
    const limit = isTrusted ? (withoutSnapshot ?? Number.MAX_SAFE_INTEGER) : logStart;
    this.candidates = offsets.filter((offset) => offset <= limit).sort((a, b) => a - b);
  }

  run(now: Now): void {
    const offset = this.candidates.pop();
    const logStart = (this.options.segments[0] as Segment).baseOffset;
    if (offset === undefined) return this.fromBegin({ segment: 0, offset: logStart, producers: [] }, now);
    const name = offsetFileName(offset, "snapshot");
    this.options.read(name, this.sizeOf(name), (bytes, at) => {
      const producers = decodeProducerSnapshot(bytes)?.map(fromSnapshotEntry);
      if (producers === undefined) return this.run(at);
      this.findPlace(offset, producers, at);
    });
  }

  private fromBegin(start: Pick<StartingPoint, "segment" | "offset" | "producers">, now: Now): void {
    this.options.found({ ...start, position: 0, lastOffset: undefined, mark: INDEX_START }, now);
  }

  private findPlace(offset: number, producers: readonly ProducerEntry[], now: Now): void {
    const { segments, read } = this.options;
    const number = segmentIndexOf(segments, offset);
    const segment = segments[number] as Segment;
    const start = { segment: number, offset, producers };
    const { onDisk } = segment;
    if (offset === segment.baseOffset || onDisk === undefined || segment.indexed.offset === 0) return this.fromBegin(start, now);
    read(nameOf(segment.pathOf("index")), segment.indexed.offset, (offsetBytes, at) => {
      if (segment.indexed.time === 0) return this.fromBegin(start, at);
      read(nameOf(segment.pathOf("timeindex")), segment.indexed.time, (timeBytes, later) => {
        this.options.found(placeIn(segment, { offsetBytes, timeBytes }, start, this.sizeOf(nameOf(segment.path))), later);
      });
    });
  }

  private sizeOf(name: string): number {
    return this.options.entries.find((entry) => entry.name === name)?.size ?? 0;
  }
}

/** The last entry of a batch before the snapshot, if both files can be believed: the scan says whether it is true. */
function placeIn(
  { baseOffset }: Segment,
  { offsetBytes, timeBytes }: IndexContents,
  start: Pick<StartingPoint, "segment" | "offset" | "producers">,
  sizeInBytes: number,
): StartingPoint {
  const range = { baseOffset, endOffset: Number.MAX_SAFE_INTEGER, sizeInBytes };
  const offsets = OffsetIndex.parse(offsetBytes, range);
  const times = TimeIndex.parse(timeBytes, range);
  const count = offsets?.countBefore(start.offset) ?? 0;
  if (offsets === undefined || times === undefined || count === 0) return { ...start, position: 0, lastOffset: undefined, mark: INDEX_START };
  const { position, lastOffset } = offsets.at(count - 1);
  const timeCount = times.countUpTo(lastOffset);
  // The entry's own batch is gone through again: it gets no second one.
  const mark = { position, offsetCount: count, timeCount, lastTime: timeCount === 0 ? undefined : times.at(timeCount - 1) };
  return { ...start, position, lastOffset, mark };
}

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);
