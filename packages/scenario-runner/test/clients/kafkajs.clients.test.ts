import kafkajs, { type Admin, type Kafka, type KafkaMessage, type Producer } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kcat, isKcatInstalled } from "./kcat.ts";
import { type TestedCluster, testedCluster } from "./running-cluster.ts";

/** Sources of a value, as DescribeConfigs numbers them. */
const TOPIC_CONFIG = 1;
const DEFAULT_CONFIG = 5;

let running: TestedCluster;
let kafka: Kafka;
let admin: Admin;
const open: Producer[] = [];

beforeAll(async () => {
  running = await testedCluster();
  kafka = new kafkajs.Kafka({
    clientId: "clients-test",
    brokers: [...running.brokers],
    logLevel: kafkajs.logLevel.NOTHING,
    retry: { initialRetryTime: 20, retries: 3 },
  });
  admin = kafka.admin();
  await admin.connect();
});

afterAll(async () => {
  await Promise.all([...open.map((producer) => producer.disconnect()), admin.disconnect()]);
  await running.stop();
});

const producerOf = async (options: Parameters<Kafka["producer"]>[0] = {}): Promise<Producer> => {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: kafkajs.Partitioners.DefaultPartitioner, ...options });
  await producer.connect();
  open.push(producer);
  return producer;
};

const endOf = async (topic: string, partition = 0): Promise<number> =>
  Number((await admin.fetchTopicOffsets(topic)).find((one) => one.partition === partition)?.high);

