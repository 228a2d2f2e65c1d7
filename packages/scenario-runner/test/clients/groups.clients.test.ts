import kafkajs, { type Consumer, type Kafka } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isKcatInstalled, kcat, KCAT_TITLE } from "./kcat.ts";
import { CLUSTER_TITLE, ROLES_OF_CLUSTERS, type RunningCluster, startCluster } from "./running-cluster.ts";

const OFFSETS_TOPIC = "__consumer_offsets";
const OFFSETS_PARTITIONS = 50;
const PARTITIONS = 6;
const RECORDS = 600;
const PATIENCE_MS = 40_000;

const kafkaOf = ({ brokers }: RunningCluster): Kafka =>
  new kafkajs.Kafka({ clientId: "groups-test", brokers: [...brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { initialRetryTime: 50, retries: 20 } });

/** One member, and the values that it was given. */
interface Member {
  readonly consumer: Consumer;
  readonly seen: string[];
}

async function member(kafka: Kafka, groupId: string, topic: string): Promise<Member> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 200, rebalanceTimeout: 6_000, maxWaitTimeInMs: 200 });
  const seen: string[] = [];
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommitInterval: 100, eachMessage: async ({ message }) => void seen.push(String(message.value)) });
  return { consumer, seen };
}

async function produce(kafka: Kafka, topic: string, from: number, count = RECORDS): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = Array.from({ length: count }, (_, index) => ({ value: String(from + index), partition: index % PARTITIONS }));
  await producer.send({ topic, acks: -1, messages });
  await producer.disconnect();
}

async function until(what: string, isSo: () => boolean): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error(`still not so: ${what}`);
    await new Promise((later) => setTimeout(later, 50));
  }
}

const distinct = (members: readonly Member[]): number => new Set(members.flatMap(({ seen }) => seen)).size;

/** `String.hashCode`, as Kafka puts groups on partitions. */
function offsetsPartitionOf(groupId: string): number {
  let hash = 0;
  for (const unit of groupId.split("")) hash = (Math.imul(31, hash) + unit.charCodeAt(0)) | 0;
  return Math.abs(hash) % OFFSETS_PARTITIONS;
}

describe("Groups of kafkajs", () => {
  let running: RunningCluster;
  let kafka: Kafka;

  beforeAll(async () => {
    running = await startCluster();
    kafka = kafkaOf(running);
  });
  afterAll(async () => {
    await running.stop();
  });

  test("share a topic's partitions, and take over what one of them leaves", async () => {
    await running.createTopic("shared", PARTITIONS);
    const members = await Promise.all([1, 2, 3].map(() => member(kafka, "sharing", "shared")));
    const admin = kafka.admin();
    await admin.connect();
    await expect
      .poll(async () => (await admin.describeGroups(["sharing"])).groups.map(({ state, members: all }) => `${state} ${all.length}`), { timeout: PATIENCE_MS })
      .toEqual(["Stable 3"]);
    await produce(kafka, "shared", 0);
    await until("all is read", () => distinct(members) === RECORDS);
    expect(members.every(({ seen }) => seen.length > 0)).toBe(true);
    await members[0]?.consumer.disconnect();
    await produce(kafka, "shared", RECORDS);
    await until("all is read by the others", () => distinct(members.slice(1)) >= RECORDS && distinct(members) === 2 * RECORDS);
    await Promise.all(members.slice(1).map(({ consumer }) => consumer.disconnect()));
    expect((await admin.listGroups()).groups).toContainEqual({ groupId: "sharing", protocolType: "consumer" });
    await admin.deleteGroups(["sharing"]);
    expect((await admin.listGroups()).groups).toEqual([]);
    await admin.disconnect();
  });

  test("go on where they were", async () => {
    await running.createTopic("kept", PARTITIONS);
    await produce(kafka, "kept", 0);
    const before = await member(kafka, "keeping", "kept");
    await until("all is read", () => distinct([before]) === RECORDS);
    await before.consumer.disconnect();
    await produce(kafka, "kept", RECORDS);
    const after = await member(kafka, "keeping", "kept");
    await until("the rest is read", () => distinct([after]) >= RECORDS);
    expect(new Set(after.seen)).toEqual(new Set(Array.from({ length: RECORDS }, (_, index) => String(RECORDS + index))));
    await after.consumer.disconnect();
  });

  describe.skipIf(!isKcatInstalled)(KCAT_TITLE, () => {
    test("reads as a member of a group, and goes on where it was", async () => {
      await running.createTopic("by-kcat", 1);
      const read = async (count: number): Promise<readonly string[]> => {
        const args = ["-b", running.bootstrap, "-G", "kcat-group", "-q", "-c", String(count), "-X", "auto.offset.reset=earliest", "by-kcat"];
        const { code, stdout } = await kcat(args);
        expect(code).toBe(0);
        return stdout.trim().split("\n");
      };
      await kcat(["-P", "-b", running.bootstrap, "-t", "by-kcat"], "a\nb\nc\n");
      expect(await read(3)).toEqual(["a", "b", "c"]);
      await kcat(["-P", "-b", running.bootstrap, "-t", "by-kcat"], "d\n");
      expect(await read(1)).toEqual(["d"]);
    });
  });
});

describe("A group's coordinator is killed", () => {
  test.each(ROLES_OF_CLUSTERS)(`and its members read on: no offset goes back, and nothing is missed: ${CLUSTER_TITLE}`, async (controllers) => {
    const running = await startCluster(controllers);
    try {
      const kafka = kafkaOf(running);
      await running.createTopic("watched", PARTITIONS);
      const members = await Promise.all([1, 2].map(() => member(kafka, "watching", "watched")));
      await produce(kafka, "watched", 0);
      await until("all is read", () => distinct(members) === RECORDS);
      const admin = kafka.admin();
      await admin.connect();
      const committed = async (): Promise<number> => {
        const [topic] = await admin.fetchOffsets({ groupId: "watching", topics: ["watched"] });
        return topic?.partitions.reduce((sum, { offset }) => sum + Math.max(0, Number(offset)), 0) ?? 0;
      };
      await expect.poll(committed, { timeout: PATIENCE_MS }).toBe(RECORDS);
      const coordinator = running.state.resolve({ type: "leader", topic: OFFSETS_TOPIC, partition: offsetsPartitionOf("watching") });
      if (coordinator === undefined) throw new Error("nobody coordinates the group");
      await running.cluster.node(coordinator).kill("SIGKILL");
      await produce(kafka, "watched", RECORDS);
      await until("all is read", () => distinct(members) === 2 * RECORDS);
      await expect.poll(committed, { timeout: PATIENCE_MS }).toBe(2 * RECORDS);
      await Promise.all([...members.map(({ consumer }) => consumer.disconnect()), admin.disconnect()]);
    } finally {
      await running.stop();
    }
  });
});
