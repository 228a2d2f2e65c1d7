import { setTimeout as pause } from "node:timers/promises";
import type { Admin, Kafka } from "kafkajs";

export interface TopicCreatorOptions {
  readonly bootstrap: readonly string[];
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** What is wrong with a topic that was made, or was half made. */
export interface TopicProblem {
  readonly topic: string;
  readonly problem: string;
}

/** So many asks for one topic, then it is left as unknown. */
const MAX_TRIES = 200;
const PAUSE_MS = 20;
/** Between two topics: without a pause a run would be about the machine's disk, which syncs the files of every partition. */
const TOPIC_PAUSE_MS = 150;
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
/** Topics in one question. */
const BATCH = 200;

/** kafkajs's admin as the writer of metadata: creates one topic after the other, and remembers which were acknowledged. */
export class TopicCreator {
  /** Created, or known to be there already after a try whose answer was lost. */
  readonly acknowledged: string[] = [];
  /** Asked for, and never answered. */
  readonly unknown: string[] = [];
  private readonly options: TopicCreatorOptions;
  private readonly kafka: Kafka;
  private loop: Promise<void> | undefined;
  private isStopping = false;

  private constructor(options: TopicCreatorOptions, kafka: Kafka) {
    this.options = options;
    this.kafka = kafka;
  }

  static async create(options: TopicCreatorOptions): Promise<TopicCreator> {
    const { default: kafkajs } = await import("kafkajs");
    const kafka = new kafkajs.Kafka({
      clientId: "samsa-topic-creator",
      brokers: [...options.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: { retries: 0 },
    });
    return new TopicCreator(options, kafka);
  }

  start(): void {
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isStopping = true;
    await this.loop;
  }

  /** Every acknowledged topic is there, and none is there in part. */
  async problems(): Promise<readonly TopicProblem[]> {
    const admin = this.kafka.admin();
    await admin.connect();
    try {
      const there = new Set(await admin.listTopics());
      const missing = this.acknowledged.filter((topic) => !there.has(topic)).map((topic) => ({ topic, problem: "it was acknowledged and is not there" }));
      const asked = [...this.acknowledged, ...this.unknown].filter((topic) => there.has(topic));
      const half: TopicProblem[] = [];
      for (let at = 0; at < asked.length; at += BATCH) half.push(...(await this.halfMade(admin, asked.slice(at, at + BATCH))));
      return [...missing, ...half];
    } finally {
      await admin.disconnect();
    }
  }

  private async halfMade(admin: Admin, names: readonly string[]): Promise<readonly TopicProblem[]> {
    const { partitions, replicationFactor } = this.options;
    const { topics } = await admin.fetchTopicMetadata({ topics: [...names] });
    return topics.flatMap((topic) => {
      const bad = topic.partitions.filter(
        ({ leader, replicas, isr }) => leader < 0 || replicas.length !== replicationFactor || isr.length !== replicationFactor,
      );
      if (topic.partitions.length !== partitions) return [{ topic: topic.name, problem: `it has ${topic.partitions.length} partitions, not ${partitions}` }];
      return bad.length === 0 ? [] : [{ topic: topic.name, problem: `partitions ${bad.map(({ partitionId }) => partitionId).join(", ")} are not whole` }];
    });
  }

  private async run(): Promise<void> {
    for (let count = 1; !this.isStopping; count++) {
      const topic = `made-${count}`;
      const into = (await this.createOne(topic)) ? this.acknowledged : this.unknown;
      into.push(topic);
      await pause(TOPIC_PAUSE_MS);
    }
  }

  private async createOne(topic: string): Promise<boolean> {
    const { partitions: numPartitions, replicationFactor } = this.options;
    for (let tries = 0; tries < MAX_TRIES; tries++) {
      const admin = this.kafka.admin();
      try {
        await admin.connect();
        // False: it was there already. Only we make it, so an earlier try did.
        await admin.createTopics({ topics: [{ topic, numPartitions, replicationFactor }], waitForLeaders: false, timeout: REQUEST_TIMEOUT_MS });
        return true;
      } catch {
        // A dead broker, no controller, a lost answer: asked again, of another broker.
        await pause(PAUSE_MS);
      } finally {
        await admin.disconnect().catch(() => undefined);
      }
    }
    return false;
  }
}
