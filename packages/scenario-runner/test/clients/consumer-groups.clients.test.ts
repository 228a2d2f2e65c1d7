import { apis, type ConsumerGroupHeartbeatRequest, type ConsumerGroupHeartbeatResponse, newConsumerGroupHeartbeatRequest } from "@samsa/protocol";
import kafkajs, { type Consumer, type Kafka } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { WireConnection } from "../../src/load/wire-connection.ts";
import { ConnectionsOfGroups } from "./connections-of-groups.ts";
import { type RunningCluster, startCluster } from "./running-cluster.ts";

const PARTITIONS = 6;
const RECORDS = 120;
const PATIENCE_MS = 40_000;
const HEARTBEAT_VERSION = 1;
const DESCRIBE_VERSION = 1;

type Owned = NonNullable<ConsumerGroupHeartbeatRequest["topicPartitions"]>;

/** A member with the consumer protocol that does what it is told, by hand: no client of JavaScript's that is used here has it. */
class WireMember {
  owned: Owned = [];
  private epoch = 0;
  private assigned: Owned = [];
  private readonly connection: WireConnection;
  private readonly groupId: string;
  private readonly memberId: string;

  constructor(connection: WireConnection, groupId: string, memberId: string) {
    this.connection = connection;
    this.groupId = groupId;
    this.memberId = memberId;
  }

  get count(): number {
    return this.owned.reduce((sum, { partitions }) => sum + partitions.length, 0);
  }

  async join(topic: string): Promise<void> {
    const joining = { memberEpoch: 0, rebalanceTimeoutMs: 30_000, subscribedTopicNames: [topic], topicPartitions: [] };
    let answer = await this.ask(joining);
    // The coordinator may still be loading.
    for (const endMs = Date.now() + PATIENCE_MS; answer.errorCode !== 0 && Date.now() < endMs; answer = await this.ask(joining)) {
      await new Promise((later) => setTimeout(later, 100));
    }
    expect(answer.errorMessage).toBeNull();
    this.owned = this.assigned;
  }

  async beat(): Promise<void> {
    const { errorCode } = await this.ask({ memberEpoch: this.epoch, topicPartitions: this.owned });
    expect(errorCode).toBe(0);
    this.owned = this.assigned;
  }

  async leave(): Promise<void> {
    await this.ask({ memberEpoch: -1 });
  }

  private async ask(changes: Partial<ConsumerGroupHeartbeatRequest>): Promise<ConsumerGroupHeartbeatResponse> {
    const request = newConsumerGroupHeartbeatRequest({ groupId: this.groupId, memberId: this.memberId, memberEpoch: 0, ...changes });
    const answer = await this.connection.call(apis.ConsumerGroupHeartbeat, HEARTBEAT_VERSION, request);
    if (answer.errorCode === 0) this.epoch = answer.memberEpoch;
    if (answer.errorCode === 0 && answer.assignment !== null) this.assigned = answer.assignment.topicPartitions;
    return answer;
  }
}

async function beatUntil(what: string, members: readonly WireMember[], isSo: () => boolean): Promise<void> {
  const endMs = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > endMs) throw new Error(`still not so: ${what}; ${members.map(({ count }) => count).join()}`);
    for (const member of members) await member.beat();
    await new Promise((later) => setTimeout(later, 50));
  }
}

interface Reader {
  readonly consumer: Consumer;
  readonly seen: Set<string>;
}

async function reader(kafka: Kafka, groupId: string, topic: string): Promise<Reader> {
  const consumer = kafka.consumer({ groupId, sessionTimeout: 6_000, heartbeatInterval: 200, rebalanceTimeout: 6_000, maxWaitTimeInMs: 200 });
  const seen = new Set<string>();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ autoCommitInterval: 100, eachMessage: async ({ message, partition }) => void seen.add(`${partition} ${String(message.value)}`) });
  return { consumer, seen };
}

async function produce(kafka: Kafka, topic: string, text: string): Promise<void> {
  const producer = kafka.producer({ allowAutoTopicCreation: false, createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const messages = Array.from({ length: RECORDS }, (_, index) => ({ value: `${text} ${index}`, partition: index % PARTITIONS }));
  await producer.send({ topic, acks: -1, messages });
  await producer.disconnect();
}

const partitionsRead = ({ seen }: Reader, text: string): number =>
  new Set([...seen].flatMap((line) => (line.includes(text) ? [line.slice(0, line.indexOf(" "))] : []))).size;

describe("Members with the consumer protocol", () => {
  let running: RunningCluster;
  let connections: ConnectionsOfGroups;
  let kafka: Kafka;

  beforeAll(async () => {
    running = await startCluster();
    connections = await ConnectionsOfGroups.open(running.brokers);
    const logLevel = kafkajs.logLevel.NOTHING;
    kafka = new kafkajs.Kafka({ clientId: "groups", brokers: [...running.brokers], logLevel, retry: { initialRetryTime: 50, retries: 20 } });
  });
  afterAll(async () => {
    connections.close();
    await running.stop();
  });

  test("divide a topic among themselves without reading a partition twice", async () => {
    await running.createTopic("divided", PARTITIONS);
    const members: WireMember[] = [];
    for (const memberId of ["one", "two", "three"]) {
      const member = new WireMember(await connections.of(["dividing"]), "dividing", memberId);
      members.push(member);
      await member.join("divided");
      const all = members.flatMap(({ owned }) => owned.flatMap(({ partitions }) => partitions));
      expect(new Set(all).size).toBe(all.length);
    }
    await beatUntil("two each", members, () => members.every(({ count }) => count === PARTITIONS / 3));
    await members[0]?.leave();
    await beatUntil("three each", members.slice(1), () => members.slice(1).every(({ count }) => count === PARTITIONS / 2));
    const connection = await connections.of(["dividing"]);
    const asked = { groupIds: ["dividing"], includeAuthorizedOperations: false };
    const { groups } = await connection.call(apis.ConsumerGroupDescribe, DESCRIBE_VERSION, asked);
    expect(groups).toMatchObject([{ groupState: "Stable", assignorName: "uniform", members: [{ memberType: 1 }, { memberType: 1 }] }]);
    for (const member of members.slice(1)) await member.leave();
  });

  test("take a group of kafkajs over while it reads, and give it back", async () => {
    await running.createTopic("migrated", PARTITIONS);
    await produce(kafka, "migrated", "before");
    const own = await reader(kafka, "migrating", "migrated");
    await expect.poll(() => own.seen.size, { timeout: PATIENCE_MS }).toBe(RECORDS);
    const member = new WireMember(await connections.of(["migrating"]), "migrating", "one");
    await member.join("migrated");
    await beatUntil("half of the topic is the new member's", [member], () => member.count === PARTITIONS / 2);
    await produce(kafka, "migrated", "meanwhile");
    await expect.poll(() => partitionsRead(own, "meanwhile"), { timeout: PATIENCE_MS }).toBe(PARTITIONS / 2);
    await member.leave();
    await expect.poll(() => partitionsRead(own, "meanwhile"), { timeout: PATIENCE_MS }).toBe(PARTITIONS);
    await produce(kafka, "migrated", "after");
    await expect.poll(() => own.seen.size, { timeout: PATIENCE_MS }).toBe(3 * RECORDS);
    const admin = kafka.admin();
    await admin.connect();
    expect((await admin.describeGroups(["migrating"])).groups).toMatchObject([{ state: "Stable", members: [{}] }]);
    await admin.disconnect();
    await own.consumer.disconnect();
  });
});
