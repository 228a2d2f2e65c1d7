import type { Crc } from "./crc.ts";
import { type Entry, type EntryKind, LOG_START, type LogPosition, MAX_TERM } from "./entry.ts";
import type { PersistedWrite } from "./output.ts";
import { isDirectoryId, type ReplicaKey } from "./replica-key.ts";
import { decodeVoters } from "./voters-codec.ts";

/*
 * The write-ahead log: frames one behind the other, one a write, all integers big-endian.
 *
 *   header   0 u32 magic "RFT2" | 4 u32 length of the body | 8 u32 checksum of the body | 12 u32 checksum of bytes 0 to 11
 *   body     0 u32 term | 4 u64 truncateFrom | 12 u64 base index | 20 u32 base term | 24 u64 index of the first entry | 32 u32 count
 *            | 36 i32 id voted for, -1 for none | 40 u8 length of its directory id | the directory id | the entries
 *   entry    0 u32 term | 4 u8 kind | 5 u32 length of the payload | the payload
 *
 * Only the first frame of a file may have a base: the entry before its first one, which a snapshot covers.
 *
 * The header has a checksum of its own, so that a damaged length is never believed.
 */
const MAGIC = 0x5246_5432;
const HEADER_BYTES = 16;
const BODY_FIXED_BYTES = 41;
const ENTRY_FIXED_BYTES = 9;
/** The kinds by the byte that stands for them. */
const KINDS: readonly EntryKind[] = ["data", "barrier", "voters"];

/** Synced frames are damaged: entries or votes this node promised to keep are lost, so it must not vote or serve as itself. */
export class CorruptWalError extends Error {
  readonly code = "CORRUPT_WAL";
  /** Where the damaged frame starts. */
  readonly position: number;

  constructor(position: number, detail: string) {
    super(
      `the write-ahead log is damaged at byte ${position}: ${detail}; this voter has forgotten what it promised, and must not vote under its id as if it had not`,
    );
    this.position = position;
  }
}

/** One frame: to be appended to the file, or to be the whole of a new one where the write has a base. */
export function encodeWrite(write: PersistedWrite, crc: Crc): Uint8Array {
  const directoryId = write.votedFor?.directoryId ?? "";
  let size = HEADER_BYTES + BODY_FIXED_BYTES + directoryId.length;
  for (const entry of write.entries) size += ENTRY_FIXED_BYTES + entry.payload.length;
  const frame = new Uint8Array(size);
  writeFixed(new DataView(frame.buffer, HEADER_BYTES), write);
  let at = HEADER_BYTES + BODY_FIXED_BYTES;
  for (let i = 0; i < directoryId.length; i++) frame[at++] = directoryId.charCodeAt(i);
  const view = new DataView(frame.buffer);
  for (const { term, kind, payload } of write.entries) {
    view.setUint32(at, term);
    view.setUint8(at + 4, KINDS.indexOf(kind));
    view.setUint32(at + 5, payload.length);
    frame.set(payload, at + ENTRY_FIXED_BYTES);
    at += ENTRY_FIXED_BYTES + payload.length;
  }
  view.setUint32(0, MAGIC);
  view.setUint32(4, size - HEADER_BYTES);
  view.setUint32(8, crc(frame.subarray(HEADER_BYTES)));
  view.setUint32(12, crc(frame.subarray(0, 12)));
  return frame;
}

function writeFixed(body: DataView, { term, truncateFrom, base, entries, votedFor }: PersistedWrite): void {
  body.setUint32(0, term);
  body.setBigUint64(4, BigInt(truncateFrom));
  body.setBigUint64(12, BigInt(base?.index ?? 0));
  body.setUint32(20, base?.term ?? 0);
  body.setBigUint64(24, BigInt(entries[0]?.index ?? 0));
  body.setUint32(32, entries.length);
  body.setInt32(36, votedFor?.id ?? -1);
  body.setUint8(40, votedFor?.directoryId.length ?? 0);
}

/** What a write-ahead log alone tells. */
export interface WalPast {
  readonly term: number;
  readonly votedFor: ReplicaKey | undefined;
  readonly base: LogPosition;
  readonly entries: readonly Entry[];
}

/**
 * Reads a write-ahead log from its first byte. What is behind the last valid frame is the torn tail of the one write that
 * was not synced, and is dropped: write what is before `validBytes` anew (see the README), then start the node. Throws `CorruptWalError` if
 * a valid frame follows damage, for then the damaged one was synced once.
 * Payloads are views of `bytes`, not copies.
 */
export function recoverWal(bytes: Uint8Array, crc: Crc): { readonly past: WalPast; readonly validBytes: number; readonly droppedBytes: number } {
  const past = new Past();
  let at = 0;
  for (let body = readFrame(bytes, at, crc); body !== undefined; body = readFrame(bytes, at, crc)) {
    past.replay(body, at);
    at += HEADER_BYTES + body.length;
  }
  const later = findFrame(bytes, resumeAfter(bytes, at, crc), crc);
  if (later !== undefined) throw new CorruptWalError(at, `a valid frame follows at byte ${later}`);
  return { past, validBytes: at, droppedBytes: bytes.length - at };
}

