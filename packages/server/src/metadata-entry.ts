import { invariant } from "@samsa/stdx";
import { fromPlain, type MetadataRecord, toPlain } from "@samsa/metadata";
import { pack, unpack } from "./peer/codec.ts";

/**
 * One entry of the metadata log: `[[type, version, fields], …]` in MessagePack. Records are encoded once, when they are
 * proposed, and decoded once, before they are replayed; Raft carries the bytes with a CRC of its own.
 */
export function encodeEntry(records: readonly MetadataRecord[]): Uint8Array {
  return pack(records.map((record) => toPlain(record)));
}

/** Throws `InvariantViolation` where a record can't be read: going on without it would make a different cluster. */
export function decodeEntry(payload: Uint8Array, index: number): readonly MetadataRecord[] {
  const plain = unpack(payload);
  invariant(Array.isArray(plain), "a metadata entry is a list of records", { index });
  return plain.map((item: unknown) => {
    const read = fromPlain(item);
    invariant(read.ok, read.ok ? "" : `metadata entry ${index} can't be read: ${read.error}`, { index });
    return read.record;
  });
}
