/**
 * The image by itself, and the clusters of docker-compose.yml and docker-compose.separate.yml, used from this machine and from within their network as a
 * user would: produce, kill the container of a leader (and of the active controller, where controllers are apart), restart it; of the first also run the
 * service `failover`, and take everything down and up again. Every acknowledged record must be there.
 *
 *   node scripts/compose-suite.ts
 *   node scripts/compose-suite.ts --full [--first 1] [--seeds 9]   so many kills in the first, of the leader of each partition in turn
 *
 * Where both Compose 2 and docker-compose 1.29 are there, one takes over from the other. To build Compose 2 takes minutes on a machine that never did: it
 * is done with --full only.
 */
import { parseArgs } from "node:util";
import { checkHistory, formatVerdict, History } from "@samsa/history";
import type { Scenario } from "@samsa/scenario-runner";
import { KafkaJsProducer } from "@samsa/scenario-runner/kafkajs-producer";
import { readBack } from "@samsa/scenario-runner/read-back";
import { type ComposeCommand, composeCommands } from "./compose-suite/compose-command.ts";
import { BOOTSTRAP, ComposedCluster, type Layout, START_TIMEOUT_MS } from "./compose-suite/composed-cluster.ts";
import { IMAGE, useFromInside } from "./compose-suite/from-inside.ts";
import { run, until } from "./compose-suite/run.ts";
import { useSingleContainer } from "./compose-suite/single-container.ts";
import { SEED_OPTIONS, type SeedRange, seedRangeOf, walkSeeds } from "./seed-range.ts";
import { StepList } from "./step-list.ts";

const RECORDS = 300;
const FULL_SEEDS = 9;
const BASE_IMAGE = "node:24-bookworm-slim";
/** The package, what it depends on, and the user. */
const IMAGE_MEBIBYTES_MAX = 20;
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

  static async create(layout: Layout, composer: ComposeCommand): Promise<Walk> {
    const history = new History("compose");
    const producer = await KafkaJsProducer.create({
      bootstrap: BOOTSTRAP,
      scenario,
      history,
      nowUs: () => Math.round(performance.now() * 1_000),
      onAck: (partition, records) => walk.ackedByPartition.set(partition, (walk.ackedByPartition.get(partition) ?? 0) + records),
      onError: (partition, error) => process.stdout.write(`partition ${partition}: ${error}\n`),
    });
    const walk: Walk = new Walk(new ComposedCluster(layout, topic, composer), history, producer);
    return walk;
  }

  async start(): Promise<void> {
    const { cluster } = this;
    await suite.step(`${cluster.layout.title} start and are healthy (${cluster.composerName})`, () => {
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
    await suite.step("it starts again on its volume, is healthy and rejoins every ISR", () => this.bringBack(victim), signal);
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
    await suite.step("it starts again on its volume, is healthy, and the quorum has it back", () => this.bringBack(victim));
  }

  async judge(): Promise<void> {
    await suite.step("every acknowledged record is there", async () => {
      await this.producer.stop();
      await this.readEverything();
    });
  }

  async useFromInside(): Promise<void> {
    await suite.step("from another container of the network: a topic is made, produced to and counted", () => useFromInside("from-inside"));
  }

  async runFailover(): Promise<void> {
    const { cluster } = this;
    await suite.step(`the service \`failover\` shows a failover, and the verdict is clean (${cluster.composerName})`, () => {
      const output = cluster.compose("run", "--rm", "failover");
      process.stdout.write(`${output.split("\n").slice(-4).join("\n")}\n`);
      if (!/^Clean: /m.test(output)) throw new Error(output);
    });
  }

  async downAndUp(successor: ComposeCommand): Promise<void> {
    const { cluster } = this;
    await suite.step(`the data outlive \`down\` (${cluster.composerName}) and \`up\` (${successor.name})`, async () => {
      cluster.compose("down");
      cluster.handOver(successor);
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
    await this.cluster.startAgain(service);
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
  const walk = await Walk.create(COMBINED, newest);
  let seedsNotReached = 0;
  try {
    await walk.start();
    if (range === undefined) await walk.killLeaderOf(0);
    else {
      const kill = ({ first }: SeedRange, signal?: AbortSignal): Promise<void> => walk.killLeaderOf((first - 1) % topic.partitions, signal);
      seedsNotReached = await walkSeeds({ range, blockSeeds: 1, command: () => "npm run test:compose -- --full", run: kill });
    }
    await walk.useFromInside();
    await walk.judge();
    await walk.runFailover();
    await walk.downAndUp(oldest);
    if (oldest !== newest) await walk.runFailover();
  } finally {
    walk.end();
  }
  return seedsNotReached;
}

async function walkSeparate(): Promise<void> {
  const walk = await Walk.create(SEPARATE, oldest);
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
const NONE: ComposeCommand = { name: "no Compose", command: ["docker", "compose"], env: {} };
let [newest, oldest] = [NONE, NONE];
await suite.step("a Docker engine answers and has the base image", () => run("scripts/peers/docker-engine", ["up"], { isQuiet: false }));
await suite.step("there is a Compose", () => {
  const found = composeCommands({ build: range !== undefined });
  newest = found[0] ?? NONE;
  oldest = found.at(-1) ?? NONE;
  if (newest === NONE) throw new Error("neither docker compose nor docker-compose answers");
  process.stdout.write(`${found.map(({ name }) => name).join(" and ")}\n`);
  if (found.length === 1)
    process.stdout.write(`ONLY ${newest.name} is tried: npm run test:compose -- --full, or scripts/peers/docker-compose, brings Compose 2\n`);
});
await suite.step("the image is built, and is small", () => {
  new ComposedCluster(COMBINED, topic, newest).compose("build", "secret");
  const bytes = (image: string): number => Number(run("docker", ["image", "inspect", "--format", "{{.Size}}", image]));
  const mebibytes = (bytes(IMAGE) - bytes(BASE_IMAGE)) / 1_048_576;
  process.stdout.write(`${mebibytes.toFixed(1)} MiB more than ${BASE_IMAGE}\n`);
  if (mebibytes > IMAGE_MEBIBYTES_MAX) throw new Error(`more than ${IMAGE_MEBIBYTES_MAX} MiB`);
});
await suite.step("one container of it is a cluster: healthy, not root's, Kafka's tools where Kafka's image has them, SIGTERM heard", useSingleContainer);
const seedsNotReached = await walkCombined(range);
await walkSeparate();
suite.finish(seedsNotReached);
// kafkajs may still be retrying what a failed step left behind.
process.exit();
