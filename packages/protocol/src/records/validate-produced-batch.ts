import { ErrorCode } from "../errors.ts";
import { DecodeError } from "../wire/errors.ts";
import * as batch from "./batch.ts";
import { checkBatch } from "./check-batch.ts";
import { type CompressionPorts, MissingCodecError } from "./compression.ts";
import { compressionPorts } from "./compression-ports.ts";
import { skimRecords } from "./decode-records.ts";
import { BATCH_OVERHEAD, LOG_OVERHEAD, MAGIC_AT, MAGIC_V2 } from "./layout.ts";

/** Why a produced batch is refused, ready for a Produce response. */
export interface ProducedBatchError {
  readonly errorCode: ErrorCode;
  readonly text: string;
  /** The records at fault, by their position in the batch; at most `RECORD_ERRORS_MAX`. */
  readonly recordErrors: readonly { readonly batchIndex: number; readonly text: string }[];
}

export interface ProducedBatchRules {
  /** `max.message.bytes` of the topic: on the batch as it came, compressed or not. */
  readonly maxMessageBytes: number;
  /** `cleanup.policy` includes compact: every record needs a key. */
  readonly isCompacted: boolean;
  /** The version of the Produce request: zstd is allowed from 7 on. */
  readonly apiVersion: number;
  /** `message.timestamp.{before,after}.max.ms` around the broker's time; undefined where the topic does not ask. */
  readonly timestampRange?: { readonly earliestMs: number; readonly latestMs: number };
  /** To look into compressed batches, in place of what the process has. One whose codec is missing is judged by its header alone. */
  readonly compression?: CompressionPorts;
}

/** Errors listed for one batch; a batch of a million bad records must not become a response of megabytes. */
export const RECORD_ERRORS_MAX = 10;
const ZSTD_FROM_VERSION = 7;
/** Header of the shortest message of a v0 message set. */
const LEGACY_OVERHEAD = 14;
const NO_TIMESTAMP = -1;

/**
 * Whether a client may append these bytes: what Kafka checks of a produce request, of its log and in its `LogValidator`,
 * for format v2. The bytes must be one whole batch and nothing else.
 */
export function validateProducedBatch(bytes: Uint8Array | null, rules: ProducedBatchRules): ProducedBatchError | undefined {
  if (bytes === null || bytes.length === 0) return refusal(ErrorCode.INVALID_RECORD, "a produce request has one record batch per partition, not none");
  return checkWhole(bytes, rules) ?? checkHeader(bytes, rules) ?? checkContent(bytes, rules);
}

const refusal = (errorCode: ErrorCode, text: string, recordErrors: ProducedBatchError["recordErrors"] = []): ProducedBatchError => ({
  errorCode,
  text,
  recordErrors,
});

/**
 * In Kafka's order: what says no length of any batch is damaged; what is not whole is no batch; message sets of v0 and v1, which a Produce request may
 * not hold since version 3, are told from damaged batches of v2 by their magic.
 */
function checkWhole(bytes: Uint8Array, rules: ProducedBatchRules): ProducedBatchError | undefined {
  return checkFirst(bytes) ?? checkOnly(bytes, rules);
}

function checkFirst(bytes: Uint8Array): ProducedBatchError | undefined {
  if (bytes.length < LOG_OVERHEAD) return refusal(ErrorCode.INVALID_RECORD, `${bytes.length} bytes are no record batch`);
  const size = batch.sizeInBytesOf(bytes);
  if (size < LOG_OVERHEAD + LEGACY_OVERHEAD) return refusal(ErrorCode.CORRUPT_MESSAGE, `a batch of ${size} bytes is shorter than its header`);
  const magic = bytes.length > MAGIC_AT ? batch.magicOf(bytes) : MAGIC_V2;
  if (magic < 0 || magic > MAGIC_V2) return refusal(ErrorCode.CORRUPT_MESSAGE, `magic ${magic}`);
  if (size > bytes.length) return refusal(ErrorCode.INVALID_RECORD, `batch of ${size} bytes, of which ${bytes.length} are there`);
  return magic === MAGIC_V2 ? undefined : refusal(ErrorCode.INVALID_RECORD, `record batches must have magic 2, not ${magic}`);
}

function checkOnly(bytes: Uint8Array, rules: ProducedBatchRules): ProducedBatchError | undefined {
  const size = batch.sizeInBytesOf(bytes);
  if (size < BATCH_OVERHEAD) return refusal(ErrorCode.CORRUPT_MESSAGE, `a batch of ${size} bytes is shorter than its header`);
  if (size < bytes.length) return refusal(ErrorCode.INVALID_RECORD, "a produce request has exactly one record batch per partition");
  if (size > rules.maxMessageBytes) return refusal(ErrorCode.MESSAGE_TOO_LARGE, `batch of ${size} bytes; at most ${rules.maxMessageBytes} are allowed`);
  const damage = checkBatch(bytes);
  return damage === undefined ? undefined : refusal(ErrorCode.CORRUPT_MESSAGE, damage.text);
}

function checkHeader(bytes: Uint8Array, rules: ProducedBatchRules): ProducedBatchError | undefined {
  const count = batch.countOf(bytes);
  const lastOffsetDelta = batch.lastOffsetDeltaOf(bytes);
  if (batch.baseOffsetOf(bytes) !== 0) return refusal(ErrorCode.INVALID_RECORD, `the base offset of a produced batch is 0, not ${batch.baseOffsetOf(bytes)}`);
  if (lastOffsetDelta < 0) return refusal(ErrorCode.INVALID_RECORD, `invalid offset range: last offset delta ${lastOffsetDelta}`);
  if (count <= 0) return refusal(ErrorCode.INVALID_RECORD, `invalid count of records: ${count}`);
  if (count !== lastOffsetDelta + 1) return refusal(ErrorCode.INVALID_RECORD, `${count} records, but a last offset delta of ${lastOffsetDelta}`);
  if (batch.isControlBatch(bytes)) return refusal(ErrorCode.INVALID_RECORD, "clients may not write control records");
  return checkProducer(bytes) ?? checkCompression(bytes, rules) ?? checkTimestamps(bytes);
}

