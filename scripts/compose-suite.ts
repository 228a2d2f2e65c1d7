/**
 * The cluster of docker-compose.yml, used from this machine as a user would: produce, kill the container of a leader, restart
 * it, take everything down and up again; every acknowledged record must be there.
 *
 *   node scripts/compose-suite.ts
 *   node scripts/compose-suite.ts --full [--first 1] [--seeds 9]   so many kills, of the leader of each partition in turn
 */
import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import { parseArgs } from "node:util";
import { checkHistory, formatVerdict, History } from "@samsa/history";
import type { Scenario } from "@samsa/scenario-runner";
import { KafkaJsProducer } from "@samsa/scenario-runner/kafkajs-producer";
import { readBack } from "@samsa/scenario-runner/read-back";
import kafkajs from "kafkajs";
import { SEED_OPTIONS, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const PROJECT = "samsa-suite";
const BROKERS = [1, 2, 3];
const BOOTSTRAP = ["localhost:9092", "localhost:9192", "localhost:9292"];
const RECORDS = 300;
const FULL_SEEDS = 9;
const START_TIMEOUT_MS = 60_000;
/** A whole host may vanish with its container, so nobody refuses a dial: the session time-out decides, and Kafka's is 9 s. */
const FAILOVER_TIMEOUT_MS = 30_000;
const POLL_INTERVAL_MS = 100;

const topic: Scenario["topic"] = { name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 };
const scenario: Scenario = {
  name: "compose",
  title: "A leader's container is killed",
  prose: "",
  cluster: { brokers: BROKERS.length },
  topic,
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 300, recordsPerBatch: 10 },
  steps: [],
};

function run(command: string, args: readonly string[], { isQuiet = true } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", stdio: isQuiet ? "pipe" : ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit code ${status}\n${stdout}${stderr}`}`);
  return (stdout ?? "").trim();
}

const hasPlugin = (): boolean => spawnSync("docker", ["compose", "version"]).status === 0;

function compose(...args: readonly string[]): string {
  const own = ["--project-name", PROJECT, ...args];
  return hasPlugin() ? run("docker", ["compose", ...own]) : run("docker-compose", own);
}

const containerOf = (broker: number): string => compose("ps", "-q", `broker-${broker}`);

