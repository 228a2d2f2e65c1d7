import { EncodeError } from "@samsa/protocol";
import type { GroupRecord } from "./group-record.ts";
import { encodeGroupRecord } from "./group-record-codec.ts";

/** Of one batch where many records go at once: half of what `max.message.bytes` has room for where nobody has set it. */
const RECORDS_MAX = 1_000;
const BYTES_MAX = 500_000;

/** Keys and values as they are written; no end of bytes for what can't be: a name that is no UTF-8 grows when it is said again. */
export function sizeOfRecord(record: GroupRecord): number {
  try {
    const { key, value } = encodeGroupRecord(record);
    return (key?.length ?? 0) + (value?.length ?? 0);
  } catch (error) {
    if (error instanceof EncodeError) return Number.POSITIVE_INFINITY;
    throw error;
  }
}

/** In their order, no batch larger than the log's largest one, as far as that is not one record. What can't be written is alone: a log refuses all of a batch. */
export function* recordBatches(records: readonly GroupRecord[]): Generator<readonly GroupRecord[]> {
  let batch: GroupRecord[] = [];
  let bytes = 0;
  for (const record of records) {
    const size = sizeOfRecord(record);
    if (batch.length > 0 && (batch.length === RECORDS_MAX || bytes + size > BYTES_MAX)) {
      yield batch;
      [batch, bytes] = [[], 0];
    }
    batch.push(record);
    bytes += size;
  }
  if (batch.length > 0) yield batch;
}
