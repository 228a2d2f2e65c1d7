import {
  type CompressionPorts,
  compressionPorts,
  MissingCodecError,
  type ProducedBatchRules,
  recompress,
  setMaxTimestamp,
  validateProducedBatch,
} from "@samsa/protocol/records";
import { type Now, offset } from "@samsa/stdx";
import type { LogConfig } from "./log-config.ts";
import { type AppendError, type LeaderAppend, rejected, type Rejected } from "./log-results.ts";
import type { ProducerBatch } from "./producer-state.ts";

/** The Produce handler, which knows the request's version, has refused what the version doesn't allow. */
const NEWEST_PRODUCE_VERSION = Number.MAX_SAFE_INTEGER;

/** Kafka's numbers of the errors that a produced batch can get. */
const ERROR_NAMES: ReadonlyMap<number, AppendError> = new Map([
  [2, "CORRUPT_MESSAGE"],
  [10, "MESSAGE_TOO_LARGE"],
  [32, "INVALID_TIMESTAMP"],
  [43, "UNSUPPORTED_FOR_MESSAGE_FORMAT"],
  [76, "UNSUPPORTED_COMPRESSION_TYPE"],
  [87, "INVALID_RECORD"],
]);

/** Why a client may not append these bytes, which must be one whole batch; its CRC is checked here, once. `compression`: what to look into it with. */
export function refuseProduced(records: Uint8Array, config: LogConfig, now: Now, compression?: CompressionPorts): Rejected | undefined {
  const timestampRange = config.messageTimestampType === "CreateTime" ? timesAround(now, config) : undefined;
  const rules: ProducedBatchRules = {
    maxMessageBytes: config.maxMessageBytes,
    isCompacted: config.isCompacted === true,
    apiVersion: NEWEST_PRODUCE_VERSION,
    ...(timestampRange === undefined ? {} : { timestampRange }),
    ...(compression === undefined ? {} : { compression }),
  };
  const refusal = validateProducedBatch(records, rules);
  if (refusal !== undefined) return rejected(ERROR_NAMES.get(refusal.errorCode) ?? "INVALID_RECORD", refusal.text);
  return config.recompression === undefined ? refuseForSegment(records, config) : undefined;
}

/**
 * The batch as it is to be stored, by the topic's `compression.type`: it may have grown beyond what the topic takes, or want a codec that is not
 * there.
 */
export function storedAs(records: Uint8Array, config: LogConfig, ports: CompressionPorts = compressionPorts()): Uint8Array | Rejected {
  const { recompression, maxMessageBytes } = config;
  if (recompression === undefined) return records;
  try {
    const stored = recompress(records, recompression, ports);
    if (stored !== records && stored.length > maxMessageBytes)
      return rejected("MESSAGE_TOO_LARGE", `batch of ${stored.length} bytes in ${recompression.compression}; at most ${maxMessageBytes} are allowed`);
    return refuseForSegment(stored, config) ?? stored;
  } catch (error) {
    if (error instanceof MissingCodecError) return rejected("UNSUPPORTED_COMPRESSION_TYPE", error.message);
    throw error;
  }
}

function refuseForSegment(records: Uint8Array, { segmentBytes }: LogConfig): Rejected | undefined {
  if (records.length <= segmentBytes) return undefined;
  return rejected("RECORD_LIST_TOO_LARGE", `batch of ${records.length} bytes; a segment has at most ${segmentBytes}`);
}

function timesAround(
  now: Now,
  { messageTimestampBeforeMaxMs: beforeMs, messageTimestampAfterMaxMs: afterMs }: LogConfig,
): ProducedBatchRules["timestampRange"] {
  if (beforeMs === undefined && afterMs === undefined) return undefined;
  return { earliestMs: now.wallMs - (beforeMs ?? Number.POSITIVE_INFINITY), latestMs: now.wallMs + (afterMs ?? Number.POSITIVE_INFINITY) };
}

/** As the first time: what a producer is told whose batch is in the log already. */
export function duplicateOf({ baseOffset, endOffset, maxTimestamp }: ProducerBatch, config: LogConfig): LeaderAppend {
  const logAppendTimeMs = config.messageTimestampType === "LogAppendTime" ? maxTimestamp : -1;
  return { type: "duplicate", baseOffset: offset(baseOffset), endOffset: offset(endOffset), logAppendTimeMs };
}

/** Gives the batch the broker's time where the topic asks for it (then its CRC changes). Returns that time, −1 without. */
export function stampAppendTime(records: Uint8Array, config: LogConfig, now: Now): number {
  if (config.messageTimestampType !== "LogAppendTime") return -1;
  setMaxTimestamp(records, 0, "log-append-time", now.wallMs);
  return now.wallMs;
}
