import { spawnSync } from "node:child_process";
import kafkajs from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isKcatInstalled, kcat, KCAT_TITLE } from "./kcat.ts";
import { type RunningCluster, startCluster } from "./running-cluster.ts";

const TOPIC = "transactional";
const KAFKA_TOOLS = "scripts/peers/kafka-tools";
/** Fetches the tools the first time. */
const hasKafkaTools = spawnSync(KAFKA_TOOLS).status === 0;
const JAVA_TITLE = hasKafkaTools ? "the Java client" : `the Java client IS NOT HERE (${KAFKA_TOOLS} fetches it, with Java and Maven)`;
const AT_ONCE_MS = 20_000;

/**
 * There are no transactions yet, and clients are told by FindCoordinator that they may not have any: that is final to them. An answer that they may
 * try again, or a coordinator that never comes, would keep them trying for as long as they live.
 */
describe("a producer with a transactional.id gets a fatal error at once", () => {
  let running: RunningCluster;

  beforeAll(async () => {
    running = await startCluster();
    await running.createTopic(TOPIC, 1);
  });
  afterAll(async () => {
    await running.stop();
  });

  test.skipIf(!isKcatInstalled)(`${KCAT_TITLE} (librdkafka)`, async () => {
    const { code, stderr } = await kcat(["-P", "-b", running.bootstrap, "-t", TOPIC, "-X", "transactional.id=one"], "a\n");
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("Fatal error: Broker: Transactional Id authorization failed") });
  });

  test.skipIf(!hasKafkaTools)(JAVA_TITLE, () => {
    const options = ["--topic", TOPIC, "--num-records", "1", "--record-size", "10", "--throughput", "-1", "--transactional-id", "one"];
    const { status, stderr } = spawnSync(KAFKA_TOOLS, ["producer-perf", "--bootstrap-server", running.bootstrap, ...options], {
      encoding: "utf8",
      timeout: AT_ONCE_MS,
    });
    expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining("TransactionalIdAuthorizationException") });
  });

  test("kafkajs", async () => {
    const kafka = new kafkajs.Kafka({ brokers: [...running.brokers], logLevel: kafkajs.logLevel.NOTHING });
    const producer = kafka.producer({
      transactionalId: "one",
      idempotent: true,
      maxInFlightRequests: 1,
      createPartitioner: kafkajs.Partitioners.DefaultPartitioner,
    });
    await producer.connect();
    await expect(producer.transaction()).rejects.toMatchObject({ name: "KafkaJSGroupCoordinatorNotFound", retriable: false });
    await producer.disconnect();
  });

  test.skipIf(!isKcatInstalled)("and nothing of what it would have written is there", async () => {
    const { stdout } = await kcat(["-Q", "-b", running.bootstrap, "-t", `${TOPIC}:0:-1`]);
    expect(stdout).toContain("offset 0");
  });
});
