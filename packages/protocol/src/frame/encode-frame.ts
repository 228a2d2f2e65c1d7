import { EncodeError } from "../wire/errors.ts";
import type { RecordsPart } from "../wire/records-part.ts";
import { partsLength } from "../wire/writer.ts";

/** The parts of a message with the size of them all in front. */
export function encodeFrame(parts: readonly RecordsPart[]): RecordsPart[] {
  const size = partsLength(parts);
  if (size > 0x7fff_ffff) throw new EncodeError(`frame of ${size} bytes`);
  return [Uint8Array.of(size >>> 24, (size >>> 16) & 0xff, (size >>> 8) & 0xff, size & 0xff), ...parts];
}
