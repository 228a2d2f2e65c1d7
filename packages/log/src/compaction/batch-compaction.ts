import { type CompressionPorts, deleteHorizonOf, type KeyedRecords, keyedRecords, retainRecords, withoutRecords } from "@samsa/protocol/records";
import { InvariantViolation } from "@samsa/stdx";
import type { BatchHeader } from "../batch-header.ts";
import type { KeyOffsets } from "./key-offsets.ts";

export interface CompactionRules {
  /** Of what is compacted now; keys of what was compacted before may be missing. */
  readonly keys: KeyOffsets;
  /** What stands there or behind is not compacted yet, and stays as it is. */
  readonly endOffset: number;
  readonly nowMs: number;
  /** `delete.retention.ms` */
  readonly deleteRetentionMs: number;
  /** The batch holds the last sequence that is known of its producer. */
  readonly isLastOfProducer: (header: BatchHeader) => boolean;
  readonly compression: CompressionPorts;
}

/** What becomes of a batch. */
export type CompactedBatch =
  | { readonly type: "whole" }
  | { readonly type: "part"; readonly bytes: Uint8Array }
  /** Nothing of it is needed but that its offsets are passed over. */
  | { readonly type: "emptied" }
  /** It can't be looked into, or can't be written anew. */
  | { readonly type: "unreadable" };

const WHOLE: CompactedBatch = { type: "whole" };

/** The batch's records by their keys; undefined: it can't be looked into, for want of its codec, or because a leader has let through what is no record. */
export function readKeyed(bytes: Uint8Array, position: number, ports: CompressionPorts): KeyedRecords | undefined {
  return unlessRefused(() => keyedRecords(bytes, position, ports));
}

/** Undefined where codec or encoder refuses: what a client wrote is no fault of ours. */
function unlessRefused<T>(make: () => T): T | undefined {
  try {
    return make();
  } catch (error) {
    if (error instanceof InvariantViolation) throw error;
    return undefined;
  }
}

/**
 * Kafka's rules (`LogCleaner.shouldRetainRecord`, `MemoryRecords.filterTo`):
 *
 * | record | stays |
 * |---|---|
 * | without a key | never |
 * | of a key of which a newer one is known | never |
 * | with a value | always |
 * | tombstone of a batch without a delete horizon | yes, and the batch gets one: now + `delete.retention.ms` (KIP-534) |
 * | tombstone of a batch with one | as long as that is to come |
 * | tombstone of a batch in which none can be written | always |
 *
 * So a tombstone goes in a later compaction than the one that took what it deletes, and no sooner than everybody has had that time to read it.
 */
export function compactBatch(bytes: Uint8Array, position: number, header: BatchHeader, rules: CompactionRules): CompactedBatch {
  if (header.baseOffset >= rules.endOffset) return WHOLE;
  const records = readKeyed(bytes, position, rules.compression);
  if (records === undefined) return { type: "unreadable" };
  const deleteHorizonMs = deleteHorizonOf(bytes, position);
  const { isKept, count, hasTombstones } = keptOf(records, rules.keys, deleteHorizonMs === undefined || rules.nowMs < deleteHorizonMs);
  if (count === 0) return emptied(bytes, position, header, rules);
  const retain = (horizonMs: number | undefined): Uint8Array | undefined =>
    unlessRefused(() => retainRecords(bytes, position, { records, isKept, deleteHorizonMs: horizonMs }, rules.compression));
  const isMarked = deleteHorizonMs !== undefined || !hasTombstones;
  const marked = isMarked ? undefined : retain(rules.nowMs + rules.deleteRetentionMs);
  if (marked !== undefined) return { type: "part", bytes: marked };
  // 1. A record states a time of a hundred thousand years ago; 2. its delta to the horizon of a tombstone beside it is no number that we count with. Then the
  // tombstone stays for good. But not what newer ones have deleted: those may go, and it would be back.
  if (count === records.count) return WHOLE;
  const part = retain(undefined);
  return part === undefined ? { type: "unreadable" } : { type: "part", bytes: part };
}

interface Kept {
  /** As `RetainedRecords` has it. */
  readonly isKept: Uint8Array;
  readonly count: number;
  /** Among those that stay. */
  readonly hasTombstones: boolean;
}

function keptOf(records: KeyedRecords, keys: KeyOffsets, areTombstonesKept: boolean): Kept {
  const isKept = new Uint8Array(records.count);
  let count = 0;
  let hasTombstones = false;
  for (const record = records.walk(); record.next();) {
    if (record.keyStart < 0 || !(record.hasValue || areTombstonesKept) || !keys.isNewest(record)) continue;
    isKept[record.passed - 1] = 1;
    count++;
    hasTombstones ||= !record.hasValue;
  }
  return { isKept, count, hasTombstones };
}

/** What its producer's next batch is measured by stays: a start that reads the log anew finds it there. */
function emptied(bytes: Uint8Array, position: number, header: BatchHeader, rules: CompactionRules): CompactedBatch {
  if (header.producerId < 0 || !rules.isLastOfProducer(header)) return { type: "emptied" };
  const empty = withoutRecords(bytes, position);
  return empty.length === header.sizeInBytes ? WHOLE : { type: "part", bytes: empty };
}
