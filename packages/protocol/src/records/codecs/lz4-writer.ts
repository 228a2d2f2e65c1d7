import { Compressed } from "./compressed.ts";
import { MATCH_BYTES_MIN, Matches } from "./matches.ts";
import { xxh32 } from "./xxh32.ts";

export const LZ4_MAGIC = 0x184d_2204;
/** Version 1, blocks that stand alone, no checksums but the header's: as Kafka writes frames. */
const FLAGS = 0x60;
/** Blocks of 64 KiB. */
const BLOCK_SIZE_CODE = 0x40;
const BLOCK_BYTES = 64 * 1024;
const STORED_BIT = 0x8000_0000;
/** A block ends with so many literal bytes at least, and its last match begins so many bytes before the end. */
const LAST_LITERALS = 5;
const LAST_MATCH_BYTES = 12;
const LENGTH_GOES_ON = 15;
/** Kafka's default of `compression.lz4.level`. */
const DEFAULT_LEVEL = 9;
/** Attempts double with each level up to this many. */
const ATTEMPTS_MAX = 256;

/** An LZ4 frame as Kafka's own; a higher level looks for longer at what may be said shorter. */
export function compressLz4(bytes: Uint8Array, level: number | undefined): Uint8Array {
  const output = new Compressed(bytes.length / 2 + 64);
  output.littleEndian(LZ4_MAGIC, 4);
  output.uint8(FLAGS);
  output.uint8(BLOCK_SIZE_CODE);
  output.uint8((xxh32(Uint8Array.of(FLAGS, BLOCK_SIZE_CODE)) >>> 8) & 0xff);
  const attemptsMax = Math.min(ATTEMPTS_MAX, 2 ** ((level ?? DEFAULT_LEVEL) - 1));
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = bytes.subarray(at, at + BLOCK_BYTES);
    const compressed = compressBlock(block, attemptsMax);
    const isSmaller = compressed.length < block.length;
    output.littleEndian(isSmaller ? compressed.length : block.length | STORED_BIT, 4);
    output.append(isSmaller ? compressed : block);
  }
  output.littleEndian(0, 4);
  return output.finish();
}

function compressBlock(block: Uint8Array, attemptsMax: number): Uint8Array {
  const output = new Compressed(block.length);
  const matches = new Matches(block, attemptsMax);
  let literalsFrom = 0;
  for (let at = 0; at <= block.length - LAST_MATCH_BYTES;) {
    const match = matches.longestAt(at, block.length - LAST_LITERALS);
    matches.add(at);
    if (match === undefined) {
      at++;
      continue;
    }
    putSequence(output, block.subarray(literalsFrom, at), { distance: at - match.from, length: match.length });
    const end = at + match.length;
    for (let inside = at + 1; inside < end && inside <= block.length - MATCH_BYTES_MIN; inside++) matches.add(inside);
    at = end;
    literalsFrom = end;
  }
  putSequence(output, block.subarray(literalsFrom), undefined);
  return output.finish();
}

function putSequence(output: Compressed, literals: Uint8Array, copy: { readonly distance: number; readonly length: number } | undefined): void {
  const copyLength = copy === undefined ? 0 : copy.length - MATCH_BYTES_MIN;
  output.uint8((Math.min(literals.length, LENGTH_GOES_ON) << 4) | Math.min(copyLength, LENGTH_GOES_ON));
  putRestOfLength(output, literals.length);
  output.append(literals);
  if (copy === undefined) return;
  output.littleEndian(copy.distance, 2);
  putRestOfLength(output, copyLength);
}

function putRestOfLength(output: Compressed, length: number): void {
  if (length < LENGTH_GOES_ON) return;
  let rest = length - LENGTH_GOES_ON;
  for (; rest >= 255; rest -= 255) output.uint8(255);
  output.uint8(rest);
}
