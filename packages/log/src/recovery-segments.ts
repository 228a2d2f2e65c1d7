import { OFFSET_ENTRY_BYTES, TIME_ENTRY_BYTES } from "./index-entries.ts";
import { offsetFileOf } from "./log-file-names.ts";
import type { RecoveryIo } from "./recovery-io.ts";
import { Segment } from "./segment.ts";

/** The segments that the directory holds, oldest first, and how long their index files are. A killed process may have left half an entry. */
export function segmentsIn(io: RecoveryIo, directory: string): Segment[] {
  const segments: Segment[] = [];
  for (const { name } of io.entries) {
    const file = offsetFileOf(name);
    if (file?.kind === "log") segments.push(new Segment(directory, file.offset));
  }
  for (const segment of segments) {
    const [index, timeIndex] = [segment.pathOf("index"), segment.pathOf("timeindex")];
    const [hasIndex, hasTimeIndex] = [io.hasPath(index), io.hasPath(timeIndex)];
    if (!hasIndex && !hasTimeIndex) continue;
    const [offset, time] = [io.sizeAt(index), io.sizeAt(timeIndex)];
    segment.onDisk = { offset, time };
    if (hasIndex && hasTimeIndex) segment.indexed = { offset: offset - (offset % OFFSET_ENTRY_BYTES), time: time - (time % TIME_ENTRY_BYTES) };
  }
  return segments.sort((a, b) => a.baseOffset - b.baseOffset);
}
