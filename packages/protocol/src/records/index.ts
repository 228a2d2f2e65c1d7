export * from "./batch.ts";
export { batches, type BatchError, type BatchErrorCode, checkBatch, checkFraming, endOfBatch } from "./check-batch.ts";
export { type CompressionPort, type CompressionPorts, DECOMPRESSED_BYTES_MAX, MissingCodecError } from "./compression.ts";
export { crc32c, type Crc32cPort, portableCrc32c, useCrc32c } from "./crc32c.ts";
export { type DecodedRecord, decodeRecords, type RecordHeader } from "./decode-records.ts";
export { type BatchInput, encodeBatch, type RecordInput } from "./encode-batch.ts";
export * from "./layout.ts";
export { readInt16, readInt32, readInt64, writeInt16, writeInt32, writeInt64 } from "./numbers.ts";
export { type ProducedBatchError, type ProducedBatchRules, RECORD_ERRORS_MAX, validateProducedBatch } from "./validate-produced-batch.ts";
