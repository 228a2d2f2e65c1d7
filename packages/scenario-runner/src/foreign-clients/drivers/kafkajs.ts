/** kafkajs, obeying lines. */
import kafkajs, { type Consumer, type IHeaders, type Producer } from "kafkajs";
import type { ClientRecord, Compression, StoredRecord } from "../command.ts";
import { obeyLines } from "../line-driver.ts";

const { Kafka, ConfigResourceTypes, logLevel } = kafkajs;
const COMPRESSION_TYPES: Partial<Record<Compression, number>> = { none: 0, gzip: 1 };
/** Short pauses and much patience, as somebody sets who wants a short failover. */
const RETRY = { initialRetryTime: 50, maxRetryTime: 500, retries: 100 };

const bootstrap = (process.argv.at(-1) ?? "").split(",");
const kafka = new Kafka({ clientId: "foreign-kafkajs", brokers: bootstrap, logLevel: logLevel.NOTHING, retry: RETRY, connectionTimeout: 1_000 });
const producers = new Map<string, Promise<Producer>>();
const consumers: Consumer[] = [];

// kafkajs 2.2.4 sets timers in the past, of which Node 24 warns; they fire at once, as it means them to.
process.removeAllListeners("warning");

async function withAdmin<T>(use: (admin: ReturnType<typeof kafka.admin>) => Promise<T>): Promise<T> {
  const admin = kafka.admin();
  await admin.connect();
  try {
    return await use(admin);
  } finally {
    await admin.disconnect();
  }
}

function producer(isIdempotent: boolean): Promise<Producer> {
  const key = String(isIdempotent);
  const known = producers.get(key);
  if (known !== undefined) return known;
  const created = kafka.producer({ idempotent: isIdempotent, maxInFlightRequests: 1, allowAutoTopicCreation: false, retry: RETRY });
  const connected = created.connect().then(() => created);
  producers.set(key, connected);
  return connected;
}

const messageOf = ({ key, value, headers, timestampMs }: ClientRecord, partition: number) => ({
  partition,
  key,
  value,
  headers: Object.fromEntries(headers),
  ...(timestampMs === undefined ? {} : { timestamp: String(timestampMs) }),
});

const headersOf = (headers: IHeaders | undefined): StoredRecord["headers"] => Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)]);

