import { MAX_IN_FLIGHT_IDEMPOTENT, PRODUCER_DEFAULTS, type ProducerConfig } from "@samsa/client";
import { type ClientSettings, clientSettings } from "../session/client-settings.ts";
import { configException, ConfigValues, type Properties } from "../session/config-values.ts";

/** What a producer is told by its properties. */
export interface ProducerSettings {
  readonly client: ClientSettings;
  readonly producer: ProducerConfig;
  /** `max.block.ms`: so long a record waits for its topic's partitions, or for room. */
  readonly maxBlockMs: number;
  /** `buffer.memory`: of records that have no outcome yet. */
  readonly bufferMemoryBytes: number;
}

const INT_MAX = 0x7fff_ffff;
const MAX_BLOCK_MS = 60_000;
const BUFFER_MEMORY_BYTES = 33_554_432;
const REQUEST_TIMEOUT_MS = 30_000;
/** The memory is the bound. */
const RECORDS_MAX = Number.MAX_SAFE_INTEGER;
const COMPRESSIONS = ["none", "gzip", "snappy", "lz4", "zstd"] as const;
const ACKS = { all: "all", "-1": "all", 0: 0, 1: 1 } as const;

/** Throws as Kafka's producer does where properties are wrong or contradict each other, and for what this one has not. */
export function producerSettings(bootstrapServers: string, properties: Properties): ProducerSettings {
  const values = new ConfigValues(properties);
  values.refuse("transactional.id");
  const client = clientSettings(bootstrapServers, properties, "Failed to construct kafka producer");
  const producer = {
    ...PRODUCER_DEFAULTS,
    acks: ACKS[values.oneOf("acks", ["all", "-1", "0", "1"], "all")],
    lingerMs: values.number("linger.ms", { fallback: PRODUCER_DEFAULTS.lingerMs, type: "LONG", min: 0 }),
    batchSizeBytes: values.number("batch.size", { fallback: PRODUCER_DEFAULTS.batchSizeBytes, type: "INT", min: 0 }),
    deliveryTimeoutMs: values.number("delivery.timeout.ms", { fallback: PRODUCER_DEFAULTS.deliveryTimeoutMs, type: "INT", min: 0 }),
    maxInFlight: values.number("max.in.flight.requests.per.connection", { fallback: PRODUCER_DEFAULTS.maxInFlight, type: "INT", min: 1 }),
    maxRequestBytes: values.number("max.request.size", { fallback: PRODUCER_DEFAULTS.maxRequestBytes, type: "INT", min: 0 }),
    retries: values.number("retries", { fallback: INT_MAX, type: "INT", min: 0 }),
    maxBufferedRecords: RECORDS_MAX,
    ...compressionOf(values),
  };
  const { lingerMs, deliveryTimeoutMs } = producer;
  const isIdempotent = isIdempotentWith(values, producer);
  const waitMs = lingerMs + (client.client.requestTimeoutMs ?? REQUEST_TIMEOUT_MS);
  if (deliveryTimeoutMs < waitMs && values.has("delivery.timeout.ms"))
    throw configException("delivery.timeout.ms should be equal to or larger than linger.ms + request.timeout.ms");
  return {
    client: { ...client, client: { ...client.client, allowAutoCreateTopics: true } },
    producer: { ...producer, isIdempotent, deliveryTimeoutMs: Math.max(deliveryTimeoutMs, waitMs) },
    maxBlockMs: values.number("max.block.ms", { fallback: MAX_BLOCK_MS, type: "LONG", min: 0 }),
    bufferMemoryBytes: values.number("buffer.memory", { fallback: BUFFER_MEMORY_BYTES, type: "LONG", min: 0 }),
  };
}

function compressionOf(values: ConfigValues): Pick<ProducerConfig, "compressionType" | "compressionLevel"> {
  const compressionType = values.oneOf("compression.type", COMPRESSIONS, "none");
  const levels = {
    gzip: values.number("compression.gzip.level", { fallback: -1, type: "INT", min: -1, max: 9 }),
    lz4: values.number("compression.lz4.level", { fallback: 9, type: "INT", min: 1, max: 17 }),
    zstd: values.number("compression.zstd.level", { fallback: 3, type: "INT", min: -131_072, max: 22 }),
  };
  return { compressionType, compressionLevel: compressionType in levels ? levels[compressionType as keyof typeof levels] : undefined };
}

/** Idempotence is on unless something else is asked for that excludes it; asked for, it excludes that. */
function isIdempotentWith(values: ConfigValues, producer: Pick<ProducerConfig, "acks" | "retries" | "maxInFlight">): boolean {
  const obstacles = [
    producer.retries === 0 ? "Must set retries to non-zero when using the idempotent producer." : undefined,
    producer.acks === "all" ? undefined : "Must set acks to all in order to use the idempotent producer. Otherwise we cannot guarantee idempotence.",
    producer.maxInFlight > MAX_IN_FLIGHT_IDEMPOTENT
      ? `Must set max.in.flight.requests.per.connection to at most ${MAX_IN_FLIGHT_IDEMPOTENT} to use the idempotent producer.`
      : undefined,
  ];
  const obstacle = obstacles.find((text) => text !== undefined);
  const isWanted = values.flag("enable.idempotence", true);
  if (isWanted && obstacle !== undefined && values.has("enable.idempotence")) throw configException(obstacle);
  return isWanted && obstacle === undefined;
}