function checkProducer(bytes: Uint8Array): ProducedBatchError | undefined {
  const producerId = batch.producerIdOf(bytes);
  if (!Number.isSafeInteger(producerId)) return refusal(ErrorCode.INVALID_RECORD, "producer id beyond 2^53");
  const sequence = batch.baseSequenceOf(bytes);
  if (producerId >= 0 && sequence < 0) return refusal(ErrorCode.INVALID_RECORD, `invalid sequence ${sequence} of producer ${producerId}`);
  if (producerId < 0 && batch.isTransactionalBatch(bytes)) return refusal(ErrorCode.INVALID_RECORD, "a transactional batch needs a producer id");
  return undefined;
}

function checkCompression(bytes: Uint8Array, rules: ProducedBatchRules): ProducedBatchError | undefined {
  const compression = batch.compressionOf(bytes);
  if (compression === undefined) return refusal(ErrorCode.INVALID_RECORD, `unknown compression in attributes ${batch.attributesOf(bytes)}`);
  if (compression === "zstd" && rules.apiVersion < ZSTD_FROM_VERSION) return refusal(ErrorCode.UNSUPPORTED_COMPRESSION_TYPE, "zstd needs Produce version 7");
  return undefined;
}

function checkTimestamps(bytes: Uint8Array): ProducedBatchError | undefined {
  if (batch.timestampTypeOf(bytes) === "log-append-time") return refusal(ErrorCode.INVALID_TIMESTAMP, "only the broker writes batches with append time");
  if (Number.isSafeInteger(batch.baseTimestampOf(bytes)) && Number.isSafeInteger(batch.maxTimestampOf(bytes))) return undefined;
  return refusal(ErrorCode.INVALID_TIMESTAMP, "timestamp beyond 2^53");
}

/** What is wrong with the records, gathered on one walk over them. */
class ContentCheck {
  private readonly rules: ProducedBatchRules;
  private readonly keyless: number[] = [];
  private readonly untimely: number[] = [];
  private misplaced: string | undefined;

  constructor(rules: ProducedBatchRules) {
    this.rules = rules;
  }

  record(index: number, offsetDelta: number, timestamp: number, hasKey: boolean): void {
    const { isCompacted, timestampRange: range } = this.rules;
    if (offsetDelta !== index) this.misplaced ??= `record ${index} has offset delta ${offsetDelta}`;
    if (isCompacted && !hasKey && this.keyless.length < RECORD_ERRORS_MAX) this.keyless.push(index);
    if (range === undefined || timestamp === NO_TIMESTAMP || (timestamp >= range.earliestMs && timestamp <= range.latestMs)) return;
    if (this.untimely.length < RECORD_ERRORS_MAX) this.untimely.push(index);
  }

  /** The gravest. */
  refusal(): ProducedBatchError | undefined {
    const { timestampRange: range } = this.rules;
    if (this.misplaced !== undefined) return refusal(ErrorCode.INVALID_RECORD, this.misplaced);
    if (this.keyless.length > 0) return blame(ErrorCode.INVALID_RECORD, "records of a compacted topic need a key", this.keyless);
    if (this.untimely.length > 0)
      return blame(ErrorCode.INVALID_TIMESTAMP, `timestamp is not within [${range?.earliestMs}, ${range?.latestMs}]`, this.untimely);
    return undefined;
  }
}

function checkContent(bytes: Uint8Array, rules: ProducedBatchRules): ProducedBatchError | undefined {
  const check = new ContentCheck(rules);
  try {
    skimRecords(bytes, rules.compression ?? compressionPorts(), (index, offsetDelta, timestamp, hasKey) => check.record(index, offsetDelta, timestamp, hasKey));
  } catch (error) {
    if (error instanceof MissingCodecError) return checkHeaderTimes(bytes, rules);
    // The Java client makes two of it then; Kafka has no such limit.
    if (error instanceof DecodeError && error.code === "LIMIT_EXCEEDED") return refusal(ErrorCode.MESSAGE_TOO_LARGE, error.message);
    if (error instanceof DecodeError) return refusal(ErrorCode.INVALID_RECORD, error.message);
    throw error;
  }
  return check.refusal();
}

/** All that can be known of the records' times without their codec: of the first one, and of the latest as the client says. */
function checkHeaderTimes(bytes: Uint8Array, { timestampRange: range }: ProducedBatchRules): ProducedBatchError | undefined {
  if (range === undefined) return undefined;
  for (const timestamp of [batch.baseTimestampOf(bytes), batch.maxTimestampOf(bytes)]) {
    if (timestamp !== NO_TIMESTAMP && (timestamp < range.earliestMs || timestamp > range.latestMs))
      return refusal(ErrorCode.INVALID_TIMESTAMP, `timestamp ${timestamp} is not within [${range.earliestMs}, ${range.latestMs}]`);
  }
  return undefined;
}

const blame = (errorCode: ErrorCode, text: string, indexes: readonly number[]): ProducedBatchError =>
  refusal(
    errorCode,
    text,
    indexes.map((batchIndex) => ({ batchIndex, text })),
  );
