import type { Segment } from "../segment.ts";

/** Offsets of a segment's records relative to its base are 32 bits in Kafka's index files. */
const SEGMENT_OFFSETS_MAX = 0x7fff_ffff;

/** Neighbours that become one segment each: as many as are not larger together than a segment may be, whatever compaction leaves of them. At least one. */
export function groupSegments(segments: readonly Segment[], segmentBytes: number): Segment[][] {
  const groups: Segment[][] = [];
  let groupBytes = 0;
  for (const segment of segments) {
    const group = groups.at(-1);
    const first = group?.[0];
    const fits = first !== undefined && groupBytes + segment.sizeInBytes <= segmentBytes && segment.endOffset - first.baseOffset <= SEGMENT_OFFSETS_MAX;
    if (fits) group?.push(segment);
    else groups.push([segment]);
    groupBytes = fits ? groupBytes + segment.sizeInBytes : segment.sizeInBytes;
  }
  return groups;
}
