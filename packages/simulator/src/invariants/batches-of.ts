import type { HostedReplica } from "@samsa/broker";
import { type BatchHeader, batchHeaderAt } from "@samsa/log";
import { BATCH_OVERHEAD, batches } from "@samsa/protocol/records";
import type { NodeView } from "../cluster/cluster.ts";

type Log = HostedReplica["log"];
type Span = ReturnType<Log["segmentSpans"]>[number];

/** What compaction has made of segments, before it has the name of the first. */
const SWAP = ".swap";

/**
 * Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`. What a log does not know one by one it
 * would have to read; whoever compares logs looks at the node's disk.
 */
export function batchesOf(view: NodeView, log: Log, startOffset: number, endOffset: number): readonly BatchHeader[] {
  const spans = log.segmentSpans(startOffset, endOffset);
  const [first] = spans;
  // Nearly always: it is the log's end that is looked at.
  if (spans.length === 1 && first !== undefined && startOffset >= first.knownOffset) return log.batchesIn(startOffset, Math.min(endOffset, first.endOffset));
  const found: BatchHeader[] = [];
  const add = (header: BatchHeader): void => {
    if (header.endOffset > startOffset && header.baseOffset < endOffset && header.baseOffset >= (found.at(-1)?.endOffset ?? 0)) found.push(header);
  };
  for (const span of spans) {
    const { knownOffset, endOffset: spanEnd } = span;
    if (startOffset < knownOffset) {
      const bytes = contentOf(view, log, span, span.knownPosition);
      for (const position of batches(bytes)) {
        const header = batchHeaderAt(bytes, position);
        if (header.baseOffset < knownOffset) add(header);
      }
    }
    for (const header of log.batchesIn(Math.max(startOffset, knownOffset), Math.min(endOffset, spanEnd))) add(header);
  }
  return found;
}

/** So much of a segment's file. Where that is being replaced, all of what takes its place, with that of its neighbours; nothing where there is neither. */
export function contentOf({ fileOf }: NodeView, log: Log, { path, baseOffset }: Span, sizeInBytes: number): Uint8Array {
  const own = fileOf(path, sizeInBytes);
  if (own !== undefined) return own;
  const before = log.segmentSpans(log.firstSegmentOffset, baseOffset + 1);
  for (const one of before.toReversed()) {
    const content = fileOf(one.path + SWAP) ?? fileOf(one.path);
    if (content !== undefined) return content;
  }
  return new Uint8Array(0);
}

/** It stands for offsets of which compaction has left nothing. */
export const isEmptyRun = ({ sizeInBytes, producerId }: Pick<BatchHeader, "sizeInBytes" | "producerId">): boolean =>
  sizeInBytes === BATCH_OVERHEAD && producerId < 0;
