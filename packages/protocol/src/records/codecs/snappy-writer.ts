import { Compressed } from "./compressed.ts";
import { MATCH_BYTES_MIN, Matches } from "./matches.ts";

/** Of the Java library's streams, which Kafka's own client writes: this, two version numbers, then blocks with their lengths in front. */
export const XERIAL_MAGIC = Uint8Array.of(0x82, 0x53, 0x4e, 0x41, 0x50, 0x50, 0x59, 0);
export const XERIAL_HEADER_BYTES = 16;
const XERIAL_VERSION = 1;

/** As the Java library's; no copy reaches further than two bytes can say. */
const BLOCK_BYTES = 32 * 1024;
const ATTEMPTS_MAX = 8;
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** What a copy of two bytes can say: lengths of 4 to 11, distances below 2048. */
const COPY_1_LENGTH_MAX = 11;
const COPY_1_DISTANCES = 2048;
const COPY_2_LENGTH_MAX = 64;
/** A literal's length above it stands in the bytes that follow. */
const LITERAL_LENGTH_MAX = 60;

/** Snappy in the framing of the Java library, which Kafka's broker and clients write. It has no levels. */
export function compressSnappy(bytes: Uint8Array): Uint8Array {
  const output = new Compressed(bytes.length / 2 + 64);
  output.append(XERIAL_MAGIC);
  output.bigEndian32(XERIAL_VERSION);
  output.bigEndian32(XERIAL_VERSION);
  for (let at = 0; at < bytes.length; at += BLOCK_BYTES) {
    const block = compressBlock(bytes.subarray(at, at + BLOCK_BYTES));
    output.bigEndian32(block.length);
    output.append(block);
  }
  return output.finish();
}

function compressBlock(block: Uint8Array): Uint8Array {
  const output = new Compressed(block.length);
  putVarint(output, block.length);
  const matches = new Matches(block, ATTEMPTS_MAX);
  let literalsFrom = 0;
  for (let at = 0; at <= block.length - MATCH_BYTES_MIN;) {
    const match = matches.longestAt(at, block.length);
    matches.add(at);
    if (match === undefined) {
      at++;
      continue;
    }
    putLiteral(output, block.subarray(literalsFrom, at));
    putCopies(output, at - match.from, match.length);
    const end = at + match.length;
    for (let inside = at + 1; inside < end && inside <= block.length - MATCH_BYTES_MIN; inside++) matches.add(inside);
    at = end;
    literalsFrom = end;
  }
  putLiteral(output, block.subarray(literalsFrom));
  return output.finish();
}

function putLiteral(output: Compressed, literal: Uint8Array): void {
  if (literal.length === 0) return;
  const length = literal.length - 1;
  if (length < LITERAL_LENGTH_MAX) output.uint8((length << 2) | LITERAL);
  else {
    const lengthBytes = length < 256 ? 1 : 2;
    output.uint8(((LITERAL_LENGTH_MAX - 1 + lengthBytes) << 2) | LITERAL);
    output.littleEndian(length, lengthBytes);
  }
  output.append(literal);
}

/** In pieces, none shorter than a copy of two bytes can say. */
function putCopies(output: Compressed, distance: number, length: number): void {
  let left = length;
  while (left > 0) {
    const rest = left - COPY_2_LENGTH_MAX;
    const piece = rest <= 0 ? left : rest < MATCH_BYTES_MIN ? COPY_2_LENGTH_MAX - MATCH_BYTES_MIN : COPY_2_LENGTH_MAX;
    if (piece <= COPY_1_LENGTH_MAX && distance < COPY_1_DISTANCES) {
      output.uint8(((distance >> 8) << 5) | ((piece - MATCH_BYTES_MIN) << 2) | COPY_1);
      output.uint8(distance & 0xff);
    } else {
      output.uint8(((piece - 1) << 2) | COPY_2);
      output.littleEndian(distance, 2);
    }
    left -= piece;
  }
}

function putVarint(output: Compressed, value: number): void {
  let rest = value;
  for (; rest >= 0x80; rest >>>= 7) output.uint8((rest & 0x7f) | 0x80);
  output.uint8(rest);
}
