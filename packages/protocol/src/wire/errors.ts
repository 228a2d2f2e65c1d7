/** Why a decoder refused its input. */
export type DecodeErrorCode =
  /** The input ends before the message does, or a length points beyond its end. */
  | "TRUNCATED"
  /** A length, count, varint, number or tag that no encoder writes. */
  | "MALFORMED"
  /** Null where the version does not allow it. */
  | "UNEXPECTED_NULL"
  /** Well-formed, but larger than this decoder is willing to build. */
  | "LIMIT_EXCEEDED"
  /** A version outside of the API's range. */
  | "UNSUPPORTED_VERSION";

/** The one class of error that a decoder of this package throws, whatever the bytes are. The sender is to be cut off. */
export class DecodeError extends Error {
  readonly code: DecodeErrorCode;

  constructor(code: DecodeErrorCode, text: string) {
    super(text);
    this.code = code;
  }
}

/** The message cannot be said in that version: a mistake of the caller, not of the peer. */
export class EncodeError extends Error {
  readonly code = "ENCODE_ERROR";
}

/** A field that the version lacks, is not ignorable and is not at its default. Called by generated code. */
export function failUnsupportedField(message: string, field: string, version: number): never {
  throw new EncodeError(`${message} version ${version} has no field ${field}: it must stay at its default`);
}

/** Called by generated code. */
export function failNullField(message: string, field: string, version: number): never {
  throw new EncodeError(`${field} of ${message} must not be null in version ${version}`);
}

/** Called by generated code. */
export function failEncodeVersion(message: string, version: number): never {
  throw new EncodeError(`${message} has no version ${version}`);
}

/** Called by generated code. */
export function failDecodeVersion(message: string, version: number): never {
  throw new DecodeError("UNSUPPORTED_VERSION", `${message} has no version ${version}`);
}
