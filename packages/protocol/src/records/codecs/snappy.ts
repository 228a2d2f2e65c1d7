import type { CompressionPort } from "../compression.ts";
import { Decompressed } from "./decompressed.ts";
import { compressSnappy, XERIAL_HEADER_BYTES, XERIAL_MAGIC } from "./snappy-writer.ts";

/** Kinds of elements, in the two lowest bits of their first byte. */
const LITERAL = 0;
const COPY_1 = 1;
const COPY_2 = 2;
/** A length above it stands in the bytes that follow, as many as it is more. */
const LITERAL_LENGTH_MAX = 60;

/** Snappy, as a stream of the Java library or as one bare block (librdkafka and others write those): Kafka reads both. */
export const portableSnappy: CompressionPort = {
  compress: compressSnappy,
  decompress(bytes, outputBytesMax) {
    const output = new Decompressed(outputBytesMax);
    if (startsWithMagic(bytes, 0)) readBlocks(bytes, output);
    else readBlock(bytes, output);
    return output.finish();
  },
};

const startsWithMagic = (bytes: Uint8Array, at: number): boolean => XERIAL_MAGIC.every((byte, index) => bytes[at + index] === byte);

/** Streams may follow each other, each with a header. */
function readBlocks(bytes: Uint8Array, output: Decompressed): void {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  let at = 0;
  while (at < bytes.length) {
    if (startsWithMagic(bytes, at)) {
      at += XERIAL_HEADER_BYTES;
      continue;
    }
    if (at + 4 > bytes.length) throw new Error("a block's length is cut off");
    const end = at + 4 + view.getUint32(at);
    if (end > bytes.length) throw new Error("a block is cut off");
    readBlock(bytes.subarray(at + 4, end), output);
    at = end;
  }
  if (at > bytes.length) throw new Error("the stream's header is cut off");
}

/** The length of what comes out, as a varint, and elements: literal bytes, or copies of what came out before. */
function readBlock(block: Uint8Array, output: Decompressed): void {
  const { value: length, next } = readVarint(block);
  const start = output.length;
  for (let at = next; at < block.length;) at = readElement(block, at, output, start);
  if (output.length - start !== length) throw new Error(`a block of ${output.length - start} bytes, said to be of ${length}`);
}

/** Returns where the next element begins. */
function readElement(block: Uint8Array, at: number, output: Decompressed, start: number): number {
  const tag = byteAt(block, at);
  const kind = tag & 3;
  if (kind === LITERAL) return readLiteral(block, at, output);
  const offsetBytes = kind === COPY_1 ? 1 : kind === COPY_2 ? 2 : 4;
  const low = littleEndian(block, at + 1, offsetBytes);
  const distance = kind === COPY_1 ? low + ((tag >> 5) << 8) : low;
  if (distance > output.length - start) throw new Error("a copy from before the block");
  output.repeat(distance, kind === COPY_1 ? 4 + ((tag >> 2) & 7) : 1 + (tag >> 2));
  return at + 1 + offsetBytes;
}

function readLiteral(block: Uint8Array, at: number, output: Decompressed): number {
  const short = (byteAt(block, at) >> 2) + 1;
  const lengthBytes = Math.max(0, short - LITERAL_LENGTH_MAX);
  const length = lengthBytes === 0 ? short : littleEndian(block, at + 1, lengthBytes) + 1;
  const from = at + 1 + lengthBytes;
  if (from + length > block.length) throw new Error("literal bytes are cut off");
  output.append(block.subarray(from, from + length));
  return from + length;
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new Error("an element is cut off");
  return byte;
}

function littleEndian(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = count - 1; index >= 0; index--) value = value * 256 + byteAt(bytes, at + index);
  return value;
}

function readVarint(bytes: Uint8Array): { readonly value: number; readonly next: number } {
  let value = 0;
  for (let at = 0; at < 5; at++) {
    const byte = byteAt(bytes, at);
    value += (byte & 0x7f) * 2 ** (7 * at);
    if (byte < 0x80) return { value, next: at + 1 };
  }
  throw new Error("a length of more than five bytes");
}
