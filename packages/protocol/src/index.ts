export * from "./generated/index.ts";
export type { ApiCodec } from "./api-codec.ts";
export { DecodeError, type DecodeErrorCode, EncodeError } from "./wire/errors.ts";
export { MAX_DECODED_OBJECTS, MAX_STRING_BYTES, MAX_UNKNOWN_TAGGED_FIELDS, Reader } from "./wire/reader.ts";
export type { Records, RecordsInput, RecordsPart, UnknownTaggedField } from "./wire/records-part.ts";
export { partsLength, Writer } from "./wire/writer.ts";
