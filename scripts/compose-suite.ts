/**
 * The clusters of docker-compose.yml and docker-compose.separate.yml, used from this machine as a user would: produce, kill the container of
 * a leader (and of the active controller, where controllers are apart), restart it; of the first also take everything down and up again.
 * Every acknowledged record must be there.
 *
 *   node scripts/compose-suite.ts
 *   node scripts/compose-suite.ts --full [--first 1] [--seeds 9]   so many kills in the first, of the leader of each partition in turn
 */
import { parseArgs } from "node:util";
import { checkHistory, formatVerdict, History } from "@samsa/history";
import type { Scenario } from "@samsa/scenario-runner";
import { KafkaJsProducer } from "@samsa/scenario-runner/kafkajs-producer";
import { readBack } from "@samsa/scenario-runner/read-back";
import { BOOTSTRAP, ComposedCluster, type Layout, run, START_TIMEOUT_MS, until } from "./compose-suite/composed-cluster.ts";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const RECORDS = 300;
const FULL_SEEDS = 9;
/** A whole host may vanish with its container, so nobody refuses a dial: the session time-out decides, and Kafka's is 9 s. */
const FAILOVER_TIMEOUT_MS = 30_000;

const BROKERS = ["broker-1", "broker-2", "broker-3"];
const CONTROLLERS = ["controller-4", "controller-5", "controller-6"];
const COMBINED: Layout = { file: "docker-compose.yml", title: "three brokers", brokers: BROKERS, controllers: [] };
const SEPARATE: Layout = { file: "docker-compose.separate.yml", title: "three brokers and three controllers", brokers: BROKERS, controllers: CONTROLLERS };

const topic: Scenario["topic"] = { name: "orders", partitions: 3, replicationFactor: 3, minInsyncReplicas: 2 };
const scenario: Scenario = {
  name: "compose",
  title: "A leader's container is killed",
  teaches: "",
  prose: "",
  cluster: { brokers: BROKERS.length },
  topic,
  load: { acks: -1, isIdempotent: true, maxInFlight: 1, recordsPerSecond: 300, recordsPerBatch: 10 },
  steps: [],
  expectation: { type: "clean" },
};

const suite = new StepList({ isChain: true });

/** What is done to the cluster of one Compose file, step by step. */
class Walk {
  readonly cluster: ComposedCluster;
  private readonly history: History;
  private readonly ackedByPartition = new Map<number, number>();
  private readonly producer: KafkaJsProducer;

  private constructor(cluster: ComposedCluster, history: History, producer: KafkaJsProducer) {
    this.cluster = cluster;
    this.history = history;
    this.producer = producer;
  }

  static async create(layout: Layout): Promise<Walk> {
    const history = new History("compose");
    const producer = await KafkaJsProducer.create({
      bootstrap: BOOTSTRAP,
      scenario,
      history,
      nowUs: () => Math.round(performance.now() * 1_000),
      onAck: (partition, records) => walk.ackedByPartition.set(partition, (walk.ackedByPartition.get(partition) ?? 0) + records),
      onError: (partition, error) => process.stdout.write(`partition ${partition}: ${error}\n`),
    });
    const walk: Walk = new Walk(new ComposedCluster(layout, topic), history, producer);
    return walk;
  }

  async start(): Promise<void> {
    const { cluster } = this;
    await suite.step(`${cluster.layout.title} start and are healthy`, () => {
      cluster.compose("down", "--volumes", "--remove-orphans");
      return cluster.up();
    });
    await suite.step("a topic is made and every partition takes records from this machine", async () => {
      await this.producer.createTopic();
      await this.producer.start();
      await this.untilAckedEverywhere(START_TIMEOUT_MS);
    });
  }

  async killLeaderOf(partition: number, signal?: AbortSignal): Promise<void> {
    let victim = "";
    const kill = async (): Promise<void> => {
      victim = `broker-${(await this.cluster.partitions())[partition]?.leader ?? -1}`;
      this.kill(victim);
      await this.untilAckedEverywhere(FAILOVER_TIMEOUT_MS);
    };
    await suite.step(`the container that leads partition ${partition} is killed, and every partition goes on`, kill, signal);
    await suite.step("it starts again on its volume and rejoins every ISR", () => this.bringBack(victim), signal);
  }

