import type { Compression } from "./batch.ts";

/**
 * A codec of record batches. Must give at most `outputBytesMax` bytes and throw instead of going on, then with `LIMIT_EXCEEDED` as its `code`;
 * whatever it throws becomes a `DecodeError`.
 */
export interface CompressionPort {
  decompress(bytes: Uint8Array, outputBytesMax: number): Uint8Array;
  /** `level`: of those that Kafka has for the codec; undefined: its default. Absent: the codec only reads. */
  readonly compress?: (bytes: Uint8Array, level: number | undefined) => Uint8Array;
}

export type CompressionPorts = Readonly<Partial<Record<Exclude<Compression, "none">, CompressionPort>>>;

/** What one batch may decompress to, unless the caller says otherwise: 64 times Kafka's default `message.max.bytes`. */
export const DECOMPRESSED_BYTES_MAX = 64 * 1024 * 1024;

/** More would come out of a batch than is wanted. */
export class DecompressedLimitError extends Error {
  readonly code = "LIMIT_EXCEEDED";

  constructor(bytesMax: number) {
    super(`more than ${bytesMax} bytes`);
  }
}

/** The batch may be sound, but nobody has given us the codec to look inside. */
export class MissingCodecError extends Error {
  readonly code = "MISSING_CODEC";
  readonly compression: Compression | "unknown";

  constructor(compression: Compression | undefined) {
    super(`no codec for ${compression ?? "unknown"} record batches`);
    this.compression = compression ?? "unknown";
  }
}
