import { BATCH_OVERHEAD, baseOffsetOf, checkBatch } from "@samsa/protocol/records";
import { type BatchHeader, batchHeaderAt, type LogEnd, whyNotNext } from "./batch-header.ts";
import { rejected, type Rejected } from "./log-results.ts";

/**
 * Headers of the whole batches that a leader sent, if all of them are sound and continue a log that stands at `end`. A
 * fetch is cut at a number of bytes, so that the last batch may lack its end: it is left out and fetched again.
 */
export function checkFetched(records: Uint8Array, end: LogEnd): { readonly type: "sound"; readonly headers: readonly BatchHeader[] } | Rejected {
  const headers: BatchHeader[] = [];
  let expected = end;
  for (let position = 0; position < records.length;) {
    const damage = checkBatch(records, position);
    if (damage?.code === "TRUNCATED") break;
    if (damage !== undefined) return rejected("CORRUPT_MESSAGE", `at byte ${position} of a fetch, offset ${expected.endOffset}: ${damage.text}`);
    const header = batchHeaderAt(records, position);
    const because = whyNotNext(header, expected);
    if (because !== undefined) return rejected("INVALID_RECORD", because);
    headers.push(header);
    expected = header;
    position += header.sizeInBytes;
  }
  return { type: "sound", headers };
}

/** As above for a log without records: the first batch may begin before `end` and hold it, where the leader's log starts within it. */
export function checkFirstFetched(records: Uint8Array, end: LogEnd): ReturnType<typeof checkFetched> {
  const next = checkFetched(records, end);
  if (next.type === "sound" || records.length < BATCH_OVERHEAD) return next;
  const within = checkFetched(records, { endOffset: baseOffsetOf(records), leaderEpoch: -1 });
  const first = within.type === "sound" ? within.headers[0] : undefined;
  return first !== undefined && first.baseOffset < end.endOffset && end.endOffset < first.endOffset ? within : next;
}
