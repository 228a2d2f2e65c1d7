import type { Prng } from "@samsa/stdx";
import type { Fragmentation } from "./options.ts";

/** Pieces of one write that are cut; the rest arrives whole, so that a long write is not a hundred thousand events. */
const PIECES_MAX = 32;
/** Writes that are cut at all, in a million: enough to meet every boundary, cheap enough to leave on. */
const CUT_PPM = 500_000;

/** Copies up to this size share a slab: an array buffer of its own costs more than a microsecond. */
const SLAB_COPY_BYTES_MAX = 8 * 1024;
const SLAB_BYTES = 64 * 1024;

/** Makes the one copy that the network makes. A small copy is a view of a slab, as with Node's sockets. */
export class Copier {
  private slab = new Uint8Array(SLAB_BYTES);
  private used = 0;

  copyOf(chunks: readonly Uint8Array[]): Uint8Array {
    let length = 0;
    for (const chunk of chunks) length += chunk.length;
    const copy = this.allocate(length);
    let at = 0;
    for (const chunk of chunks) {
      copy.set(chunk, at);
      at += chunk.length;
    }
    return copy;
  }

  private allocate(length: number): Uint8Array {
    if (length > SLAB_COPY_BYTES_MAX) return new Uint8Array(length);
    if (this.used + length > SLAB_BYTES) {
      this.slab = new Uint8Array(SLAB_BYTES);
      this.used = 0;
    }
    const start = this.used;
    this.used += length;
    return new Uint8Array(this.slab.buffer, start, length);
  }
}

/** Where a write of that length is cut: ascending ends of pieces, the last of them `length`. */
export function cutPoints(length: number, fragmentation: Fragmentation, stream: Prng): readonly number[] {
  const ends: number[] = [];
  if (fragmentation !== "none" && stream.chancePpm(CUT_PPM)) {
    const longest = fragmentation === "tiny" ? 7 : Math.max(1, length >> 1);
    let end = stream.between(1, longest);
    for (let pieces = 1; end < length && pieces < PIECES_MAX; pieces++) {
      ends.push(end);
      end += stream.between(1, longest);
    }
  }
  ends.push(length);
  return ends;
}

/** FNV-1a over all bytes. */
export function checksumOf(chunks: readonly Uint8Array[]): number {
  let hash = 0x811c_9dc5;
  for (const chunk of chunks) for (let i = 0; i < chunk.length; i++) hash = Math.imul(hash ^ (chunk[i] as number), 0x0100_0193);
  return hash;
}
