/** @platformatic/kafka, obeying lines. */
import { Admin, Consumer, type Message, type MessagesStream, Producer } from "@platformatic/kafka";
import type { ClientRecord, StoredRecord, Told } from "../command.ts";
import { obeyLines } from "../line-driver.ts";

type Bytes = Buffer | undefined | null;
type ByteStream = MessagesStream<Buffer, Buffer, Buffer, Buffer>;
/** The client's numbers of Kafka's enumerations. */
const TOPIC_RESOURCE = 2;
const SET = 0;

const BASE = {
  clientId: "foreign-platformatic",
  bootstrapBrokers: (process.argv.at(-1) ?? "").split(","),
  retries: 100,
  retryDelay: 100,
  connectTimeout: 1_000,
};
const producers = new Map<boolean, Producer>();
let readings = 0;

const textOf = (bytes: Bytes): string | null => (bytes === undefined || bytes === null ? null : bytes.toString());
const bytesOf = (text: string | null): { readonly bytes: Buffer } | undefined => (text === null ? undefined : { bytes: Buffer.from(text) });

async function withAdmin<T>(use: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin(BASE);
  try {
    return await use(admin);
  } finally {
    await admin.close();
  }
}

function producer(isIdempotent: boolean): Producer {
  const known = producers.get(isIdempotent);
  if (known !== undefined) return known;
  const created = new Producer({ ...BASE, idempotent: isIdempotent, autocreateTopics: false });
  producers.set(isIdempotent, created);
  return created;
}

