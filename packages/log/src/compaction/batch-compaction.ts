import {
  type CompressionPorts,
  deleteHorizonOf,
  type KeyedContent,
  keyedRecords,
  type KeyedRecord,
  retainRecords,
  withoutRecords,
} from "@samsa/protocol/records";
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
export function readKeyed(bytes: Uint8Array, position: number, ports: CompressionPorts): KeyedContent | undefined {
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
  const keyed = readKeyed(bytes, position, rules.compression);
  if (keyed === undefined) return { type: "unreadable" };
  const deleteHorizonMs = deleteHorizonOf(bytes, position);
  const areTombstonesKept = deleteHorizonMs === undefined || rules.nowMs < deleteHorizonMs;
  const isKept = ({ key, hasValue, offset }: KeyedRecord): boolean => key !== null && (hasValue || areTombstonesKept) && rules.keys.isNewest(key, offset);
  const records = keyed.records.filter(isKept);
  if (records.length === 0) return emptied(bytes, position, header, rules);
  const retain = (horizonMs: number | undefined): Uint8Array | undefined =>
    unlessRefused(() => retainRecords(bytes, position, { content: keyed.content, records, deleteHorizonMs: horizonMs }, rules.compression));
  const isMarked = deleteHorizonMs !== undefined || records.every(({ hasValue }) => hasValue);
  const marked = isMarked ? undefined : retain(rules.nowMs + rules.deleteRetentionMs);
  if (marked !== undefined) return { type: "part", bytes: marked };
  // 1. A record states a time of a hundred thousand years ago; 2. its delta to the horizon of a tombstone beside it is no number that we count with. Then the
  // tombstone stays for good. But not what newer ones have deleted: those may go, and it would be back.
  if (records.length === keyed.records.length) return WHOLE;
  const part = retain(undefined);
  return part === undefined ? { type: "unreadable" } : { type: "part", bytes: part };
}

/** What its producer's next batch is measured by stays: a start that reads the log anew finds it there. */
function emptied(bytes: Uint8Array, position: number, header: BatchHeader, rules: CompactionRules): CompactedBatch {
  if (header.producerId < 0 || !rules.isLastOfProducer(header)) return { type: "emptied" };
  const empty = withoutRecords(bytes, position);
  return empty.length === header.sizeInBytes ? WHOLE : { type: "part", bytes: empty };
}
