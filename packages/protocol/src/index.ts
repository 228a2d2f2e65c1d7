export * from "./generated/index.ts";
export type { ApiCodec } from "./api-codec.ts";
export { type AnyApi, apiOf, isSupportedVersion, PRODUCE_ADVERTISED_MIN_VERSION, requestHeaderVersion, responseHeaderVersion } from "./apis.ts";
export { ErrorCode, errorName, type ErrorName, errorOf, errors, isRetriable, type KafkaError } from "./errors.ts";
export { encodeFrame } from "./frame/encode-frame.ts";
export { encodeRequestFrame, encodeResponseFrame, type ResponseHeaderInput } from "./frame/encode-message.ts";
export {
  type DecodedFrames,
  FrameDecoder,
  type FrameError,
  MAX_FRAME_BYTES,
  MAX_FRAME_BYTES_BEFORE_AUTHENTICATION,
  SMALL_FRAME_BYTES,
} from "./frame/frame-decoder.ts";
export {
  correlationIdOf,
  type DecodedRequestHeader,
  decodeRequestHeader,
  decodeResponseHeader,
  encodeRequestHeader,
  encodeResponseHeader,
  type RequestHeaderInput,
} from "./headers.ts";
export { DecodeError, type DecodeErrorCode, EncodeError } from "./wire/errors.ts";
export { MAX_DECODED_OBJECTS, MAX_STRING_BYTES, MAX_UNKNOWN_TAGGED_FIELDS, Reader } from "./wire/reader.ts";
export type { Records, RecordsInput, RecordsPart, UnknownTaggedField } from "./wire/records-part.ts";
export { partsLength, Writer } from "./wire/writer.ts";
