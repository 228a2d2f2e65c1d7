import { type Entry, MAX_TERM, NO_NODE, type Recovered } from "./entry.ts";
import type { PersistedWrite } from "./output.ts";

/*
 * The write-ahead log: frames one behind the other, one a write, all integers big-endian.
 *
 *   header   0 u32 magic "RFT1" | 4 u32 length of the body | 8 u32 checksum of the body | 12 u32 checksum of bytes 0 to 11
 *   body     0 u32 term | 4 i32 votedFor | 8 u64 truncateFrom | 16 u64 index of the first entry | 24 u32 count | the entries
 *   entry    0 u32 term | 4 u32 length of the payload | the payload
 *
 * The header has a checksum of its own, so that a damaged length is never believed.
 */
const MAGIC = 0x5246_5431;
const HEADER_BYTES = 16;
const BODY_FIXED_BYTES = 28;
const ENTRY_FIXED_BYTES = 8;

/** A 32-bit checksum. CRC-32C is meant; any good one will do, as long as it stays the same. */
export type Crc = (bytes: Uint8Array) => number;

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

/** One frame, to be appended to the file as it is. */
export function encodeWrite(write: PersistedWrite, crc: Crc): Uint8Array {
  let size = HEADER_BYTES + BODY_FIXED_BYTES;
  for (const entry of write.entries) size += ENTRY_FIXED_BYTES + entry.payload.length;
  const frame = new Uint8Array(size);
  const view = new DataView(frame.buffer);
  view.setUint32(HEADER_BYTES, write.term);
  view.setInt32(HEADER_BYTES + 4, write.votedFor);
  view.setBigUint64(HEADER_BYTES + 8, BigInt(write.truncateFrom));
  view.setBigUint64(HEADER_BYTES + 16, BigInt(write.entries[0]?.index ?? 0));
  view.setUint32(HEADER_BYTES + 24, write.entries.length);
  let at = HEADER_BYTES + BODY_FIXED_BYTES;
  for (const { term, payload } of write.entries) {
    view.setUint32(at, term);
    view.setUint32(at + 4, payload.length);
    frame.set(payload, at + ENTRY_FIXED_BYTES);
    at += ENTRY_FIXED_BYTES + payload.length;
  }
  view.setUint32(0, MAGIC);
  view.setUint32(4, size - HEADER_BYTES);
  view.setUint32(8, crc(frame.subarray(HEADER_BYTES)));
  view.setUint32(12, crc(frame.subarray(0, 12)));
  return frame;
}

/**
 * Reads a write-ahead log from its first byte. What is behind the last valid frame is the torn tail of the one write that
 * was not synced, and is dropped: write what is before `validBytes` anew (see the README), then start the node. Throws `CorruptWalError` if
 * a valid frame follows damage, for then the damaged one was synced once.
 * Payloads are views of `bytes`, not copies.
 */
export function recoverWal(bytes: Uint8Array, crc: Crc): { readonly recovered: Recovered; readonly validBytes: number; readonly droppedBytes: number } {
  const past = new Past();
  let at = 0;
  for (let body = readFrame(bytes, at, crc); body !== undefined; body = readFrame(bytes, at, crc)) {
    past.replay(body, at);
    at += HEADER_BYTES + body.length;
  }
  const later = findFrame(bytes, resumeAfter(bytes, at, crc), crc);
  if (later !== undefined) throw new CorruptWalError(at, `a valid frame follows at byte ${later}`);
  return { recovered: past.recovered(), validBytes: at, droppedBytes: bytes.length - at };
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
class Past {
  private term = 0;
  private votedFor = NO_NODE;
  private readonly entries: Entry[] = [];

  replay(body: Uint8Array, position: number): void {
    const claim = (condition: boolean, detail: string): void => {
      if (!condition) throw new CorruptWalError(position, detail);
    };
    claim(body.length >= BODY_FIXED_BYTES, "the body is too short");
    const view = new DataView(body.buffer, body.byteOffset, body.length);
    const term = view.getUint32(0);
    const truncateFrom = Number(view.getBigUint64(8));
    const firstIndex = Number(view.getBigUint64(16));
    const count = view.getUint32(24);
    claim(term >= this.term && term <= MAX_TERM, "the term runs backwards");
    claim(truncateFrom <= this.entries.length, "it truncates behind the end");
    this.term = term;
    this.votedFor = view.getInt32(4);
    if (truncateFrom > 0) this.entries.length = truncateFrom - 1;
    claim(count === 0 || firstIndex === this.entries.length + 1, "its entries do not follow the log");
    let at = BODY_FIXED_BYTES;
    for (let i = 0; i < count; i++) {
      claim(body.length - at >= ENTRY_FIXED_BYTES, "an entry is cut short");
      const entryTerm = view.getUint32(at);
      const end = at + ENTRY_FIXED_BYTES + view.getUint32(at + 4);
      claim(end <= body.length, "a payload is cut short");
      claim(entryTerm >= Math.max(1, this.entries.at(-1)?.term ?? 0) && entryTerm <= term, "an entry's term is out of order");
      this.entries.push({ index: this.entries.length + 1, term: entryTerm, payload: body.subarray(at + ENTRY_FIXED_BYTES, end) });
      at = end;
    }
    claim(at === body.length, "bytes are left over");
  }

  recovered(): Recovered {
    return { term: this.term, votedFor: this.votedFor, entries: this.entries };
  }
}
