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

/** As above for a log without records that begins at `offset`, where the first batch holds it and begins before it. */
export function startingWithin(records: Uint8Array, offset: number): readonly BatchHeader[] | undefined {
  if (records.length < BATCH_OVERHEAD) return undefined;
  const checked = checkFetched(records, { endOffset: baseOffsetOf(records), leaderEpoch: -1 });
  const first = checked.type === "sound" ? checked.headers[0] : undefined;
  return checked.type === "sound" && first !== undefined && first.baseOffset < offset && offset < first.endOffset ? checked.headers : undefined;
}
