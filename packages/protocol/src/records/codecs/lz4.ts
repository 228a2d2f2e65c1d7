import type { CompressionPort } from "../compression.ts";
import { Decompressed } from "./decompressed.ts";
import { compressLz4, LZ4_MAGIC } from "./lz4-writer.ts";
import { xxh32 } from "./xxh32.ts";

const VERSION = 1;
const BLOCK_CHECKSUM_BIT = 0x10;
const CONTENT_SIZE_BIT = 0x08;
const CONTENT_CHECKSUM_BIT = 0x04;
const DICTIONARY_BIT = 0x01;
/** Of a block's length: its bytes are stored as they are. */
const STORED_BIT = 0x8000_0000;
const MATCH_LENGTH_MIN = 4;
/** In the four bits of a length: it goes on in the bytes that follow, until one is not 255. */
const LENGTH_GOES_ON = 15;

/**
 * LZ4 frames as Kafka writes and reads them: the checksums of header and blocks are compared, that of the whole is not. Blocks that go on where
 * the one before ended are read too, though Kafka refuses them.
 */
export const portableLz4: CompressionPort = {
  compress: compressLz4,
  decompress(bytes, outputBytesMax) {
    const input = new Input(bytes);
    const { blockBytesMax, hasBlockChecksums, hasContentChecksum } = readFrameHeader(input);
    const output = new Decompressed(outputBytesMax);
    for (let length = input.uint32(); length !== 0; length = input.uint32()) {
      const block = input.take(length & ~STORED_BIT);
      const start = output.length;
      if ((length & STORED_BIT) !== 0) output.append(block);
      else readBlock(new Input(block), output);
      if (output.length - start > blockBytesMax) throw new Error(`a block of more than ${blockBytesMax} bytes`);
      if (hasBlockChecksums && input.uint32() !== xxh32(block)) throw new Error("a block's checksum is another");
    }
    if (hasContentChecksum) input.uint32();
    return output.finish();
  },
};

interface FrameHeader {
  readonly blockBytesMax: number;
  readonly hasBlockChecksums: boolean;
  readonly hasContentChecksum: boolean;
}

function readFrameHeader(input: Input): FrameHeader {
  if (input.uint32() !== LZ4_MAGIC) throw new Error("no LZ4 frame");
  const start = input.position;
  const flags = input.uint8();
  const blockSizeCode = (input.uint8() >> 4) & 7;
  if (flags >> 6 !== VERSION) throw new Error(`version ${flags >> 6} of the LZ4 frame`);
  if ((flags & DICTIONARY_BIT) !== 0) throw new Error("an LZ4 dictionary is asked for");
  if (blockSizeCode < 4) throw new Error(`block size ${blockSizeCode} of the LZ4 frame`);
  if ((flags & CONTENT_SIZE_BIT) !== 0) input.take(8);
  const header = input.since(start);
  if (input.uint8() !== ((xxh32(header) >>> 8) & 0xff)) throw new Error("the checksum of the LZ4 frame's header is another");
  return {
    blockBytesMax: 1 << (8 + 2 * blockSizeCode),
    hasBlockChecksums: (flags & BLOCK_CHECKSUM_BIT) !== 0,
    hasContentChecksum: (flags & CONTENT_CHECKSUM_BIT) !== 0,
  };
}

/** Sequences of literal bytes and a copy of what came out before; the last one ends with its literals. */
function readBlock(input: Input, output: Decompressed): void {
  while (!input.isAtEnd) {
    const token = input.uint8();
    output.append(input.take(readLength(input, token >> 4)));
    if (input.isAtEnd) return;
    const distance = input.uint16();
    output.repeat(distance, readLength(input, token & 15) + MATCH_LENGTH_MIN);
  }
}

function readLength(input: Input, first: number): number {
  if (first !== LENGTH_GOES_ON) return first;
  let length = first;
  for (let more = 255; more === 255;) {
    more = input.uint8();
    length += more;
  }
  return length;
}

/** Little-endian. */
class Input {
  position = 0;
  private readonly bytes: Uint8Array;
  private readonly view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  }

  get isAtEnd(): boolean {
    return this.position === this.bytes.length;
  }

  uint8(): number {
    return this.view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.view.getUint16(this.advance(2), true);
  }

  uint32(): number {
    return this.view.getUint32(this.advance(4), true);
  }

  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  since(start: number): Uint8Array {
    return this.bytes.subarray(start, this.position);
  }

  private advance(length: number): number {
    const start = this.position;
    if (start + length > this.bytes.length) throw new Error("the LZ4 frame is cut off");
    this.position = start + length;
    return start;
  }
}
