import { type CompressionPorts, type ProducedBatchRules, setMaxTimestamp, validateProducedBatch } from "@samsa/protocol/records";
import type { Now } from "@samsa/stdx";
import type { LogConfig } from "./log-config.ts";
import { type AppendError, rejected, type Rejected } from "./log-results.ts";

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
    isCompacted: false,
    apiVersion: NEWEST_PRODUCE_VERSION,
    ...(timestampRange === undefined ? {} : { timestampRange }),
    ...(compression === undefined ? {} : { compression }),
  };
  const refusal = validateProducedBatch(records, rules);
  if (refusal !== undefined) return rejected(ERROR_NAMES.get(refusal.errorCode) ?? "INVALID_RECORD", refusal.text);
  if (records.length > config.segmentBytes)
    return rejected("RECORD_LIST_TOO_LARGE", `batch of ${records.length} bytes; a segment has at most ${config.segmentBytes}`);
  return undefined;
}

function timesAround(
  now: Now,
  { messageTimestampBeforeMaxMs: beforeMs, messageTimestampAfterMaxMs: afterMs }: LogConfig,
): ProducedBatchRules["timestampRange"] {
  if (beforeMs === undefined && afterMs === undefined) return undefined;
  return { earliestMs: now.wallMs - (beforeMs ?? Number.POSITIVE_INFINITY), latestMs: now.wallMs + (afterMs ?? Number.POSITIVE_INFINITY) };
}

/** Gives the batch the broker's time where the topic asks for it (then its CRC changes). Returns that time, −1 without. */
export function stampAppendTime(records: Uint8Array, config: LogConfig, now: Now): number {
  if (config.messageTimestampType !== "LogAppendTime") return -1;
  setMaxTimestamp(records, 0, "log-append-time", now.wallMs);
  return now.wallMs;
}
