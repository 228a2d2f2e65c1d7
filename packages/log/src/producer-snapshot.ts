import { crc32c, readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from "@samsa/protocol/records";

/** What Kafka's `.snapshot` keeps of one producer: of its batches the last one. */
export interface SnapshotEntry {
  readonly producerId: number;
  readonly epoch: number;
  /** Of its last batch; −1 where it wrote nothing in this epoch but markers. */
  readonly lastSequence: number;
  readonly lastOffset: number;
  /** Last offset of that batch less its first. */
  readonly offsetDelta: number;
  readonly timestampMs: number;
  readonly coordinatorEpoch: number;
  /** −1 without an open transaction. */
  readonly currentTxnFirstOffset: number;
}

const VERSION = 1;
const CRC_AT = 2;
const COUNT_AT = 6;
const ENTRIES_AT = 10;
const ENTRY_BYTES = 46;

/** Kafka's ProducerSnapshot, version 1: version, CRC-32C of what follows it, number of entries, entries of 46 bytes. */
export function encodeProducerSnapshot(entries: readonly SnapshotEntry[]): Uint8Array {
  const bytes = new Uint8Array(ENTRIES_AT + entries.length * ENTRY_BYTES);
  writeInt16(bytes, 0, VERSION);
  writeInt32(bytes, COUNT_AT, entries.length);
  entries.forEach((entry, index) => {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    writeInt64(bytes, at, entry.producerId);
    writeInt16(bytes, at + 8, entry.epoch);
    writeInt32(bytes, at + 10, entry.lastSequence);
    writeInt64(bytes, at + 14, entry.lastOffset);
    writeInt32(bytes, at + 22, entry.offsetDelta);
    writeInt64(bytes, at + 26, entry.timestampMs);
    writeInt32(bytes, at + 34, entry.coordinatorEpoch);
    writeInt64(bytes, at + 38, entry.currentTxnFirstOffset);
  });
  writeInt32(bytes, CRC_AT, crc32c(bytes, COUNT_AT, bytes.length));
  return bytes;
}

/** Undefined where the bytes are no such file or were damaged. */
export function decodeProducerSnapshot(bytes: Uint8Array): readonly SnapshotEntry[] | undefined {
  if (bytes.length < ENTRIES_AT || readInt16(bytes, 0) !== VERSION) return undefined;
  if (readInt32(bytes, CRC_AT) >>> 0 !== crc32c(bytes, COUNT_AT, bytes.length)) return undefined;
  const count = readInt32(bytes, COUNT_AT);
  if (count < 0 || bytes.length !== ENTRIES_AT + count * ENTRY_BYTES) return undefined;
  return Array.from({ length: count }, (_, index) => {
    const at = ENTRIES_AT + index * ENTRY_BYTES;
    return {
      producerId: readInt64(bytes, at),
      epoch: readInt16(bytes, at + 8),
      lastSequence: readInt32(bytes, at + 10),
      lastOffset: readInt64(bytes, at + 14),
      offsetDelta: readInt32(bytes, at + 22),
      timestampMs: readInt64(bytes, at + 26),
      coordinatorEpoch: readInt32(bytes, at + 34),
      currentTxnFirstOffset: readInt64(bytes, at + 38),
    };
  });
}