async function until(what: string, timeoutMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not after ${timeoutMs} ms`);
    await pause(POLL_INTERVAL_MS);
  }
}

const isHealthy = (broker: number): boolean => run("docker", ["inspect", "--format", "{{.State.Health.Status}}", containerOf(broker)]) === "healthy";

const untilHealthy = (): Promise<void> => until("every broker is healthy", START_TIMEOUT_MS, () => BROKERS.every(isHealthy));

interface PartitionState {
  readonly leader: number;
  readonly isr: readonly number[];
}

/** Empty while the broker that was asked does not know the topic: one that has just started reads the metadata first. */
async function partitions(): Promise<readonly PartitionState[]> {
  const admin = new kafkajs.Kafka({ clientId: "samsa-compose-suite", brokers: BOOTSTRAP, logLevel: kafkajs.logLevel.NOTHING }).admin();
  await admin.connect();
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic.name] });
    return (topics[0]?.partitions ?? []).toSorted((a, b) => a.partitionId - b.partitionId);
  } catch (error) {
    if (error instanceof kafkajs.KafkaJSProtocolError && error.type === "UNKNOWN_TOPIC_OR_PARTITION") return [];
    throw error;
  } finally {
    await admin.disconnect();
  }
}

const untilIsrIsFull = (): Promise<void> =>
  until("every replica is in sync", START_TIMEOUT_MS, async () => {
    const states = await partitions();
    return states.length === topic.partitions && states.every(({ isr }) => isr.length === topic.replicationFactor);
  });

const history = new History("compose");
const ackedByPartition = new Map<number, number>();
const producer = await KafkaJsProducer.create({
  bootstrap: BOOTSTRAP,
  scenario,
  history,
  nowUs: () => Math.round(performance.now() * 1_000),
  onAck: (partition, records) => ackedByPartition.set(partition, (ackedByPartition.get(partition) ?? 0) + records),
  onError: (partition, error) => process.stdout.write(`partition ${partition}: ${error}\n`),
});

/** So many more records on each partition, so that one that stays without a leader is seen. */
async function untilAckedEverywhere(records: number, timeoutMs: number): Promise<void> {
  const before = new Map(ackedByPartition);
  const isReached = (partition: number): boolean => (ackedByPartition.get(partition) ?? 0) >= (before.get(partition) ?? 0) + records;
  await until(`${records} more records acknowledged on every partition`, timeoutMs, () =>
    Array.from({ length: topic.partitions }, (_, partition) => partition).every(isReached),
  );
}

async function readEverything(): Promise<void> {
  await readBack(history, { bootstrap: BOOTSTRAP, topic });
  const verdict = checkHistory(history, { acks: "all", isIdempotent: true, maxInFlight: 1 });
  process.stdout.write(`${formatVerdict(verdict)}\n`);
  if (!verdict.isClean) throw new Error("the history is not clean");
}

const suite = new StepList({ isChain: true });

async function killLeaderOf(partition: number, signal?: AbortSignal): Promise<void> {
  let victim = -1;
  const kill = async (): Promise<void> => {
    victim = (await partitions())[partition]?.leader ?? -1;
    process.stdout.write(`broker-${victim} is killed\n`);
    run("docker", ["kill", containerOf(victim)]);
    await untilAckedEverywhere(RECORDS, FAILOVER_TIMEOUT_MS);
  };
  const bringBack = async (): Promise<void> => {
    run("docker", ["start", containerOf(victim)]);
    await untilIsrIsFull();
    await untilAckedEverywhere(RECORDS, START_TIMEOUT_MS);
  };
  await suite.step(`the container that leads partition ${partition} is killed, and every partition goes on`, kill, signal);
  await suite.step("it starts again on its volume and rejoins every ISR", bringBack, signal);
}

const range = seedRangeOf(parseArgs({ options: SEED_OPTIONS }).values, FULL_SEEDS);
let seedsNotReached = 0;
try {
  await suite.step("a Docker engine answers and has the base image", () => run("scripts/peers/docker-engine", ["up"], { isQuiet: false }));
  await suite.step("the image is built", () => compose("build", "secret"));
  await suite.step("three brokers start and are healthy", () => {
    compose("down", "--volumes", "--remove-orphans");
    compose("up", "--detach");
    return untilHealthy();
  });
  await suite.step("a topic is made and every partition takes records from this machine", async () => {
    await producer.createTopic();
    await producer.start();
    await untilAckedEverywhere(RECORDS, START_TIMEOUT_MS);
  });
  if (range === undefined) await killLeaderOf(0);
  else {
    seedsNotReached = await walkSeeds({
      range,
      blockSeeds: 1,
      command: () => "npm run test:compose -- --full",
      run: ({ first }, signal) => killLeaderOf((first - 1) % topic.partitions, signal),
    });
  }
  await suite.step("every acknowledged record is there", async () => {
    await producer.stop();
    await readEverything();
  });
  await suite.step("the data outlive `down` and `up`", async () => {
    compose("down");
    compose("up", "--detach");
    await untilHealthy();
    await untilIsrIsFull();
    await readEverything();
  });
} finally {
  // Without an engine, which the first step brings, there is nothing to take down.
  if (suite.failed > 0 && suite.passed > 0) process.stderr.write(`${compose("logs", "--no-color", "--tail=40")}\n`);
  if (suite.passed > 0) compose("down", "--volumes", "--remove-orphans");
}
suite.finish(seedsNotReached);
// kafkajs may still be retrying what a failed step left behind.
process.exit();
