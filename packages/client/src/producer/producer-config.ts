import type { Compression } from "@samsa/protocol/records";
import { invariant } from "@samsa/stdx";

/** Settings of a producer under Kafka's names; defaults are Kafka's. */
export interface ProducerConfig {
  readonly acks: "all" | 1 | 0;
  /** enable.idempotence; needs acks=all and at most `MAX_IN_FLIGHT_IDEMPOTENT` in flight. */
  readonly isIdempotent: boolean;
  /**
   * Where a new producer id begins, 0 and 0 as in Kafka. Others bring a test near the limits, 2^15 − 1 and 2^31 − 1: a broker takes any
   * first epoch and sequence of a producer that it does not know (KAFKA-7692).
   */
  readonly firstProducerEpoch: number;
  readonly firstSequence: number;
  readonly lingerMs: number;
  readonly batchSizeBytes: number;
  readonly deliveryTimeoutMs: number;
  /** max.in.flight.requests.per.connection. */
  readonly maxInFlight: number;
  readonly maxRequestBytes: number;
  /** Attempts behind the first one; whichever of these and `deliveryTimeoutMs` comes first ends them. */
  readonly retries: number;
  /** `compression.type`: whole batches, by a codec that this process has (`useCompression`). */
  readonly compressionType: Compression;
  /** `compression.<codec>.level`; undefined: Kafka's default of the codec. */
  readonly compressionLevel: number | undefined;
  /** Records waiting for their outcome; `send` refuses more. In place of Kafka's buffer.memory. */
  readonly maxBufferedRecords: number;
  /** Told of every answer that is an error after which the batch is sent again, by Kafka's name for it. Must not call the producer. */
  readonly onRetriableError: (error: string) => void;
}

/** As many batches of a producer as a broker remembers for a partition. */
export const MAX_IN_FLIGHT_IDEMPOTENT = 5;

export const PRODUCER_DEFAULTS: ProducerConfig = {
  acks: "all",
  isIdempotent: true,
  firstProducerEpoch: 0,
  firstSequence: 0,
  lingerMs: 5,
  batchSizeBytes: 16_384,
  deliveryTimeoutMs: 120_000,
  maxInFlight: 5,
  maxRequestBytes: 1_048_576,
  retries: 0x7fff_ffff,
  compressionType: "none",
  compressionLevel: undefined,
  maxBufferedRecords: 100_000,
  onRetriableError: () => undefined,
};

export function producerConfig(options: Partial<ProducerConfig>): ProducerConfig {
  const config = { ...PRODUCER_DEFAULTS, ...options };
  invariant(config.maxInFlight >= 1, "a producer may have a request in flight", { maxInFlight: config.maxInFlight });
  if (config.isIdempotent)
    invariant(config.acks === "all" && config.maxInFlight <= MAX_IN_FLIGHT_IDEMPOTENT, "idempotence needs acks=all and at most 5 in flight", { ...config });
  return config;
}