  async killActiveController(): Promise<void> {
    const { cluster } = this;
    const [asked = ""] = cluster.layout.controllers;
    let victim = "";
    await suite.step("the container of the active controller is killed, and another one takes over while every partition goes on", async () => {
      victim = cluster.activeController(asked) ?? "";
      this.kill(victim);
      const witness = cluster.layout.controllers.find((service) => service !== victim) ?? "";
      const isReplaced = (): boolean => ![undefined, victim].includes(cluster.activeController(witness));
      await until("another controller is active", FAILOVER_TIMEOUT_MS, isReplaced);
      await this.untilAckedEverywhere(FAILOVER_TIMEOUT_MS);
    });
    await suite.step("it starts again on its volume", () => this.bringBack(victim));
  }

  async judge(): Promise<void> {
    await suite.step("every acknowledged record is there", async () => {
      await this.producer.stop();
      await this.readEverything();
    });
  }

  async downAndUp(): Promise<void> {
    const { cluster } = this;
    await suite.step("the data outlive `down` and `up`", async () => {
      cluster.compose("down");
      await cluster.up();
      await cluster.untilIsrIsFull();
      await this.readEverything();
    });
  }

  /** Without an engine, which the first step brings, there is nothing to take down. */
  end(): void {
    this.producer.abandon();
    if (suite.failed > 0 && suite.passed > 0) process.stderr.write(`${this.cluster.compose("logs", "--no-color", "--tail=40")}\n`);
    if (suite.passed > 0) this.cluster.compose("down", "--volumes", "--remove-orphans");
  }

  private kill(service: string): void {
    process.stdout.write(`${service} is killed\n`);
    run("docker", ["kill", this.cluster.containerOf(service)]);
  }

  private async bringBack(service: string): Promise<void> {
    run("docker", ["start", this.cluster.containerOf(service)]);
    await this.cluster.untilIsrIsFull();
    await this.untilAckedEverywhere(START_TIMEOUT_MS);
  }

  /** So many more records on each partition, so that one that stays without a leader is seen. */
  private async untilAckedEverywhere(timeoutMs: number): Promise<void> {
    const before = new Map(this.ackedByPartition);
    const isReached = (partition: number): boolean => (this.ackedByPartition.get(partition) ?? 0) >= (before.get(partition) ?? 0) + RECORDS;
    await until(`${RECORDS} more records acknowledged on every partition`, timeoutMs, () =>
      Array.from({ length: topic.partitions }, (_, partition) => partition).every(isReached),
    );
  }

  private async readEverything(): Promise<void> {
    await readBack(this.history, { bootstrap: BOOTSTRAP, topic });
    const verdict = checkHistory(this.history, { acks: "all", isIdempotent: true, maxInFlight: 1 });
    process.stdout.write(`${formatVerdict(verdict)}\n`);
    if (!verdict.isClean) throw new Error("the history is not clean");
  }
}

/** How many seeds were not reached. */
async function walkCombined(range: SeedRange | undefined): Promise<number> {
  const walk = await Walk.create(COMBINED);
  let seedsNotReached = 0;
  try {
    await walk.start();
    if (range === undefined) await walk.killLeaderOf(0);
    else {
      const kill = ({ first }: SeedRange, signal?: AbortSignal): Promise<void> => walk.killLeaderOf((first - 1) % topic.partitions, signal);
      seedsNotReached = await walkSeeds({ range, blockSeeds: 1, command: () => "npm run test:compose -- --full", run: kill });
    }
    await walk.judge();
    await walk.downAndUp();
  } finally {
    walk.end();
  }
  return seedsNotReached;
}

async function walkSeparate(): Promise<void> {
  const walk = await Walk.create(SEPARATE);
  try {
    await walk.start();
    await walk.killLeaderOf(0);
    await walk.killActiveController();
    await walk.judge();
  } finally {
    walk.end();
  }
}

const range = seedRangeOf(parseArgs({ options: SEED_OPTIONS }).values, FULL_SEEDS);
await suite.step("a Docker engine answers and has the base image", () => run("scripts/peers/docker-engine", ["up"], { isQuiet: false }));
await suite.step("the image is built", () => new ComposedCluster(COMBINED, topic).compose("build", "secret"));
const seedsNotReached = await walkCombined(range);
await walkSeparate();
suite.finish(seedsNotReached);
// kafkajs may still be retrying what a failed step left behind.
process.exit();
