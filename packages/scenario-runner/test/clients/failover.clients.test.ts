import { spawn } from "node:child_process";
import { once } from "node:events";
import { checkHistory, History } from "@samsa/history";
import { afterAll, beforeAll, expect, test } from "vitest";
import { KafkaJsProducer } from "../../src/drivers/kafkajs-producer.ts";
import { readBack } from "../../src/process-world/read-back.ts";
import type { Scenario } from "../../src/scenario.ts";
import { isKcatInstalled, KCAT_TITLE } from "./kcat.ts";
import { killLeader, type RunningCluster, startCluster } from "./running-cluster.ts";

const RULES = { acks: "all", isIdempotent: true, maxInFlight: 1 } as const;
const nowUs = (): number => Math.round(performance.now() * 1000);

let running: RunningCluster;

beforeAll(async () => {
  running = await startCluster();
});

afterAll(async () => {
  await running.stop();
});

async function verdictOf(history: History, topic: string): Promise<ReturnType<typeof checkHistory>> {
  const { bootstrap } = running.cluster;
  await readBack(history, { bootstrap, topic: { name: topic, partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 } });
  return checkHistory(history, RULES);
}

async function bringBack(victim: number): Promise<void> {
  const { cluster, state } = running;
  state.unfenced.delete(victim);
  cluster.node(victim).start();
  const isWhole = (): boolean => state.unfenced.size === 3 && [...state.partitions.values()].every(({ isr }) => isr.length === 3);
  expect(await cluster.until(isWhole, 30_000)).toBe(true);
}

test("kafkajs loses, repeats and reorders nothing across a SIGKILL of the leader", async () => {
  const history = new History("kafkajs");
  const scenario: Scenario = {
    name: "kafkajs-failover",
    title: "",
    prose: "",
    cluster: { brokers: 3 },
    topic: { name: "kafkajs-failover", partitions: 1, replicationFactor: 3, minInsyncReplicas: 2 },
    load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 1000, recordsPerBatch: 10 },
    steps: [],
  };
  let acked = 0;
  const onAck = (_: number, records: number): void => {
    acked += records;
    running.cluster.poke();
  };
  const producer = await KafkaJsProducer.create({ bootstrap: running.cluster.bootstrap, scenario, history, nowUs, onAck, onError: () => undefined });
  await producer.createTopic();
  await producer.start();
  expect(await running.cluster.until(() => acked >= 500, 20_000)).toBe(true);
  const victim = await killLeader(running, "kafkajs-failover", 0);
  const ackedThen = acked;
  expect(await running.cluster.until(() => acked >= ackedThen + 500, 20_000)).toBe(true);
  await producer.stop();
  const verdict = await verdictOf(history, "kafkajs-failover");
  expect(verdict).toMatchObject({ isClean: true, permitted: [] });
  expect(verdict.counts.acked).toBeGreaterThanOrEqual(1000);
  await bringBack(victim);
});

test.skipIf(!isKcatInstalled)(`${KCAT_TITLE} loses, repeats and reorders nothing across a SIGKILL of the leader`, async () => {
  const topic = "kcat-failover";
  await running.createTopic(topic, 1);
  const history = new History("kcat");
  const args = [
    "-b",
    running.bootstrap,
    "-P",
    "-t",
    topic,
    "-p",
    "0",
    "-X",
    "enable.idempotence=true",
    "-X",
    "linger.ms=5",
    "-X",
    "reconnect.backoff.ms=20",
    "-X",
    "retry.backoff.ms=20",
  ];
  const child = spawn("kcat", args, { stdio: ["pipe", "ignore", "pipe"] });
  const errors: string[] = [];
  child.stderr.on("data", (chunk: Buffer) => errors.push(chunk.toString()));
  const sends: ReturnType<History["invokeSend"]>[] = [];
  const write = (records: number): void => {
    for (let index = 0; index < records; index++) {
      const send = history.invokeSend(0, { topic, partition: 0 }, nowUs());
      sends.push(send);
      child.stdin.write(`${history.payloadOf(send)}\n`);
    }
  };
  // One batch after the other, also while nobody leads: librdkafka keeps what it could not send yet.
  const timer = setInterval(() => write(10), 10);
  await new Promise((resolve) => setTimeout(resolve, 500));
  const victim = await killLeader(running, topic, 0);
  await new Promise((resolve) => setTimeout(resolve, 500));
  clearInterval(timer);
  const closed = once(child, "close");
  child.stdin.end();
  const [code] = (await closed) as [number | null];
  // kcat ends with 0 only when every record was acknowledged; it does not say where each one lies.
  expect({ code, failed: errors.filter((text) => text.includes("Delivery failed")) }).toEqual({ code: 0, failed: [] });
  for (const send of sends) history.ackSend(send, undefined, nowUs());
  const verdict = await verdictOf(history, topic);
  expect(verdict).toMatchObject({ isClean: true, permitted: [] });
  expect(verdict.counts.acked).toBe(sends.length);
  await bringBack(victim);
});

/** A record that the leader took before it knew of its smaller ISR waits for so long: below min.insync.replicas no high watermark moves. */
const ACK_TIMEOUT_MS = 500;

/** With no retries left kafkajs wraps what it was told. */
const reasonOf = (error: { readonly cause?: { readonly type?: string } }): string | undefined => error.cause?.type;

test("kafkajs is told NOT_ENOUGH_REPLICAS while too few replicas are in sync, and goes on when they are back", async () => {
  const { default: kafkajs } = await import("kafkajs");
  const topic = "strict";
  const kafka = new kafkajs.Kafka({ brokers: [...running.brokers], logLevel: kafkajs.logLevel.NOTHING, retry: { retries: 0 } });
  const admin = kafka.admin();
  await admin.connect();
  const configEntries = [{ name: "min.insync.replicas", value: "3" }];
  await admin.createTopics({ waitForLeaders: true, topics: [{ topic, replicaAssignment: [{ partition: 0, replicas: [1, 2, 3] }], configEntries }] });
  await admin.disconnect();
  const producer = kafka.producer({ createPartitioner: kafkajs.Partitioners.DefaultPartitioner });
  await producer.connect();
  const send = (acks: number): Promise<unknown> => producer.send({ topic, acks, timeout: ACK_TIMEOUT_MS, messages: [{ value: "x" }] });
  await expect.poll(() => send(-1).catch(String), { timeout: 10_000 }).toMatchObject([{ errorCode: 0 }]);
  const victim = 3;
  await running.cluster.node(victim).kill("SIGKILL");
  expect(await running.cluster.until(() => running.state.partition(topic, 0)?.isr.includes(victim) === false, 20_000)).toBe(true);
  await expect.poll(() => send(-1).catch(reasonOf), { timeout: 10_000 }).toBe("NOT_ENOUGH_REPLICAS");
  await expect(send(1)).resolves.toMatchObject([{ errorCode: 0 }]);
  await bringBack(victim);
  await expect.poll(() => send(-1).catch(String), { timeout: 10_000 }).toMatchObject([{ errorCode: 0 }]);
  await producer.disconnect();
});
