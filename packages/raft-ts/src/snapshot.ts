import type { LogPosition } from "./entry.ts";
import type { Voter } from "./replica-key.ts";
import type { Crc } from "./crc.ts";
import { decodeVoters, encodeVoters } from "./voters-codec.ts";

/** Names one snapshot's bytes: nodes whose applications write the same state as the same bytes have the same one, and a transfer can go on from either. */
export interface SnapshotId extends LogPosition {
  /** Bytes of the file. */
  readonly size: number;
  /** Of the whole file. */
  readonly checksum: number;
}

/** The application's state after `index`, and who voted then. Takes the place of all entries up to `index`. */
export interface Snapshot extends LogPosition {
  readonly voters: readonly Voter[];
  readonly data: Uint8Array;
  readonly id: SnapshotId;
  /** As it is on disk and on the wire; `data` is a view of it. */
  readonly file: Uint8Array;
}

/*
 * The file: 0 u32 magic "RFS2" | 4 u64 index | 12 u32 term | 16 u32 bytes of the voters | 20 u64 bytes of the data | 28 u32 checksum of
 * voters and data | 32 u32 checksum of bytes 0 to 31 | the voters | the data. Big-endian.
 */
const MAGIC = 0x5246_5332;
const HEADER_BYTES = 36;

/** A snapshot is damaged, or is missing where the log needs it: what it held is lost here, and it must not be loaded. */
export class CorruptSnapshotError extends Error {
  readonly code = "CORRUPT_SNAPSHOT";
}

export function encodeSnapshot(content: LogPosition & { readonly voters: readonly Voter[]; readonly data: Uint8Array }, crc: Crc): Snapshot {
  const voters = encodeVoters(content.voters);
  const file = new Uint8Array(HEADER_BYTES + voters.length + content.data.length);
  file.set(voters, HEADER_BYTES);
  file.set(content.data, HEADER_BYTES + voters.length);
  const view = new DataView(file.buffer);
  view.setUint32(0, MAGIC);
  view.setBigUint64(4, BigInt(content.index));
  view.setUint32(12, content.term);
  view.setUint32(16, voters.length);
  view.setBigUint64(20, BigInt(content.data.length));
  view.setUint32(28, crc(file.subarray(HEADER_BYTES)));
  view.setUint32(32, crc(file.subarray(0, 32)));
  const { index, term } = content;
  const id = { index, term, size: file.length, checksum: crc(file) >>> 0 };
  return { index, term, voters: content.voters, data: file.subarray(HEADER_BYTES + voters.length), id, file };
}

/** Throws `CorruptSnapshotError` for anything but a whole and undamaged snapshot. */
export function decodeSnapshot(file: Uint8Array, crc: Crc): Snapshot {
  const claim = (condition: boolean, detail: string): void => {
    if (!condition) throw new CorruptSnapshotError(`the snapshot is damaged: ${detail}`);
  };
  claim(file.length >= HEADER_BYTES, `it has ${file.length} bytes, fewer than its header`);
  const view = new DataView(file.buffer, file.byteOffset, file.length);
  claim(view.getUint32(0) === MAGIC, "it does not begin as a snapshot does");
  claim(view.getUint32(32) === crc(file.subarray(0, 32)) >>> 0, "the checksum of its header does not fit");
  const votersBytes = view.getUint32(16);
  claim(Number(view.getBigUint64(20)) === file.length - HEADER_BYTES - votersBytes, "its length does not fit");
  claim(view.getUint32(28) === crc(file.subarray(HEADER_BYTES)) >>> 0, "the checksum of its content does not fit");
  const voters = decodeVoters(file.subarray(HEADER_BYTES, HEADER_BYTES + votersBytes));
  if (voters === undefined) throw new CorruptSnapshotError("the snapshot is damaged: its voters can't be read");
  const index = Number(view.getBigUint64(4));
  const term = view.getUint32(12);
  claim(Number.isSafeInteger(index) && index >= 1 && term >= 1, "it covers no entry");
  const id = { index, term, size: file.length, checksum: crc(file) >>> 0 };
  return { index, term, voters, data: file.subarray(HEADER_BYTES + votersBytes), id, file };
}

export const isSameSnapshot = (a: SnapshotId, b: SnapshotId): boolean =>
  a.index === b.index && a.term === b.term && a.size === b.size && a.checksum === b.checksum;
