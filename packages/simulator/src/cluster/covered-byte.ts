import { checkBatch, sizeInBytesOf } from "@samsa/protocol/records";

/** The last byte of the first whole record batch in a message: its checksum covers it. */
export function lastByteOfBatch(bytes: Uint8Array): number | undefined {
  for (let at = 0; at + MIN_BATCH_BYTES <= bytes.length; at++) {
    if (bytes[at + MAGIC_AT] === MAGIC && checkBatch(bytes, at) === undefined) return at + sizeInBytesOf(bytes, at) - 1;
  }
  return undefined;
}

const MIN_BATCH_BYTES = 62;
const MAGIC_AT = 16;
const MAGIC = 2;
