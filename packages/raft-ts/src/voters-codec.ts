import { MAX_NODE_ID } from "./entry.ts";
import { ANY_DIRECTORY, isDirectoryId, isVoterAddress, type Voter } from "./replica-key.ts";

/*
 * The payload of a `voters` entry, and the voters of a snapshot: u8 version 0 | u16 count | the voters, each
 * i32 id | u8 length, directory id | u8 length, address. Big-endian, ASCII.
 */
const VERSION = 0;
/** More voters than any quorum has; a set with more is refused. */
export const MAX_VOTERS = 255;

export function encodeVoters(voters: readonly Voter[]): Uint8Array {
  const size = voters.reduce((sum, { directoryId, address }) => sum + 6 + directoryId.length + address.length, 3);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  view.setUint8(0, VERSION);
  view.setUint16(1, voters.length);
  let at = 3;
  for (const { id, directoryId, address } of voters) {
    view.setInt32(at, id);
    at = writeText(bytes, at + 4, directoryId);
    at = writeText(bytes, at, address);
  }
  return bytes;
}

/** Undefined for anything that `encodeVoters` would not write: at least one voter, ids that differ, known disks. */
export function decodeVoters(bytes: Uint8Array): readonly Voter[] | undefined {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  if (bytes.length < 3 || view.getUint8(0) !== VERSION) return undefined;
  const count = view.getUint16(1);
  if (count === 0 || count > MAX_VOTERS) return undefined;
  const voters = new Map<number, Voter>();
  let at = 3;
  for (let i = 0; i < count; i++) {
    if (bytes.length - at < 6) return undefined;
    const id = view.getInt32(at);
    const directoryId = readText(bytes, at + 4);
    if (directoryId === undefined) return undefined;
    const address = readText(bytes, at + 5 + directoryId.length);
    if (address === undefined || id < 0 || id > MAX_NODE_ID || !(isDirectoryId(directoryId) || directoryId === ANY_DIRECTORY) || !isVoterAddress(address))
      return undefined;
    voters.set(id, { id, directoryId, address });
    at += 6 + directoryId.length + address.length;
  }
  return at === bytes.length && voters.size === count ? [...voters.values()] : undefined;
}

function writeText(bytes: Uint8Array, at: number, text: string): number {
  bytes[at] = text.length;
  for (let i = 0; i < text.length; i++) bytes[at + 1 + i] = text.charCodeAt(i);
  return at + 1 + text.length;
}

function readText(bytes: Uint8Array, at: number): string | undefined {
  const length = bytes[at];
  if (length === undefined || at + 1 + length > bytes.length) return undefined;
  return String.fromCharCode(...bytes.subarray(at + 1, at + 1 + length));
}
