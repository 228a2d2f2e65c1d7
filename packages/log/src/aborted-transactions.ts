import { readInt16, readInt64, writeInt16, writeInt64 } from "@samsa/protocol/records";

/** One entry of Kafka's `.txnindex`. */
export interface AbortedTransaction {
  readonly producerId: number;
  readonly firstOffset: number;
  /** Of the marker that ended it. */
  readonly lastOffset: number;
  /** The last stable offset when it ended. */
  readonly lastStableOffset: number;
}

export const ABORTED_TRANSACTION_BYTES = 34;
const VERSION = 0;

/** Version, producer id, first offset, last offset, last stable offset: 34 bytes each. */
export function encodeAbortedTransactions(entries: readonly AbortedTransaction[]): Uint8Array {
  const bytes = new Uint8Array(entries.length * ABORTED_TRANSACTION_BYTES);
  entries.forEach((entry, index) => {
    const at = index * ABORTED_TRANSACTION_BYTES;
    writeInt16(bytes, at, VERSION);
    writeInt64(bytes, at + 2, entry.producerId);
    writeInt64(bytes, at + 10, entry.firstOffset);
    writeInt64(bytes, at + 18, entry.lastOffset);
    writeInt64(bytes, at + 26, entry.lastStableOffset);
  });
  return bytes;
}

/** Undefined where the bytes are no such file. */
export function decodeAbortedTransactions(bytes: Uint8Array): AbortedTransaction[] | undefined {
  if (bytes.length % ABORTED_TRANSACTION_BYTES !== 0) return undefined;
  const entries: AbortedTransaction[] = [];
  for (let at = 0; at < bytes.length; at += ABORTED_TRANSACTION_BYTES) {
    const lastOffset = readInt64(bytes, at + 18);
    if (readInt16(bytes, at) !== VERSION || lastOffset <= (entries.at(-1)?.lastOffset ?? -1)) return undefined;
    entries.push({ producerId: readInt64(bytes, at + 2), firstOffset: readInt64(bytes, at + 10), lastOffset, lastStableOffset: readInt64(bytes, at + 26) });
  }
  return entries;
}