function messageOf({ key, value, headers, timestampMs }: ClientRecord, topic: string, partition: number) {
  const [keyBytes, valueBytes] = [bytesOf(key), bytesOf(value)];
  return {
    topic,
    partition,
    headers: new Map(headers.map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
    ...(keyBytes === undefined ? {} : { key: keyBytes.bytes }),
    ...(valueBytes === undefined ? {} : { value: valueBytes.bytes }),
    ...(timestampMs === undefined ? {} : { timestamp: BigInt(timestampMs) }),
  };
}

const storedOf = ({ offset, key, value, headers, timestamp }: Message): StoredRecord => ({
  offset: Number(offset),
  key: textOf(key),
  value: textOf(value),
  headers: Array.from(headers, ([name, text]) => [name.toString(), text.toString()] as const),
  timestampMs: Number(timestamp),
});

/** One member of a group. */
class Member {
  private readonly consumer: Consumer;
  private readonly stream: ByteStream;
  /** Of each partition the last record that was told and is not committed. */
  private readonly told = new Map<number, Message>();
  private committing: Promise<void> | undefined;

  constructor(consumer: Consumer, stream: ByteStream) {
    this.consumer = consumer;
    this.stream = stream;
  }

  /** Commits what was told, and that only: the client's own committing counts from when it has decoded a record. */
  async run(tell: (told: Told) => void): Promise<void> {
    for await (const message of this.stream) {
      tell({ event: "records", partition: message.partition, records: [[Number(message.offset), textOf(message.value)]] });
      this.told.set(message.partition, message);
      this.committing ??= this.commit(tell).finally(() => (this.committing = undefined));
    }
  }

  async leave(): Promise<void> {
    await this.committing;
    await this.stream.close();
    await this.consumer.close(true);
  }

  private async commit(tell: (told: Told) => void): Promise<void> {
    while (this.told.size > 0) {
      const messages = [...this.told.values()];
      this.told.clear();
      for (const message of messages) await Promise.resolve(message.commit()).catch((error: unknown) => tell({ event: "member-error", error: String(error) }));
    }
  }
}

/** By the consumer protocol no event tells what a member has: it is looked at after each heartbeat. */
function tellByHeartbeats(consumer: Consumer, assigned: () => readonly number[], tell: (told: Told) => void): void {
  let last = "";
  consumer.on("consumer:heartbeat:end", () => {
    const partitions = assigned();
    if (String(partitions) === last) return;
    last = String(partitions);
    tell({ event: "assigned", partitions });
  });
}

const members: Member[] = [];

async function leave(): Promise<void> {
  await Promise.all(members.splice(0).map((member) => member.leave()));
}

obeyLines(
  {
    "create-topic": async ({ topic, partitions, replicationFactor, configs }) => {
      const all = Object.entries(configs).map(([name, value]) => ({ name, value }));
      await withAdmin((admin) => admin.createTopics({ topics: [topic], partitions, replicas: replicationFactor, configs: all }));
      return {};
    },
    "delete-topic": async ({ topic }) => withAdmin((admin) => admin.deleteTopics({ topics: [topic] })).then(() => ({})),
    "list-topics": async () => withAdmin(async (admin) => ({ topics: await admin.listTopics() })),
    "grow-topic": async ({ topic, partitions }) =>
      withAdmin((admin) => admin.createPartitions({ topics: [{ name: topic, count: partitions, assignments: null as never }] })).then(() => ({})),
    "set-topic-config": async ({ topic, name, value }) => {
      const resource = {
        resourceType: TOPIC_RESOURCE as typeof TOPIC_RESOURCE,
        resourceName: topic,
        configs: [{ name, value, configOperation: SET as typeof SET }],
      };
      await withAdmin((admin) => admin.incrementalAlterConfigs({ resources: [resource] }));
      return {};
    },
    "topic-config": async ({ topic, name }) => {
      const resource = { resourceType: TOPIC_RESOURCE as typeof TOPIC_RESOURCE, resourceName: topic, configurationKeys: [name] };
      const [described] = await withAdmin((admin) => admin.describeConfigs({ resources: [resource] }));
      return { value: described?.configs[0]?.value ?? null };
    },
    "delete-records": async ({ topic, partition, before }) => {
      const topics = [{ name: topic, partitions: [{ partition, offset: BigInt(before) }] }];
      const [deleted] = await withAdmin((admin) => admin.deleteRecords({ topics }));
      return { startOffset: Number(deleted?.partitions[0]?.lowWatermark) };
    },
    produce: async ({ topic, partition, acks, compression, isIdempotent, records }) => {
      const messages = records.map((record) => messageOf(record, topic, partition));
      const { offsets } = await producer(isIdempotent).send({ messages, acks, compression });
      const base = offsets?.[0] === undefined || offsets[0].offset < 0n ? undefined : Number(offsets[0].offset);
      return { offsets: records.map((_, index) => (base === undefined ? null : base + index)) };
    },
    read: async ({ topic, partition, from, count }, tell) => {
      const consumer = new Consumer({ ...BASE, groupId: `reading-${process.pid}-${readings++}`, autocommit: false, maxWaitTime: 100 });
      const listed =
        from === "earliest" ? undefined : await consumer.listOffsets({ topics: [topic], timestamp: from === "latest" ? -1n : BigInt(from.timestampMs) });
      const start = listed?.get(topic)?.[partition] ?? 0n;
      if (from === "latest") tell({ event: "positioned" });
      const stream = await consumer.consume({
        topics: [topic],
        mode: "manual",
        offsets: [{ topic, partition, offset: start }],
        autocommit: false,
        maxWaitTime: 100,
      });
      const records: StoredRecord[] = [];
      for await (const message of stream) {
        if (message.partition === partition) records.push(storedOf(message));
        if (records.length === count) break;
      }
      await consumer.close(true);
      return { records };
    },
    join: async ({ group, topic, protocol }, tell) => {
      // By the consumer protocol it is the coordinator who says when to send heartbeats, and how long it waits for them.
      const timing = { sessionTimeout: 6_000, heartbeatInterval: 300, rebalanceTimeout: 6_000 };
      const byProtocol = protocol === "classic" ? timing : { groupProtocol: protocol };
      const consumer = new Consumer({ ...BASE, ...byProtocol, maxWaitTime: 100, groupId: group, autocommit: false });
      const partitionsOf = (assignments: Consumer["assignments"] | undefined): readonly number[] =>
        assignments?.find((one) => one.topic === topic)?.partitions ?? [];
      if (protocol === "classic") consumer.on("consumer:group:join", ({ assignments }) => tell({ event: "assigned", partitions: partitionsOf(assignments) }));
      else tellByHeartbeats(consumer, () => partitionsOf(consumer.assignments), tell);
      const stream = await consumer.consume({
        topics: [topic],
        mode: "committed",
        fallbackMode: "earliest",
        autocommit: false,
        maxWaitTime: 100,
        ...(protocol === "classic" && timing),
      });
      const member = new Member(consumer, stream);
      members.push(member);
      stream.on("error", (error) => tell({ event: "member-error", error: String(error) }));
      void member.run(tell).catch((error: unknown) => tell({ event: "member-ended", error: String(error) }));
      return {};
    },
    leave: async (_, tell) => {
      await leave();
      tell({ event: "assigned", partitions: [] });
      return {};
    },
    committed: async ({ group, topic, partitions }) => {
      const groups = [{ groupId: group, topics: [{ name: topic, partitionIndexes: Array.from({ length: partitions }, (_, index) => index) }] }];
      const [fetched] = await withAdmin((admin) => admin.listConsumerGroupOffsets({ groups }));
      const known = fetched?.topics[0]?.partitions.filter(({ committedOffset }) => committedOffset >= 0n) ?? [];
      return { offsets: known.map(({ partitionIndex, committedOffset }) => [partitionIndex, Number(committedOffset)] as const) };
    },
    "list-groups": async () => withAdmin(async (admin) => ({ groups: [...(await admin.listGroups()).keys()] })),
    "group-type": async ({ group }) => {
      const listed = await withAdmin((admin) => admin.listGroups({ types: ["classic", "consumer"] }));
      const type = listed.get(group)?.groupType ?? "";
      return { type: type.charAt(0).toUpperCase() + type.slice(1).toLowerCase() };
    },
    "describe-group": async ({ group }) => {
      const described = (await withAdmin((admin) => admin.describeGroups({ groups: [group] }))).get(group);
      const state = described?.state ?? "";
      return { state: state.charAt(0) + state.slice(1).toLowerCase(), members: described?.members.size ?? 0 };
    },
    "delete-group": async ({ group }) => withAdmin((admin) => admin.deleteGroups({ groups: [group] })).then(() => ({})),
  },
  async () => {
    await leave();
    await Promise.all(Array.from(producers.values(), (one) => one.close()));
  },
);
