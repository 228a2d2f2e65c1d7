import type { FetchPartitionData } from "@samsa/protocol";
import { DecodeError } from "@samsa/protocol";
import {
  checkBatch,
  decodeRecords,
  isControlBatch,
  isTransactionalBatch,
  lastOffsetOf,
  MissingCodecError,
  nextOffsetOf,
  partitionLeaderEpochOf,
  producerIdOf,
  sizeInBytesOf,
  timestampTypeOf,
} from "@samsa/protocol/records";
import type { ConsumedRecord } from "./consumer-event.ts";

export interface ReadOptions {
  /** Records below it are in the first batch, and were not asked for. */
  readonly offset: number;
  readonly isReadCommitted: boolean;
}

export interface FetchedRecords {
  readonly records: readonly ConsumedRecord[];
  /** Where to go on. */
  readonly nextOffset: number;
  /** Of the last batch that was passed; undefined: none was. */
  readonly leaderEpoch: number | undefined;
  /** Why reading stopped there. */
  readonly error?: "CORRUPT_MESSAGE" | "UNSUPPORTED_COMPRESSION_TYPE";
}

/** Key of a control record: version, then type; type 0 ends a transaction that was aborted. */
const ABORT_MARKER = 0;

/**
 * The records of one partition's response. A batch that is cut off at the end is left for the next fetch; a damaged one
 * is never skipped: reading stops in front of it. Control records are passed over, and with read_committed the records
 * of aborted transactions too.
 */
export function readRecords(data: FetchPartitionData, { offset, isReadCommitted }: ReadOptions): FetchedRecords {
  const records: ConsumedRecord[] = [];
  const bytes = data.records ?? NOTHING;
  const aborted = new AbortedTransactions(isReadCommitted ? (data.abortedTransactions ?? []) : []);
  let nextOffset = offset;
  let leaderEpoch: number | undefined;
  for (let position = 0; position < bytes.length; position += sizeInBytesOf(bytes, position)) {
    const damage = checkBatch(bytes, position);
    if (damage?.code === "TRUNCATED") break;
    if (damage !== undefined) return { records, nextOffset, leaderEpoch, error: "CORRUPT_MESSAGE" };
    if (nextOffsetOf(bytes, position) <= offset) continue;
    const batch = decodeBatch(bytes, position);
    if ("error" in batch) return { records, nextOffset, leaderEpoch, error: batch.error };
    if (!aborted.hides(bytes, position, batch.records)) for (const record of batch.records) if (record.offset >= nextOffset) records.push(record);
    nextOffset = nextOffsetOf(bytes, position);
    leaderEpoch = partitionLeaderEpochOf(bytes, position);
  }
  return { records, nextOffset, leaderEpoch };
}

const NOTHING = new Uint8Array(0);

function decodeBatch(
  bytes: Uint8Array,
  position: number,
): { readonly records: readonly ConsumedRecord[] } | { readonly error: NonNullable<FetchedRecords["error"]> } {
  const leaderEpoch = partitionLeaderEpochOf(bytes, position);
  const timestampType = timestampTypeOf(bytes, position);
  try {
    // Named one by one: a copy of "the rest" costs more than all else that is done with a record.
    return {
      records: decodeRecords(bytes, position).map(({ offset, timestamp, key, value, headers }) => ({
        offset,
        timestampMs: timestamp,
        timestampType,
        leaderEpoch,
        key,
        value,
        headers,
      })),
    };
  } catch (error) {
    if (error instanceof MissingCodecError) return { error: "UNSUPPORTED_COMPRESSION_TYPE" };
    if (error instanceof DecodeError) return { error: "CORRUPT_MESSAGE" };
    throw error;
  }
}

/**
 * The response lists aborted transactions by producer and first offset. A producer's records are hidden from there on
 * until its abort marker.
 */
class AbortedTransactions {
  private readonly coming: { readonly producerId: number; readonly firstOffset: number }[];
  private readonly active = new Set<number>();

  constructor(transactions: readonly { readonly producerId: number; readonly firstOffset: number }[]) {
    this.coming = [...transactions].sort((a, b) => a.firstOffset - b.firstOffset);
  }

  hides(bytes: Uint8Array, position: number, records: readonly ConsumedRecord[]): boolean {
    const producerId = producerIdOf(bytes, position);
    for (let next = this.coming[0]; next !== undefined && next.firstOffset <= lastOffsetOf(bytes, position); next = this.coming[0]) {
      this.active.add(next.producerId);
      this.coming.shift();
    }
    if (!isControlBatch(bytes, position)) return isTransactionalBatch(bytes, position) && this.active.has(producerId);
    const type = records[0]?.key?.[3];
    if (type === ABORT_MARKER) this.active.delete(producerId);
    return true;
  }
}
