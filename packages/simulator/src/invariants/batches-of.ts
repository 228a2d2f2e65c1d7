import type { HostedReplica } from "@samsa/broker";
import { type BatchHeader, batchHeaderAt } from "@samsa/log";
import { batches } from "@samsa/protocol/records";
import type { NodeView } from "../cluster/cluster.ts";

type Log = HostedReplica["log"];

/**
 * Headers of the batches from the one that holds `startOffset`, up to the one that holds `endOffset − 1`. What a log does not know one by one it
 * would have to read; whoever compares logs looks at the node's disk.
 */
export function batchesOf({ fileOf }: NodeView, log: Log, startOffset: number, endOffset: number): readonly BatchHeader[] {
  const spans = log.segmentSpans(startOffset, endOffset);
  const [first] = spans;
  // Nearly always: it is the log's end that is looked at.
  if (spans.length === 1 && first !== undefined && startOffset >= first.knownOffset) return log.batchesIn(startOffset, Math.min(endOffset, first.endOffset));
  const found: BatchHeader[] = [];
  for (const { path, knownOffset, knownPosition, endOffset: spanEnd } of spans) {
    if (startOffset < knownOffset) {
      const bytes = fileOf(path, knownPosition) ?? new Uint8Array(0);
      for (const position of batches(bytes)) {
        const header = batchHeaderAt(bytes, position);
        if (header.endOffset > startOffset && header.baseOffset < endOffset) found.push(header);
      }
    }
    for (const header of log.batchesIn(Math.max(startOffset, knownOffset), Math.min(endOffset, spanEnd))) found.push(header);
  }
  return found;
}
