import { decodeUtf8 } from "@samsa/stdx";
import { DecodeError } from "../wire/errors.ts";
import { Reader } from "../wire/reader.ts";
import { baseOffsetOf, baseTimestampOf, compressionOf, countOf, maxTimestampOf, sizeInBytesOf, timestampTypeOf } from "./batch.ts";
import { checkFraming } from "./check-batch.ts";
import { type CompressionPorts, DECOMPRESSED_BYTES_MAX, MissingCodecError } from "./compression.ts";
import { compressionPorts } from "./compression-ports.ts";
import { BATCH_OVERHEAD } from "./layout.ts";

export interface RecordHeader {
  readonly key: string;
  readonly value: Uint8Array | null;
}

/** Keys and values are views of the batch, or of what it decompressed to. */
export interface DecodedRecord {
  readonly offset: number;
  /** Milliseconds; of the whole batch when the broker's clock gave it. */
  readonly timestamp: number;
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly headers: readonly RecordHeader[];
}

/** Length, attributes, two deltas, two lengths and the count of headers: no record is shorter. */
const RECORD_SIZE_MIN = 7;
const HEADER_SIZE_MIN = 2;
const NO_HEADERS: readonly RecordHeader[] = [];

/**
 * The records of the batch at `position`. Throws `DecodeError` for bytes that are no batch of format v2 and
 * `MissingCodecError` when it is compressed with a codec that is not among `ports`. Checks no CRC.
 */
export function decodeRecords(
  bytes: Uint8Array,
  position = 0,
  ports: CompressionPorts = compressionPorts(),
  outputBytesMax = DECOMPRESSED_BYTES_MAX,
): DecodedRecord[] {
  const { reader, count } = openRecords(bytes, position, ports, outputBytesMax);
  const origin: Origin = {
    baseOffset: baseOffsetOf(bytes, position),
    baseTimestamp: baseTimestampOf(bytes, position),
    appendTime: timestampTypeOf(bytes, position) === "log-append-time" ? maxTimestampOf(bytes, position) : undefined,
  };
  const records: DecodedRecord[] = [];
  for (let i = 0; i < count; i++) records.push(decodeRecord(reader, origin));
  failIfRest(reader);
  return records;
}

/** Told of each record in its order. */
export type RecordVisit = (index: number, offsetDelta: number, timestamp: number, hasKey: boolean) => void;

/**
 * Walks over the records and refuses what `decodeRecords` refuses, but makes nothing of them: a produced batch of thousands is
 * judged without a thousand objects. Timestamps are those of the producer.
 */
export function skimRecords(bytes: Uint8Array, ports: CompressionPorts, visit: RecordVisit): void {
  const { reader, count } = openRecords(bytes, 0, ports, DECOMPRESSED_BYTES_MAX);
  const baseTimestamp = baseTimestampOf(bytes, 0);
  for (let i = 0; i < count; i++) {
    const end = endOfRecord(reader);
    reader.int8();
    const timestamp = baseTimestamp + reader.varlong();
    const offsetDelta = reader.varint();
    const hasKey = skipBytesOrNull(reader);
    skipBytesOrNull(reader);
    for (let left = headerCount(reader); left > 0; left--) {
      reader.skip(headerKeyLength(reader));
      skipBytesOrNull(reader);
    }
    failUnlessAt(reader, end);
    visit(i, offsetDelta, timestamp, hasKey);
  }
  failIfRest(reader);
}

/** At the first record. */
function openRecords(
  bytes: Uint8Array,
  position: number,
  ports: CompressionPorts,
  outputBytesMax: number,
): { readonly reader: Reader; readonly count: number } {
  const framing = checkFraming(bytes, position);
  if (framing !== undefined) throw new DecodeError(framing.code === "TRUNCATED" ? "TRUNCATED" : "MALFORMED", framing.text);
  const content = contentOf(bytes, position, ports, outputBytesMax);
  const count = countOf(bytes, position);
  if (count < 0 || count * RECORD_SIZE_MIN > content.length) throw new DecodeError("MALFORMED", `${count} records in ${content.length} bytes`);
  return { reader: new Reader(content), count };
}

