import { mergeOptions } from "../command-line/merge-options.ts";
import type { ParsedOptions } from "../command-line/option.ts";
import { readProperties } from "../session/command-config.ts";
import { keyValues, type Properties } from "../session/config-values.ts";

/** Options that stand for keys of the producer. */
const KEYS = {
  timeout: "linger.ms",
  "request-required-acks": "acks",
  "request-timeout-ms": "request.timeout.ms",
  "message-send-max-retries": "retries",
  "retry-backoff-ms": "retry.backoff.ms",
  "socket-buffer-size": "send.buffer.bytes",
  "max-memory-bytes": "buffer.memory",
  "batch-size": "batch.size",
  "max-partition-memory-bytes": "batch.size",
  "metadata-expiry-ms": "metadata.max.age.ms",
  "max-block-ms": "max.block.ms",
} as const;

const NUMBERS = Object.keys(KEYS).filter((name) => name !== "request-required-acks");

/** What the producer is told: the file, then properties, then options. Throws where the file can't be read, or a number is none. */
export function producerProperties(parsed: ParsedOptions): Properties {
  const file = readProperties(parsed.valueOf(parsed.has("producer.config") ? "producer.config" : "command-config"));
  const words = parsed.valuesOf(parsed.has("producer-property") ? "producer-property" : "command-property");
  const properties = new Map([...file, ...keyValues(words)]);
  for (const name of NUMBERS) parsed.integerOf(name);
  properties.set("compression.type", compressionOf(parsed));
  if (!properties.has("client.id")) properties.set("client.id", "console-producer");
  mergeOptions(properties, parsed, KEYS);
  return properties;
}

/** Without a value it is gzip. */
function compressionOf(parsed: ParsedOptions): string {
  if (!parsed.has("compression-codec")) return "none";
  const codec = parsed.valueOf("compression-codec") ?? "";
  return codec === "" ? "gzip" : codec;
}
