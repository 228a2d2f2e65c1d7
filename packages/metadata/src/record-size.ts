import { toPlain } from "./record-schema.ts";
import type { MetadataRecord } from "./records.ts";

/** Of the header of a string, a list or an object, whatever its length. */
const HEADER_BYTES = 5;
/** A string shorter than this has a header of one byte; all names of fields have. */
const SHORT_STRING_BYTES = 32;
const INTEGER_BYTES = 5;
/** Of an integer beyond 32 bits. */
const LONG_BYTES = 9;
/** Of one UTF-16 unit in UTF-8. */
const BYTES_PER_UNIT_MAX = 3;

/**
 * What a record takes at most in an entry of the metadata log, in MessagePack: an upper bound that needs no codec, so that whoever
 * decides can keep a batch within an entry. `server`, which has the codec, holds it against this by a test.
 */
export function recordBytesMax(record: MetadataRecord): number {
  return bytesMax(toPlain(record));
}

function bytesMax(value: unknown): number {
  if (typeof value === "string") return stringBytesMax(value);
  if (typeof value === "number") return Math.abs(value) < 2 ** 31 ? INTEGER_BYTES : LONG_BYTES;
  if (typeof value !== "object" || value === null) return 1;
  let bytes = HEADER_BYTES;
  if (Array.isArray(value)) for (const item of value) bytes += bytesMax(item);
  else for (const [key, item] of Object.entries(value)) bytes += stringBytesMax(key) + bytesMax(item);
  return bytes;
}

function stringBytesMax(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) bytes += text.charCodeAt(i) < 0x80 ? 1 : BYTES_PER_UNIT_MAX;
  return bytes + (bytes < SHORT_STRING_BYTES ? 1 : HEADER_BYTES);
}
