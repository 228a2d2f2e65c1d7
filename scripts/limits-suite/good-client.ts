import type { Admin, Producer } from "kafkajs";
import type { LimitedBroker } from "./limited-broker.ts";
import { LARGE_TOPIC } from "./topics.ts";

const TOPIC = "good";
const PAUSE_MS = 20;
/** So many requests are to succeed while the others are there. */
const SERVED_MIN = 20;
const LARGE_BYTES = 56 * 1024 * 1024;
const RECORD_BYTES = 512 * 1024;

/** kafkajs, which asks for this and that all the time. Nothing is retried. */
export class GoodClient {
  private readonly producer: Producer;
  private readonly admin: Admin;
  private readonly loop: Promise<void>;
  private served = 0;
  private failure: unknown;
  private isStopping = false;

  private constructor(producer: Producer, admin: Admin) {
    this.producer = producer;
    this.admin = admin;
    this.loop = this.ask();
  }

  /** Also fills the topic of the slow readers. */
  static async start({ address }: LimitedBroker): Promise<GoodClient> {
    const { default: kafkajs } = await import("kafkajs");
    const kafka = new kafkajs.Kafka({
      clientId: "good",
      brokers: [`${address.host}:${address.port}`],
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: 5_000,
      requestTimeout: 10_000,
      retry: { retries: 0 },
    });
    const [producer, admin] = [kafka.producer({ allowAutoTopicCreation: false }), kafka.admin()];
    await Promise.all([producer.connect(), admin.connect()]);
    await admin.createTopics({ waitForLeaders: true, topics: [TOPIC, LARGE_TOPIC].map((topic) => ({ topic, numPartitions: 1, replicationFactor: 1 })) });
    const value = Buffer.alloc(RECORD_BYTES, "x");
    for (let bytes = 0; bytes < LARGE_BYTES; bytes += RECORD_BYTES) await producer.send({ topic: LARGE_TOPIC, messages: [{ value }] });
    return new GoodClient(producer, admin);
  }

  /** Resolves when enough was asked and answered since the last check. */
  async isServed(): Promise<void> {
    while (this.served < SERVED_MIN && this.failure === undefined) await pause();
  }

  check(): void {
    if (this.failure !== undefined) throw new Error("a good client was not served", { cause: this.failure });
    this.served = 0;
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
    await Promise.allSettled([this.producer.disconnect(), this.admin.disconnect()]);
  }

  private async ask(): Promise<void> {
    try {
      for (let count = 0; !this.isStopping; count++) {
        await this.producer.send({ topic: TOPIC, messages: [{ value: `record ${count}` }] });
        await this.admin.fetchTopicOffsets(TOPIC);
        await this.admin.fetchTopicMetadata({ topics: [TOPIC] });
        this.served++;
        await pause();
      }
    } catch (error) {
      this.failure = error;
    }
  }
}

const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
