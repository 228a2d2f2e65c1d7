import type { History } from "@samsa/history";
import { CompressionTypes, Kafka, KafkaJSError, logLevel, type Producer } from "kafkajs";
import type { Scenario } from "../scenario.ts";

export interface ForeignProducerOptions {
  readonly bootstrap: readonly string[];
  readonly scenario: Scenario;
  readonly history: History;
  readonly nowUs: () => number;
  readonly onAck: (partition: number, records: number, baseOffset: number | undefined) => void;
  readonly onError: (partition: number, error: string) => void;
}

const RETRIES = 1_000;
const DELIVERY_TIMEOUT_MS = 30_000;

/** kafkajs as the writer of a history: one loop a partition, each waits for its acknowledgement before it sends more. */
export class KafkaJsProducer {
  private readonly options: ForeignProducerOptions;
  private readonly producer: Producer;
  private readonly kafka: Kafka;
  private loops: Promise<void>[] = [];
  private isStopping = false;

  constructor(options: ForeignProducerOptions) {
    this.options = options;
    const { load } = options.scenario;
    this.kafka = new Kafka({ clientId: "samsa-scenario", brokers: [...options.bootstrap], logLevel: logLevel.NOTHING, connectionTimeout: 1_000, requestTimeout: 10_000, retry: { initialRetryTime: 30, maxRetryTime: 300, retries: RETRIES } });
    this.producer = this.kafka.producer({ idempotent: load.isIdempotent, maxInFlightRequests: load.maxInFlight, allowAutoTopicCreation: false, retry: { initialRetryTime: 30, maxRetryTime: 300, retries: RETRIES } });
  }

  async createTopic(): Promise<void> {
    const { topic } = this.options.scenario;
    const admin = this.kafka.admin();
    await admin.connect();
    await admin.createTopics({
      waitForLeaders: true,
      topics: [{ topic: topic.name, numPartitions: topic.partitions, replicationFactor: topic.replicationFactor, configEntries: [{ name: "min.insync.replicas", value: String(topic.minInsyncReplicas) }] }],
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
    const { scenario, history, nowUs, onAck, onError } = this.options;
    const { load, topic } = scenario;
    const sends = history.invokeBatch(partition, { topic: topic.name, partition }, load.recordsPerBatch, nowUs());
    try {
      const messages = sends.map((send) => ({ partition, key: null, value: history.payloadOf(send) }));
      const [result] = await this.producer.send({ topic: topic.name, acks: load.acks, timeout: DELIVERY_TIMEOUT_MS, compression: CompressionTypes.None, messages });
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
  if (error instanceof KafkaJSError && "type" in error && typeof error.type === "string") return error.type;
  return error instanceof Error ? error.name : String(error);
}
