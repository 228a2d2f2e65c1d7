import type { History } from "@samsa/history";
import type { Kafka, Producer } from "kafkajs";
import { type Scenario, topicConfigsOf } from "../scenario.ts";

export interface ForeignProducerOptions {
  readonly bootstrap: readonly string[];
  readonly scenario: Pick<Scenario, "topic" | "load">;
  readonly history: History;
  readonly nowUs: () => number;
  readonly onAck: (partition: number, records: number, baseOffset: number | undefined) => void;
  readonly onError: (partition: number, error: string) => void;
  /** kafkajs's own patience, as users have who set nothing; otherwise it retries soon and for ever. */
  readonly hasDefaultRetries?: boolean;
}

/** Short pauses and no end: a user who wants a short failover would set the same. */
const RETRY = { initialRetryTime: 20, maxRetryTime: 100, retries: Number.MAX_SAFE_INTEGER };
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** How long a broker may wait for the in-sync replicas. */
const ACK_TIMEOUT_MS = 5_000;
/** kafkajs's number for batches that are not compressed. */
const NOT_COMPRESSED = 0;

/** kafkajs as the writer of a history: one loop a partition, each waits for its acknowledgement before it sends more. */
export class KafkaJsProducer {
  private readonly options: ForeignProducerOptions;
  private readonly producer: Producer;
  private readonly kafka: Kafka;
  private loops: Promise<void>[] = [];
  private isStopping = false;

  private constructor(options: ForeignProducerOptions, kafka: Kafka) {
    this.options = options;
    const { isIdempotent, maxInFlight } = options.scenario.load;
    this.kafka = kafka;
    const patience = options.hasDefaultRetries === true ? {} : { maxInFlightRequests: maxInFlight, retry: RETRY };
    this.producer = kafka.producer({ idempotent: isIdempotent, allowAutoTopicCreation: false, ...patience });
  }

  /** kafkajs is loaded here: nothing else needs it. */
  static async create(options: ForeignProducerOptions): Promise<KafkaJsProducer> {
    silenceNegativeTimeouts();
    const { default: kafkajs } = await import("kafkajs");
    const patience = options.hasDefaultRetries === true ? {} : { connectionTimeout: CONNECTION_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS, retry: RETRY };
    const kafka = new kafkajs.Kafka({ clientId: "samsa-scenario", brokers: [...options.bootstrap], logLevel: kafkajs.logLevel.NOTHING, ...patience });
    return new KafkaJsProducer(options, kafka);
  }

  async createTopic(): Promise<void> {
    const { topic } = this.options.scenario;
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [
        {
          topic: topic.name,
          numPartitions: topic.partitions,
          replicationFactor: topic.replicationFactor,
          configEntries: Object.entries(topicConfigsOf(topic)).map(([name, value]) => ({ name, value })),
        },
      ],
    });
    await admin.disconnect();
  }

  async start(): Promise<void> {
    await this.producer.connect();
    const { partitions } = this.options.scenario.topic;
    this.loops = Array.from({ length: partitions }, (_, partition) => this.loop(partition));
  }

  /** Sends no more; resolves when what is on its way has been answered. */
  async stop(): Promise<void> {
    this.isStopping = true;
    await Promise.all(this.loops);
    await this.producer.disconnect();
  }

  /** Nobody waits for it any more: its cluster goes away. */
  abandon(): void {
    if (this.isStopping) return;
    this.isStopping = true;
    void this.producer.disconnect().catch(() => undefined);
  }

  private async loop(partition: number): Promise<void> {
    const { load, topic } = this.options.scenario;
    const intervalMs = (1000 * load.recordsPerBatch * topic.partitions) / load.recordsPerSecond;
    let dueAtMs = performance.now();
    while (!this.isStopping) {
      await this.sendBatch(partition);
      dueAtMs = Math.max(dueAtMs + intervalMs, performance.now() - intervalMs);
      const waitMs = dueAtMs - performance.now();
      if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
    }
  }

  private async sendBatch(partition: number): Promise<void> {
    const { scenario, history, nowUs, onAck, onError, hasDefaultRetries = false } = this.options;
    const { load, topic } = scenario;
    const timeout = hasDefaultRetries ? {} : { timeout: ACK_TIMEOUT_MS };
    const sends = history.invokeBatch(partition, { topic: topic.name, partition }, load.recordsPerBatch, nowUs());
    try {
      const messages = sends.map((send) => ({ partition, key: null, value: history.payloadOf(send) }));
      const [result] = await this.producer.send({ topic: topic.name, acks: load.acks, ...timeout, compression: NOT_COMPRESSED, messages });
      const baseOffset = result?.baseOffset === undefined ? undefined : Number(result.baseOffset);
      history.ackBatch(sends, baseOffset, nowUs());
      onAck(partition, sends.length, baseOffset);
    } catch (error) {
      // kafkajs retried: whatever it says at last, an earlier attempt may have been appended.
      const name = errorNameOf(error);
      for (const send of sends) history.endSend(send, { error: name, hadIndefiniteAttempt: true }, nowUs());
      onError(partition, name);
    }
  }
}

function errorNameOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return "type" in error && typeof error.type === "string" ? error.type : error.name;
}

/** kafkajs 2.2.4 sets timers in the past, of which Node 24 warns on stderr; they fire at once, as it means them to. */
function silenceNegativeTimeouts(): void {
  const printers = process.listeners("warning");
  process.removeAllListeners("warning");
  process.on("warning", (warning) => {
    if (warning.name !== "TimeoutNegativeWarning") for (const print of printers) print(warning);
  });
}
