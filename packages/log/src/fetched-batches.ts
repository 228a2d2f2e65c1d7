import {
  BATCH_OVERHEAD,
  baseOffsetOf,
  checkBatch,
  encodeEmptyBatch,
  isEmptyRange,
  nextOffsetOf,
  partitionLeaderEpochOf,
  sizeInBytesOf,
} from "@samsa/protocol/records";
import { concatBytes } from "@samsa/stdx";
import { type BatchHeader, batchHeaderAt, type LogEnd, whyNotNext } from "./batch-header.ts";
import { rejected, type Rejected } from "./log-results.ts";

/** Whole batches that can be appended: `headers` of those in `records`, which may be followed by a part of one. */
export interface FetchedBatches {
  readonly type: "sound";
  readonly records: Uint8Array;
  readonly headers: readonly BatchHeader[];
}

/**
 * The whole batches that a leader sent, if all of them are sound and continue a log that stands at `end`. A
 * fetch is cut at a number of bytes, so that the last batch may lack its end: it is left out and fetched again.
 */
export function checkFetched(fetched: Uint8Array, end: LogEnd): FetchedBatches | Rejected {
  const records = fromEnd(fetched, end);
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
  return { type: "sound", records, headers };
}

/**
 * A batch that compaction has emptied on the leader covers the offsets of many that were there. A follower that has some of them, and none of the
 * others, takes it for the others:
 *
 * 1. the follower has 0 to 49, leaves the ISR, and is gone for a day; 2. the leader compacts 0 to 99, of which nothing is left but one empty batch;
 * 3. the follower asks for what comes behind 49, and is given that batch.
 */
function fromEnd(fetched: Uint8Array, { endOffset }: LogEnd): Uint8Array {
  if (fetched.length < BATCH_OVERHEAD || baseOffsetOf(fetched) >= endOffset || nextOffsetOf(fetched) <= endOffset) return fetched;
  if (checkBatch(fetched) !== undefined || !isEmptyRange(fetched)) return fetched;
  const rest = encodeEmptyBatch({ baseOffset: endOffset, endOffset: nextOffsetOf(fetched), partitionLeaderEpoch: partitionLeaderEpochOf(fetched) });
  return concatBytes([rest, fetched.subarray(sizeInBytesOf(fetched))]);
}

/** As above for a log without records: the first batch may begin before `end` and hold it, where the leader's log starts within it. */
export function checkFirstFetched(records: Uint8Array, end: LogEnd): ReturnType<typeof checkFetched> {
  const next = checkFetched(records, end);
  if (next.type === "sound" || records.length < BATCH_OVERHEAD) return next;
  const within = checkFetched(records, { endOffset: baseOffsetOf(records), leaderEpoch: -1 });
  const first = within.type === "sound" ? within.headers[0] : undefined;
  return first !== undefined && first.baseOffset < end.endOffset && end.endOffset < first.endOffset ? within : next;
}
