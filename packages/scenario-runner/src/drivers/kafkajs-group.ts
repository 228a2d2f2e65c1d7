import { setTimeout as pause } from "node:timers/promises";
import { checkGroup, GroupHistory, type History } from "@samsa/history";
import type { Admin, Consumer, EachBatchPayload, Kafka } from "kafkajs";
import type { Scenario } from "../scenario.ts";
import { KafkaJsGenerations } from "./kafkajs-generations.ts";

export interface KafkaJsGroupOptions {
  readonly bootstrap: readonly string[];
  readonly topic: Scenario["topic"];
  readonly load: NonNullable<Scenario["load"]["group"]>;
  readonly nowUs: () => number;
  /** A member has processed records. */
  readonly onRecords: () => void;
}

/** Short pauses, and few: kafkajs looks for another coordinator only when it has given up on the one it knows, and begins anew. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 200, retries: 3 };
const CONNECTION_TIMEOUT_MS = 1_000;
const REQUEST_TIMEOUT_MS = 5_000;
const SESSION_TIMEOUT_MS = 6_000;
const REBALANCE_TIMEOUT_MS = 6_000;
const HEARTBEAT_INTERVAL_MS = 500;
const LONG_POLL_MS = 200;
const LOOK_EVERY_MS = 100;
/** For members to leave; kafkajs waits for whatever it has under way. */
const END_TIMEOUT_MS = 3_000;
/** Names whoever only asks what is committed: no member. */
const OBSERVER = 0;

interface Member {
  readonly consumer: Consumer;
  /** Its number in the history. */
  readonly process: number;
  readonly generations: KafkaJsGenerations;
}

/**
 * A group of kafkajs consumers that reads the topic and commits each batch when it has processed it, and an observer that asks for the committed
 * offsets again and again. What they did and saw is a `GroupHistory`; who held which partition when is not in it, for kafkajs does not tell.
 */
export class KafkaJsGroup {
  readonly history: GroupHistory;
  private readonly options: KafkaJsGroupOptions;
  private readonly consumers: readonly Consumer[];
  private readonly admin: Admin;
  private looking: Promise<void> = Promise.resolve();
  private isEnding = false;

  private constructor(options: KafkaJsGroupOptions, kafka: Kafka) {
    const { load } = options;
    this.options = options;
    this.history = new GroupHistory(load.groupId);
    this.admin = kafka.admin({ retry: RETRY });
    this.consumers = Array.from({ length: load.members }, () =>
      kafka.consumer({
        groupId: load.groupId,
        sessionTimeout: SESSION_TIMEOUT_MS,
        rebalanceTimeout: REBALANCE_TIMEOUT_MS,
        heartbeatInterval: HEARTBEAT_INTERVAL_MS,
        maxWaitTimeInMs: LONG_POLL_MS,
        allowAutoTopicCreation: false,
        retry: { ...RETRY, restartOnFailure: () => Promise.resolve(!this.isEnding) },
      }),
    );
  }

  /** Every member reads from the beginning; resolves when all have asked to join. */
  static async start(options: KafkaJsGroupOptions): Promise<KafkaJsGroup> {
    const { default: kafkajs } = await import("kafkajs");
    const kafka = new kafkajs.Kafka({
      clientId: "samsa-scenario-group",
      brokers: [...options.bootstrap],
      logLevel: kafkajs.logLevel.NOTHING,
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      retry: RETRY,
    });
    const group = new KafkaJsGroup(options, kafka);
    await Promise.all(group.consumers.map((consumer, index) => group.join(consumer, index + 1)));
    await group.admin.connect();
    group.looking = group.look();
    return group;
  }

  /** Records that any member has processed, each once. */
  get processedRecords(): number {
    return [...this.history.partitions()].reduce((sum, { processed }) => sum + processed.size, 0);
  }

  /** Waits until the group has read and committed all that is in the log, and says what is wrong with what it did and saw. `log`: read back to its end. */
  async finish(log: History, until: (isDone: () => boolean) => Promise<boolean>): Promise<readonly string[]> {
    if (!(await until(() => this.isAtEnd(log)))) this.history.unsettled = "it had not read and committed everything when its time was over";
    await this.end();
    return checkGroup(this.history, log).map(
      ({ name, groupId, topic, partition, detail }) => `group ${groupId}, ${name}${partition < 0 ? "" : ` in ${topic}-${partition}`}: ${detail}`,
    );
  }

  async end(): Promise<void> {
    if (this.isEnding) return;
    this.isEnding = true;
    const ended = this.looking.then(() => Promise.all([...this.consumers, this.admin].map((client) => client.disconnect().catch(() => undefined))));
    const timer = new AbortController();
    await Promise.race([ended, pause(END_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false }).catch(() => undefined)]);
    timer.abort();
  }

  private async join(consumer: Consumer, process: number): Promise<void> {
    const { topic, nowUs } = this.options;
    const generations = new KafkaJsGenerations(this.history);
    consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => generations.joined(payload.memberId));
    consumer.on(consumer.events.HEARTBEAT, ({ payload }) => generations.heartbeatAnswered(payload, nowUs()));
    consumer.on(consumer.events.REBALANCING, () => generations.rebalancing());
    consumer.on(consumer.events.CRASH, ({ payload }) => {
      if (!payload.restart && !this.isEnding) this.history.failed({ process, error: payload.error.name, atUs: nowUs() });
    });
    await consumer.connect();
    await consumer.subscribe({ topics: [topic.name], fromBeginning: true });
    await consumer.run({ autoCommit: false, eachBatch: (payload) => this.process({ consumer, process, generations }, payload) });
  }

  private async process({ consumer, process, generations }: Member, { batch }: EachBatchPayload): Promise<void> {
    const { nowUs, onRecords } = this.options;
    const target = { topic: batch.topic, partition: batch.partition };
    this.history.processed(
      target,
      batch.messages.map(({ offset }) => Number(offset)),
    );
    onRecords();
    const last = batch.messages.at(-1);
    if (last === undefined) return;
    const offset = Number(last.offset) + 1;
    const commit = this.history.invokeCommit(process, target, offset, nowUs());
    try {
      await consumer.commitOffsets([{ ...target, offset: String(offset) }]);
      this.history.endCommit(commit, { outcome: "ok", mayComeLater: false, atUs: nowUs() });
    } catch (error) {
      // An attempt may still be on its way, or was carried out. What has become of the group kafkajs finds out by the error.
      this.history.endCommit(commit, { outcome: "info", mayComeLater: true, atUs: nowUs() });
      throw error;
    } finally {
      generations.commitEnded(commit);
    }
  }

  private async look(): Promise<void> {
    const { topic, load, nowUs, onRecords } = this.options;
    while (!this.isEnding) {
      const askedUs = nowUs();
      const [fetched] = await this.admin.fetchOffsets({ groupId: load.groupId, topics: [topic.name] }).catch(() => []);
      const answeredUs = nowUs();
      for (const { partition, offset } of fetched?.partitions ?? [])
        this.history.fetched(OBSERVER, { topic: topic.name, partition }, { offset: Number(offset), askedUs, answeredUs });
      onRecords();
      await pause(LOOK_EVERY_MS);
    }
  }

  private isAtEnd(log: History): boolean {
    return [...log.partitions()].every(({ topic, partition, finalReads }) => {
      const { processed, fetches } = this.history.partition({ topic, partition });
      const read = finalReads.at(-1);
      if (read === undefined || !read.isOk) return true;
      return (fetches.at(-1)?.offset ?? 0) >= read.endOffset && [...read.stream.offsets].every((offset) => processed.has(offset));
    });
  }
}