describe("kafkajs's admin", () => {
  test("describes the cluster: every broker, and one of them as its controller", async () => {
    const { brokers, controller, clusterId } = await admin.describeCluster();
    expect(brokers.map(({ nodeId, host, port }) => [nodeId, `${host}:${port}`]).sort()).toEqual(running.brokers.map((name, index) => [index + 1, name]));
    expect([1, 2, 3]).toContain(controller);
    expect(clusterId).not.toBe("");
  });

  test("creates topics with configs and with assignments, once", async () => {
    const topics = [
      { topic: "configured", numPartitions: 2, replicationFactor: 3, configEntries: [{ name: "min.insync.replicas", value: "2" }] },
      {
        topic: "assigned",
        replicaAssignment: [
          { partition: 0, replicas: [2, 3] },
          { partition: 1, replicas: [3, 1] },
        ],
      },
    ];
    expect(await admin.createTopics({ topics, waitForLeaders: true })).toBe(true);
    expect(await admin.createTopics({ topics })).toBe(false);
    const { topics: described } = await admin.fetchTopicMetadata({ topics: ["assigned", "configured"] });
    const assigned = described.find(({ name }) => name === "assigned")?.partitions.toSorted((a, b) => a.partitionId - b.partitionId);
    expect(assigned?.map(({ leader, replicas, isr }) => ({ leader, replicas, isr }))).toEqual([
      { leader: 2, replicas: [2, 3], isr: [2, 3] },
      { leader: 3, replicas: [3, 1], isr: [3, 1] },
    ]);
    expect(described.find(({ name }) => name === "configured")?.partitions).toHaveLength(2);
    expect(await admin.listTopics()).toEqual(expect.arrayContaining(["assigned", "configured"]));
  });

  test("may set what changes nothing yet, as tools do as a matter of course", async () => {
    const configEntries = [
      { name: "cleanup.policy", value: "delete" },
      { name: "retention.ms", value: "604800000" },
      { name: "segment.ms", value: "86400000" },
    ];
    expect(await admin.createTopics({ topics: [{ topic: "customary", numPartitions: 1, replicationFactor: 3, configEntries }] })).toBe(true);
  });

  test("validates without creating", async () => {
    expect(
      await admin.createTopics({ validateOnly: true, waitForLeaders: false, topics: [{ topic: "imagined", numPartitions: 1, replicationFactor: 1 }] }),
    ).toBe(true);
    expect(await admin.listTopics()).not.toContain("imagined");
  });

  test("alters a topic's configs, and reads them back with where they come from", async () => {
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: "altered" };
    await admin.createTopics({ topics: [{ topic: "altered", numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true });
    const describe = async (): Promise<Record<string, readonly [string, number]>> => {
      const { resources } = await admin.describeConfigs({ includeSynonyms: true, resources: [resource] });
      return Object.fromEntries(resources[0]?.configEntries.map((entry) => [entry.configName, [entry.configValue, Number(entry.configSource)]]) ?? []);
    };
    const before = await describe();
    expect(Object.keys(before)).toHaveLength(33);
    expect(before["retention.ms"]).toEqual(["604800000", DEFAULT_CONFIG]);
    await admin.alterConfigs({ validateOnly: false, resources: [{ ...resource, configEntries: [{ name: "retention.ms", value: "7" }] }] });
    // Each broker applies what is committed in its own time.
    await expect.poll(async () => (await describe())["retention.ms"]).toEqual(["7", TOPIC_CONFIG]);
    const unknown = { ...resource, configEntries: [{ name: "no.such.key", value: "7" }] };
    await expect(admin.alterConfigs({ validateOnly: false, resources: [unknown] })).rejects.toMatchObject({ type: "INVALID_CONFIG" });
  });

  test("describes a broker's configs", async () => {
    const resource = { type: kafkajs.ConfigResourceTypes.BROKER, name: "2", configNames: ["node.id", "log.retention.hours"] };
    const { resources } = await admin.describeConfigs({ includeSynonyms: false, resources: [resource] });
    expect(resources[0]?.configEntries.map(({ configName, configValue, readOnly }) => [configName, configValue, readOnly])).toEqual([
      ["log.retention.hours", "168", true],
      ["node.id", "2", true],
    ]);
  });

  test("adds partitions, and deletes topics", async () => {
    await admin.createTopics({ topics: [{ topic: "growing", numPartitions: 1, replicationFactor: 3 }], waitForLeaders: true });
    const count = async (): Promise<number | undefined> => (await admin.fetchTopicMetadata({ topics: ["growing"] })).topics[0]?.partitions.length;
    await admin.createPartitions({ topicPartitions: [{ topic: "growing", count: 3 }] });
    await expect.poll(count).toBe(3);
    await expect(admin.createPartitions({ topicPartitions: [{ topic: "growing", count: 2 }] })).rejects.toMatchObject({ type: "INVALID_PARTITIONS" });
    await admin.deleteTopics({ topics: ["growing"] });
    await expect.poll(async () => (await admin.listTopics()).includes("growing")).toBe(false);
    // An error that kafkajs takes for one that passes.
    await expect(admin.deleteTopics({ topics: ["growing"] })).rejects.toMatchObject({ cause: { type: "UNKNOWN_TOPIC_OR_PARTITION" } });
  });

  test.each([
    ["more replicas than brokers", { topic: "wrong", numPartitions: 1, replicationFactor: 4 }, "INVALID_REPLICATION_FACTOR"],
    ["no partitions", { topic: "wrong", numPartitions: 0, replicationFactor: 1 }, "INVALID_PARTITIONS"],
    ["a name with a slash", { topic: "wrong/er", numPartitions: 1, replicationFactor: 1 }, "INVALID_TOPIC_EXCEPTION"],
    [
      "a config that nobody knows",
      { topic: "wrong", numPartitions: 1, replicationFactor: 1, configEntries: [{ name: "no.such.key", value: "1" }] },
      "INVALID_CONFIG",
    ],
    [
      "a config that is no number",
      { topic: "wrong", numPartitions: 1, replicationFactor: 1, configEntries: [{ name: "min.insync.replicas", value: "many" }] },
      "INVALID_CONFIG",
    ],
    [
      "a config that is not supported yet",
      { topic: "wrong", numPartitions: 1, replicationFactor: 1, configEntries: [{ name: "remote.storage.enable", value: "true" }] },
      "INVALID_CONFIG",
    ],
    ["a broker that is not there", { topic: "wrong", replicaAssignment: [{ partition: 0, replicas: [1, 9] }] }, "INVALID_REPLICA_ASSIGNMENT"],
    ["a broker twice", { topic: "wrong", replicaAssignment: [{ partition: 0, replicas: [1, 1] }] }, "INVALID_REPLICA_ASSIGNMENT"],
  ])("is refused %s", async (_, topic, type) => {
    for (const validateOnly of [true, false]) await expect(admin.createTopics({ validateOnly, topics: [topic] })).rejects.toMatchObject({ errors: [{ type }] });
    expect(await admin.listTopics()).not.toContain(topic.topic);
  });

  test("is told of a topic that is not there", async () => {
    await expect(admin.fetchTopicMetadata({ topics: ["nowhere"] })).rejects.toMatchObject({ type: "UNKNOWN_TOPIC_OR_PARTITION" });
  });

  test("finds offsets by end and by time", async () => {
    await running.createTopic("timed", 1);
    const producer = await producerOf();
    for (const timestamp of [1000, 2000, 3000])
      await producer.send({ topic: "timed", acks: -1, messages: [{ value: String(timestamp), timestamp: String(timestamp) }] });
    expect(await admin.fetchTopicOffsets("timed")).toEqual([{ partition: 0, offset: "3", high: "3", low: "0" }]);
    expect(await admin.fetchTopicOffsetsByTimestamp("timed", 1500)).toEqual([{ partition: 0, offset: "1" }]);
    expect(await admin.fetchTopicOffsetsByTimestamp("timed", 3000)).toEqual([{ partition: 0, offset: "2" }]);
    // Nothing so late: kafkajs says the end.
    expect(await admin.fetchTopicOffsetsByTimestamp("timed", 3001)).toEqual([{ partition: 0, offset: "3" }]);
  });
});

describe("kafkajs's producer", () => {
  test.each([
    ["acks=all", -1],
    ["acks=1", 1],
  ])("is given base offsets with %s", async (_, acks) => {
    const topic = `offsets-${acks}`;
    await running.createTopic(topic, 1);
    const producer = await producerOf();
    for (const baseOffset of ["0", "2", "4"]) {
      const [result] = await producer.send({ topic, acks, messages: [{ value: "a" }, { value: "b" }] });
      expect(result).toMatchObject({ errorCode: 0, baseOffset, logAppendTime: "-1", logStartOffset: "0" });
    }
    await expect.poll(() => endOf(topic)).toBe(6);
  });

  test("is refused a record from more than an hour ahead", async () => {
    await running.createTopic("punctual", 1);
    const producer = await producerOf();
    const inTwoHours = String(Date.now() + 2 * 3_600_000);
    const send = producer.send({ topic: "punctual", acks: -1, messages: [{ value: "a", timestamp: inTwoHours }] });
    await expect(send).rejects.toMatchObject({ type: "INVALID_TIMESTAMP" });
  });

  test("is told nothing with acks=0, and its records arrive", async () => {
    await running.createTopic("unanswered", 1);
    const producer = await producerOf();
    await producer.send({ topic: "unanswered", acks: 0, messages: [{ value: "a" }, { value: "b" }] });
    await expect.poll(() => endOf("unanswered"), { timeout: 10_000 }).toBe(2);
  });

  test("keeps an idempotent sequence over many sends, to many partitions", async () => {
    await running.createTopic("sequences", 3);
    const producer = await producerOf({ idempotent: true, maxInFlightRequests: 1 });
    for (let round = 0; round < 20; round++)
      await producer.sendBatch({
        acks: -1,
        topicMessages: [{ topic: "sequences", messages: [0, 1, 2].map((partition) => ({ partition, value: `${round}-${partition}` })) }],
      });
    expect((await admin.fetchTopicOffsets("sequences")).map(({ high }) => high)).toEqual(["20", "20", "20"]);
  });

  test("spreads by key: one key, one partition", async () => {
    await running.createTopic("keys", 3);
    const producer = await producerOf();
    for (let round = 0; round < 5; round++) await producer.send({ topic: "keys", acks: -1, messages: [{ key: "always the same", value: String(round) }] });
    expect((await admin.fetchTopicOffsets("keys")).map(({ high }) => high).toSorted()).toEqual(["0", "0", "5"]);
  });

  test("writes gzip, keys, headers, nulls and large batches that another client reads", async ({ skip }) => {
    if (!isKcatInstalled) skip("kcat reads them, and it is not installed: scripts/peers/kcat");
    await running.createTopic("written", 1);
    const producer = await producerOf();
    const messages: { key: string | null; value: string | null; headers?: Record<string, string> }[] = [
      { key: "k", value: "v", headers: { colour: "blue" } },
      { key: "tombstone", value: null },
      { key: null, value: "" },
      ...Array.from({ length: 5_000 }, (_, index) => ({ key: null, value: `${index} ${"z".repeat(100)}` })),
    ];
    await producer.send({ topic: "written", acks: -1, compression: kafkajs.CompressionTypes.GZIP, messages: messages as never as KafkaMessage[] });
    const { stdout } = await kcat(["-b", running.bootstrap, "-C", "-q", "-J", "-e", "-o", "beginning", "-t", "written"]);
    const read = stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { key: string | null; payload: string | null; headers?: readonly string[] });
    expect(read.map(({ key, payload }) => ({ key, value: payload }))).toEqual(messages.map(({ key, value }) => ({ key, value })));
    expect(read[0]?.headers).toEqual(["colour", "blue"]);
  });

  test("counts no more in-sync replicas than there are replicas, whatever min.insync.replicas says", async () => {
    const configEntries = [{ name: "min.insync.replicas", value: "2" }];
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic: "lonely", numPartitions: 1, replicationFactor: 1, configEntries }] });
    const producer = await producerOf();
    expect(await producer.send({ topic: "lonely", acks: -1, messages: [{ value: "x" }] })).toMatchObject([{ errorCode: 0 }]);
  });

  test("is told when a record is too large and when a topic is unknown", async () => {
    await running.createTopic("limits", 1);
    const producer = await producerOf({ retry: { retries: 0 } });
    await expect(producer.send({ topic: "limits", acks: 1, messages: [{ value: "x".repeat(1_100_000) }] })).rejects.toMatchObject({
      type: "MESSAGE_TOO_LARGE",
    });
    await expect(producer.send({ topic: "nowhere", acks: -1, messages: [{ value: "x" }] })).rejects.toMatchObject({
      cause: { type: "UNKNOWN_TOPIC_OR_PARTITION" },
    });
  });
});