interface Origin {
  readonly baseOffset: number;
  readonly baseTimestamp: number;
  readonly appendTime: number | undefined;
}

/** The encoded records: behind the header, or what that decompresses to. */
export function contentOf(bytes: Uint8Array, position: number, ports: CompressionPorts, outputBytesMax: number): Uint8Array {
  const stored = bytes.subarray(position + BATCH_OVERHEAD, position + sizeInBytesOf(bytes, position));
  const compression = compressionOf(bytes, position);
  if (compression === "none") return stored;
  const port = compression === undefined ? undefined : ports[compression];
  if (port === undefined) throw new MissingCodecError(compression);
  const content = decompress(() => port.decompress(stored, outputBytesMax));
  if (content.length > outputBytesMax) throw new DecodeError("LIMIT_EXCEEDED", `batch decompresses to more than ${outputBytesMax} bytes`);
  return content;
}

function decompress(run: () => Uint8Array): Uint8Array {
  try {
    return run();
  } catch (error) {
    const isTooMuch = error instanceof Error && "code" in error && error.code === "LIMIT_EXCEEDED";
    throw new DecodeError(isTooMuch ? "LIMIT_EXCEEDED" : "MALFORMED", `batch does not decompress: ${error instanceof Error ? error.message : "codec failed"}`);
  }
}

function decodeRecord(reader: Reader, origin: Origin): DecodedRecord {
  const end = endOfRecord(reader);
  reader.int8();
  const timestamp = origin.baseTimestamp + reader.varlong();
  const offset = origin.baseOffset + reader.varint();
  const key = bytesOrNull(reader);
  const value = bytesOrNull(reader);
  const headers = decodeHeaders(reader);
  failUnlessAt(reader, end);
  return { offset, timestamp: origin.appendTime ?? timestamp, key, value, headers };
}

function decodeHeaders(reader: Reader): readonly RecordHeader[] {
  const count = headerCount(reader);
  if (count === 0) return NO_HEADERS;
  const headers: RecordHeader[] = [];
  for (let i = 0; i < count; i++) {
    const length = headerKeyLength(reader);
    headers.push({ key: decodeUtf8(reader.view(length)), value: bytesOrNull(reader) });
  }
  return headers;
}

function endOfRecord(reader: Reader): number {
  const size = reader.varint();
  if (size < 0 || size > reader.remaining) throw new DecodeError("TRUNCATED", `record of ${size} bytes, ${reader.remaining} are left`);
  return reader.position + size;
}

function failUnlessAt(reader: Reader, end: number): void {
  if (reader.position !== end) throw new DecodeError("MALFORMED", `record ends at byte ${reader.position}, not ${end}`);
}

function failIfRest(reader: Reader): void {
  if (reader.remaining > 0) throw new DecodeError("MALFORMED", `${reader.remaining} bytes behind the last record`);
}

/** −1 for null. */
function lengthOrNull(reader: Reader): number {
  const length = reader.varint();
  if (length < -1) throw new DecodeError("MALFORMED", `length ${length} in a record`);
  return length;
}

function bytesOrNull(reader: Reader): Uint8Array | null {
  const length = lengthOrNull(reader);
  return length === -1 ? null : reader.view(length);
}

/** False for null. */
function skipBytesOrNull(reader: Reader): boolean {
  const length = lengthOrNull(reader);
  if (length > 0) reader.skip(length);
  return length >= 0;
}

function headerCount(reader: Reader): number {
  const count = reader.varint();
  if (count < 0 || count * HEADER_SIZE_MIN > reader.remaining) throw new DecodeError("MALFORMED", `${count} headers in ${reader.remaining} bytes`);
  return count;
}

function headerKeyLength(reader: Reader): number {
  const length = reader.varint();
  if (length < 0) throw new DecodeError("UNEXPECTED_NULL", "a record's header has no key");
  return length;
}
