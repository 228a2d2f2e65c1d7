import { type CheckOptions, checkHistory, History, type Verdict } from "@samsa/history";
import { KafkaJsProducer } from "../drivers/kafkajs-producer.ts";
import { KcatProducer } from "../drivers/kcat-producer.ts";
import { readBack } from "../process-world/read-back.ts";
import type { Scenario } from "../scenario.ts";
import { AckGaps } from "../timeline/ack-gaps.ts";

/** The clients of a rolling restart, each as its library is without a setting but idempotence, and with acks=all. */
export const RESTART_CLIENTS = ["kafkajs", "kafkajs-idempotent", "librdkafka", "librdkafka-idempotent"] as const;
export type RestartClient = (typeof RESTART_CLIENTS)[number];

const PARTITIONS = 3;
const RECORDS_PER_SECOND = 600;
const RECORDS_PER_BATCH = 10;
/** What librdkafka has on the way by default. */
const LIBRDKAFKA_IN_FLIGHT = 1_000_000;
const FAILURES_KEPT = 20;

export interface RestartLoadOptions {
  readonly client: RestartClient;
  readonly bootstrap: readonly string[];
  readonly nowMs: () => number;
  readonly onAck: () => void;
}

interface Writer {
  start(): Promise<void>;
  stop(): Promise<void>;
  abandon(): void;
}

/** One client library writing to a topic of its own until it is told to stop; a produce that the library gives up is a failure. */
export class RestartLoad {
  readonly gaps = new AckGaps();
  readonly topic: Scenario["topic"];
  readonly client: RestartClient;
  readonly failed: string[] = [];
  failedCount = 0;
  acked = 0;
  private readonly options: RestartLoadOptions;
  private readonly history: History;
  private readonly isIdempotent: boolean;
  private writer: Writer | undefined;

  constructor(options: RestartLoadOptions) {
    const { client } = options;
    this.options = options;
    this.client = client;
    this.isIdempotent = client.endsWith("idempotent");
    this.topic = { name: client, partitions: PARTITIONS, replicationFactor: 3, minInsyncReplicas: 2 };
    this.history = new History(client);
  }

  async start(): Promise<void> {
    this.writer = this.options.client.startsWith("kafkajs") ? await this.kafkaJs() : this.kcat();
    await this.writer.start();
  }

  /** Sends no more; resolves when the library has an answer to everything, or has given it up. */
  async stop(): Promise<void> {
    await this.writer?.stop();
  }

  abandon(): void {
    this.writer?.abandon();
  }

  async verdict(): Promise<Verdict> {
    await readBack(this.history, { bootstrap: this.options.bootstrap, topic: this.topic });
    return checkHistory(this.history, this.rules);
  }

  /** kafkajs has one batch of a partition on the way: whoever writes waits for its acknowledgement. */
  private get rules(): CheckOptions {
    const maxInFlight = this.options.client === "librdkafka" ? LIBRDKAFKA_IN_FLIGHT : 1;
    return { acks: "all", isIdempotent: this.isIdempotent, maxInFlight };
  }

  private readonly nowUs = (): number => Math.round(this.options.nowMs() * 1000);

  private took(partition: number, records: number): void {
    this.acked += records;
    this.gaps.acked(`${this.topic.name}-${partition}`, this.options.nowMs());
    this.options.onAck();
  }

  private gaveUp(what: string): void {
    this.failedCount++;
    if (this.failed.length < FAILURES_KEPT) this.failed.push(`${(this.options.nowMs() / 1000).toFixed(1)} s: ${what}`);
  }

  private async kafkaJs(): Promise<Writer> {
    const { bootstrap } = this.options;
    const { topic, history, nowUs, isIdempotent } = this;
    const load = { acks: -1, isIdempotent, maxInFlight: 1, recordsPerSecond: RECORDS_PER_SECOND, recordsPerBatch: RECORDS_PER_BATCH } as const;
    return KafkaJsProducer.create({
      bootstrap,
      history,
      nowUs,
      scenario: { topic, load },
      onAck: (partition, records) => this.took(partition, records),
      onError: (partition, error) => this.gaveUp(`partition ${partition}: ${error}`),
      hasDefaultRetries: true,
    });
  }

  private kcat(): Writer {
    const { topic, history, nowUs } = this;
    const options = {
      bootstrap: this.options.bootstrap.join(","),
      topic: topic.name,
      intervalMs: (1000 * RECORDS_PER_BATCH * PARTITIONS) / RECORDS_PER_SECOND,
      properties: ["acks=all", ...(this.isIdempotent ? ["enable.idempotence=true"] : [])],
      history,
      nowUs,
    };
    const partitions = Array.from({ length: PARTITIONS }, (_, partition) => partition);
    const producers: KcatProducer[] = [];
    return {
      start: async () => {
        for (const partition of partitions) producers.push(new KcatProducer({ ...options, partition, onAck: () => this.took(partition, 1) }));
      },
      stop: async () => {
        for (const { code, failed } of await Promise.all(producers.map((producer) => producer.stop()))) {
          for (const line of failed) this.gaveUp(line);
          // It ends with 0 only when every record was acknowledged.
          if (code !== 0 && failed.length === 0) this.gaveUp(`kcat ended with ${String(code)}`);
        }
      },
      abandon: () => {
        for (const producer of producers) producer.abandon();
      },
    };
  }
}
