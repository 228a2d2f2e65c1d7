import type { Prng } from "@samsa/stdx";
import type { Fragmentation } from "./options.ts";

/** Pieces of one write that are cut; the rest arrives whole, so that a long write is not a hundred thousand events. */
const PIECES_MAX = 32;
/** Writes that are cut at all, in a million: enough to meet every boundary, cheap enough to leave on. */
const CUT_PPM = 500_000;

/** The one copy that the network makes. */
export function copyOf(chunks: readonly Uint8Array[]): Uint8Array {
  const [first] = chunks;
  if (chunks.length === 1 && first !== undefined) return new Uint8Array(first);
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  const copy = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    copy.set(chunk, at);
    at += chunk.length;
  }
  return copy;
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
