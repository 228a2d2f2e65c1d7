import { computeCrc, crcOf, magicOf, sizeInBytesOf } from "./batch.ts";
import { BATCH_OVERHEAD, LOG_OVERHEAD, MAGIC_V2 } from "./layout.ts";

export type BatchErrorCode =
  /** The bytes end before the batch does: normal for the last batch of a fetch or of a log that lost power. */
  | "TRUNCATED"
  /** The length field cannot be that of a batch. */
  | "BAD_LENGTH"
  | "UNSUPPORTED_MAGIC"
  | "CRC_MISMATCH";

export interface BatchError {
  readonly code: BatchErrorCode;
  readonly text: string;
}

/** Whether a whole, undamaged batch of format v2 lies at `position` and ends at or before `limit`. */
export function checkBatch(bytes: Uint8Array, position = 0, limit = bytes.length): BatchError | undefined {
  const framing = checkFraming(bytes, position, limit);
  if (framing !== undefined) return framing;
  const stored = crcOf(bytes, position);
  const computed = computeCrc(bytes, position);
  if (stored !== computed) return { code: "CRC_MISMATCH", text: `CRC ${stored} is stored, ${computed} is computed` };
  return undefined;
}

/** All of `checkBatch` but the CRC. */
export function checkFraming(bytes: Uint8Array, position = 0, limit = bytes.length): BatchError | undefined {
  const available = limit - position;
  if (available < LOG_OVERHEAD) return { code: "TRUNCATED", text: `${available} bytes are no batch` };
  const size = sizeInBytesOf(bytes, position);
  if (size < BATCH_OVERHEAD) return { code: "BAD_LENGTH", text: `a batch of ${size} bytes is shorter than its header` };
  if (size > available) return { code: "TRUNCATED", text: `batch of ${size} bytes, ${available} are there` };
  const magic = magicOf(bytes, position);
  if (magic !== MAGIC_V2) return { code: "UNSUPPORTED_MAGIC", text: `magic ${magic}` };
  return undefined;
}

/** Where the batch at `position` ends; −1 when it is not whole before `limit`, or its length is that of no batch. */
export function endOfBatch(bytes: Uint8Array, position: number, limit = bytes.length): number {
  if (limit - position < LOG_OVERHEAD) return -1;
  const size = sizeInBytesOf(bytes, position);
  return size < BATCH_OVERHEAD || size > limit - position ? -1 : position + size;
}

/** Positions of the whole batches in `[start, limit)`, in order. Checks no CRC; ends where no whole batch follows. */
export function* batches(bytes: Uint8Array, start = 0, limit = bytes.length): Generator<number, void, undefined> {
  let position = start;
  for (let end = endOfBatch(bytes, position, limit); end !== -1; end = endOfBatch(bytes, position, limit)) {
    yield position;
    position = end;
  }
}
