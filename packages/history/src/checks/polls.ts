import type { Findings } from "../findings.ts";
import { placeOf } from "../findings.ts";
import type { ReadStream } from "../read-stream.ts";
import type { Anomaly } from "../verdict.ts";
import type { PartitionView } from "./partition-view.ts";

/** A reader that is not told to go elsewhere gets each offset once, in order, with nothing left out. */
export function checkPolls(view: PartitionView, findings: Findings): void {
  const acked = acknowledgedOffsets(view);
  for (const stream of view.streams) checkStream(view, findings, { stream, acked });
  for (const read of view.history.finalReads) {
    const first = read.stream.offsets[0];
    if (first !== undefined && first > read.startOffset)
      addGap(view, findings, { stream: read.stream, startOffset: read.startOffset, endOffset: first, acked });
    const last = read.stream.offsets.at(-1) ?? read.startOffset - 1;
    if (read.isOk && last + 1 < read.endOffset) addGap(view, findings, { stream: read.stream, startOffset: last + 1, endOffset: read.endOffset, acked });
  }
}

interface StreamCheck {
  readonly stream: ReadStream;
  readonly acked: ReadonlySet<number>;
}

function checkStream(view: PartitionView, findings: Findings, { stream, acked }: StreamCheck): void {
  const { offsets } = stream;
  for (let i = 1; i < offsets.length; i++) {
    const before = offsets[i - 1] ?? 0;
    const offset = offsets[i] ?? 0;
    if (stream.seeks.has(i)) continue;
    if (offset <= before) {
      const detail = `process ${stream.process} was given offset ${offset} after offset ${before} without going back`;
      add(view, findings, stream, { name: "nonmonotonic-poll", ...placeOf(view.history), offset, detail });
    } else if (offset > before + 1) addGap(view, findings, { stream, startOffset: before + 1, endOffset: offset, acked });
  }
}

/** Where a value is known to have been, its absence is a loss; the gap is told for the offsets nobody accounts for. */
function addGap(view: PartitionView, findings: Findings, gap: StreamCheck & { readonly startOffset: number; readonly endOffset: number }): void {
  const { startOffset, endOffset, stream } = gap;
  let isExplained = true;
  for (let offset = startOffset; offset < endOffset && isExplained; offset++) isExplained = gap.acked.has(offset) && !view.valueAt.has(offset);
  if (isExplained) return;
  const which = endOffset === startOffset + 1 ? `offset ${startOffset}` : `offsets ${startOffset} to ${endOffset - 1}`;
  add(view, findings, stream, {
    name: "offset-gap",
    ...placeOf(view.history),
    offset: startOffset,
    detail: `process ${stream.process} was not given ${which}`,
  });
}

/** A final read comes after every loss, so nothing excuses what is wrong with it. */
function add({ history }: PartitionView, findings: Findings, stream: ReadStream, anomaly: Anomaly): void {
  const isFinal = history.finalReads.some((read) => read.stream === stream);
  findings.addJudged(anomaly, isFinal ? undefined : findings.permit(anomaly));
}

function acknowledgedOffsets({ history }: PartitionView): ReadonlySet<number> {
  const offsets = new Set<number>();
  for (let value = 0; value < history.sends; value++) {
    if (history.outcomes[value] === "ok") offsets.add(history.ackOffsets[value] ?? -1);
  }
  return offsets;
}