obeyLines(
  {
    "create-topic": async ({ topic, partitions, replicationFactor, configs }) => {
      const configEntries = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await withAdmin((admin) =>
        admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: partitions, replicationFactor, configEntries }] }),
      );
      return {};
    },
    "delete-topic": async ({ topic }) => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })).then(() => ({})),
    "list-topics": async () => withAdmin(async (admin) => ({ topics: await admin.listTopics() })),
    "grow-topic": async ({ topic, partitions }) =>
      withAdmin((admin) => admin.createPartitions({ topicPartitions: [{ topic, count: partitions }] })).then(() => ({})),
    "set-topic-config": async ({ topic, name, value }) =>
      withAdmin((admin) =>
        admin.alterConfigs({ validateOnly: false, resources: [{ type: ConfigResourceTypes.TOPIC, name: topic, configEntries: [{ name, value }] }] }),
      ).then(() => ({})),
    "topic-config": async ({ topic, name }) => {
      const resources = [{ type: ConfigResourceTypes.TOPIC, name: topic, configNames: [name] }];
      const described = await withAdmin((admin) => admin.describeConfigs({ includeSynonyms: false, resources }));
      return { value: described.resources[0]?.configEntries[0]?.configValue ?? null };
    },
    "delete-records": async ({ topic, partition, before }) =>
      withAdmin(async (admin) => {
        // It looks for the leader before it has asked for metadata: whoever has not asked for anything else of the topic is refused.
        await admin.fetchTopicOffsets(topic);
        await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: String(before) }] });
        const offsets = await admin.fetchTopicOffsets(topic);
        return { startOffset: Number(offsets.find((one) => one.partition === partition)?.low) };
      }),
    produce: async ({ topic, partition, acks, compression, isIdempotent, records }) => {
      const type = COMPRESSION_TYPES[compression];
      if (type === undefined) throw Object.assign(new Error(`kafkajs has ${compression} as a plugin only`), { name: "UNSUPPORTED" });
      const messages = records.map((record) => messageOf(record, partition));
      const [result] = await (await producer(isIdempotent)).send({ topic, acks, compression: type, messages });
      const base = result?.baseOffset === undefined || Number(result.baseOffset) < 0 ? undefined : Number(result.baseOffset);
      return { offsets: records.map((_, index) => (base === undefined ? null : base + index)) };
    },
    read: async ({ topic, partition, from, count }, tell) => {
      // kafkajs reads in groups only: one of its own for each reading, that commits nothing.
      const consumer = kafka.consumer({ groupId: `reading-${process.pid}-${performance.now()}`, maxWaitTimeInMs: 100 });
      const records: StoredRecord[] = [];
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: from !== "latest" });
      const timed = typeof from === "string" ? undefined : await withAdmin((admin) => admin.fetchTopicOffsetsByTimestamp(topic, from.timestampMs));
      const start = Number(timed?.find((one) => one.partition === partition)?.offset ?? 0);
      if (from === "latest") consumer.on(consumer.events.FETCH, () => tell({ event: "positioned" }));
      const done = new Promise<void>((resolve) => {
        void consumer.run({
          autoCommit: false,
          eachMessage: async ({ partition: at, message }) => {
            if (at !== partition || Number(message.offset) < start || records.length >= count) return;
            const { offset, key, value, timestamp } = message;
            const text = { key: key?.toString() ?? null, value: value?.toString() ?? null, headers: headersOf(message.headers) };
            records.push({ ...text, offset: Number(offset), timestampMs: Number(timestamp) });
            if (records.length === count) resolve();
          },
        });
      });
      await done;
      await consumer.disconnect();
      return { records };
    },
    join: async ({ group, topic }, tell) => {
      const consumer = kafka.consumer({ groupId: group, sessionTimeout: 6_000, heartbeatInterval: 300, rebalanceTimeout: 6_000, maxWaitTimeInMs: 100 });
      consumers.push(consumer);
      await consumer.connect();
      await consumer.subscribe({ topic, fromBeginning: true });
      consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => tell({ event: "assigned", partitions: payload.memberAssignment[topic] ?? [] }));
      consumer.on(consumer.events.CRASH, ({ payload }) => tell({ event: "member-error", error: payload.error.name }));
      await consumer.run({
        autoCommit: true,
        autoCommitInterval: 100,
        eachBatch: async ({ batch, resolveOffset, heartbeat, commitOffsetsIfNecessary }) => {
          const records = batch.messages.map(({ offset, value }) => [Number(offset), value?.toString() ?? null] as const);
          tell({ event: "records", partition: batch.partition, records });
          resolveOffset(batch.lastOffset());
          await commitOffsetsIfNecessary();
          await heartbeat();
        },
      });
      return {};
    },
    leave: async () => {
      await Promise.all(consumers.splice(0).map((consumer) => consumer.disconnect()));
      return {};
    },
    committed: async ({ group, topic }) => {
      const [fetched] = await withAdmin((admin) => admin.fetchOffsets({ groupId: group, topics: [topic] }));
      const known = fetched?.partitions.filter(({ offset }) => Number(offset) >= 0) ?? [];
      return { offsets: known.map(({ partition, offset }) => [partition, Number(offset)] as const) };
    },
    "list-groups": async () => withAdmin(async (admin) => ({ groups: (await admin.listGroups()).groups.map(({ groupId }) => groupId) })),
    "describe-group": async ({ group }) => {
      const [described] = (await withAdmin((admin) => admin.describeGroups([group]))).groups;
      return { state: described?.state ?? "", members: described?.members.length ?? 0 };
    },
    "delete-group": async ({ group }) => withAdmin((admin) => admin.deleteGroups([group])).then(() => ({})),
  },
  async () => {
    await Promise.all(consumers.map((consumer) => consumer.disconnect()));
    await Promise.all(Array.from(producers.values(), async (connecting) => (await connecting).disconnect()));
  },
);