/** The length a header claims, if header and checksum are whole. */
function readHeader(bytes: Uint8Array, at: number, crc: Crc): number | undefined {
  if (bytes.length - at < HEADER_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES);
  if (view.getUint32(0) !== MAGIC || view.getUint32(12) !== crc(bytes.subarray(at, at + 12)) >>> 0) return undefined;
  return view.getUint32(4);
}

/** The body of the valid frame at `at`, if there is one. */
function readFrame(bytes: Uint8Array, at: number, crc: Crc): Uint8Array | undefined {
  const length = readHeader(bytes, at, crc);
  if (length === undefined || length > bytes.length - at - HEADER_BYTES) return undefined;
  const body = bytes.subarray(at + HEADER_BYTES, at + HEADER_BYTES + length);
  const expected = new DataView(bytes.buffer, bytes.byteOffset + at, HEADER_BYTES).getUint32(8);
  return expected === crc(body) >>> 0 ? body : undefined;
}

/** Where to look for later frames: behind the damaged one if its header is whole, so that its payloads are not taken for frames. */
function resumeAfter(bytes: Uint8Array, at: number, crc: Crc): number {
  const length = readHeader(bytes, at, crc);
  return length === undefined ? at + 1 : at + HEADER_BYTES + length;
}

function findFrame(bytes: Uint8Array, from: number, crc: Crc): number | undefined {
  for (let at = bytes.indexOf(MAGIC >>> 24, from); at !== -1; at = bytes.indexOf(MAGIC >>> 24, at + 1)) if (readFrame(bytes, at, crc) !== undefined) return at;
  return undefined;
}

/** The state after the frames so far. A frame with a good checksum and impossible content is damage too. */
class Past implements WalPast {
  term = 0;
  votedFor: ReplicaKey | undefined;
  base = LOG_START;
  readonly entries: Entry[] = [];

  replay(body: Uint8Array, position: number): void {
    const claim = (condition: boolean, detail: string): void => {
      if (!condition) throw new CorruptWalError(position, detail);
    };
    claim(body.length >= BODY_FIXED_BYTES, "the body is too short");
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const base = { index: Number(view.getBigUint64(12)), term: view.getUint32(20) };
    if (base.index > 0) {
      claim(position === 0, "it begins the log anew, and is not the first");
      this.base = base;
    }
    const term = view.getUint32(0);
    const truncateFrom = Number(view.getBigUint64(4));
    claim(term >= this.term && term >= this.base.term && term <= MAX_TERM, "the term runs backwards");
    claim(truncateFrom === 0 || (truncateFrom > this.base.index && truncateFrom <= this.lastIndex), "it truncates what is not there");
    this.term = term;
    if (truncateFrom > 0) this.entries.length = truncateFrom - this.base.index - 1;
    const directoryEnd = BODY_FIXED_BYTES + view.getUint8(40);
    claim(directoryEnd <= body.length, "a directory id is cut short");
    this.votedFor = readVote(view.getInt32(36), body.subarray(BODY_FIXED_BYTES, directoryEnd), claim);
    const count = view.getUint32(32);
    claim(count === 0 || Number(view.getBigUint64(24)) === this.lastIndex + 1, "its entries do not follow the log");
    this.readEntries(body, { at: directoryEnd, count }, claim);
  }

  private get lastIndex(): number {
    return this.base.index + this.entries.length;
  }

  private readEntries(body: Uint8Array, { at: start, count }: { readonly at: number; readonly count: number }, claim: Claim): void {
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    let at = start;
    for (let i = 0; i < count; i++) {
      claim(body.length - at >= ENTRY_FIXED_BYTES, "an entry is cut short");
      const term = view.getUint32(at);
      const kind = KINDS[view.getUint8(at + 4)];
      const end = at + ENTRY_FIXED_BYTES + view.getUint32(at + 5);
      claim(end <= body.length, "a payload is cut short");
      claim(term >= Math.max(1, this.entries.at(-1)?.term ?? this.base.term) && term <= this.term, "an entry's term is out of order");
      const payload = body.subarray(at + ENTRY_FIXED_BYTES, end);
      if (kind === undefined || (kind === "voters" && decodeVoters(payload) === undefined)) return claim(false, "an entry's kind or content is unknown");
      this.entries.push({ index: this.lastIndex + 1, term, kind, payload });
      at = end;
    }
    claim(at === body.length, "bytes are left over");
  }
}

type Claim = (condition: boolean, detail: string) => void;

function readVote(id: number, directory: Uint8Array, claim: Claim): ReplicaKey | undefined {
  if (id < 0) return undefined;
  const directoryId = String.fromCharCode(...directory);
  claim(isDirectoryId(directoryId), "a directory id is none");
  return { id, directoryId };
}
