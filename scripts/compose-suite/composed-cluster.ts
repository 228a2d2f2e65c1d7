import { spawnSync } from "node:child_process";
import type { Scenario } from "@samsa/scenario-runner";
import kafkajs from "kafkajs";
import type { ComposeCommand } from "./compose-command.ts";
import { run, until } from "./run.ts";

/** What a Compose file starts, beside the service that makes the secret. */
export interface Layout {
  readonly file: string;
  readonly title: string;
  readonly brokers: readonly string[];
  /** Nodes that are controllers only. */
  readonly controllers: readonly string[];
}

export interface PartitionState {
  readonly leader: number;
  readonly isr: readonly number[];
}

export const BOOTSTRAP = ["localhost:9092", "localhost:9192", "localhost:9292"];
const PROJECT = "samsa-suite";
/** What Compose makes of the project's name for its network. */
export const NETWORK = `${PROJECT}_default`;
export const START_TIMEOUT_MS = 60_000;

/** The containers of one Compose file, and what clients on this machine see of them. */
export class ComposedCluster {
  readonly layout: Layout;
  private readonly topic: Scenario["topic"];
  private composer: ComposeCommand;

  constructor(layout: Layout, topic: Scenario["topic"], composer: ComposeCommand) {
    this.layout = layout;
    this.topic = topic;
    this.composer = composer;
  }

  get composerName(): string {
    return this.composer.name;
  }

  /** From now on another Compose sees to it. */
  handOver(composer: ComposeCommand): void {
    this.composer = composer;
  }

  compose(...args: readonly string[]): string {
    const [command, ...first] = this.composer.command;
    return run(command, [...first, "--project-name", PROJECT, "--file", this.layout.file, ...args], { env: this.composer.env });
  }

  /** Also of one that was killed, which Compose 2 would leave out. */
  containerOf(service: string): string {
    return this.compose("ps", "--all", "-q", service);
  }

  async up(): Promise<void> {
    this.compose("up", "--detach");
    const containers = [...this.layout.brokers, ...this.layout.controllers].map((service) => this.containerOf(service));
    const isHealthy = (container: string): boolean => run("docker", ["inspect", "--format", "{{.State.Health.Status}}", container]) === "healthy";
    await until("every node is healthy", START_TIMEOUT_MS, () => containers.every(isHealthy));
  }

  /** Empty while the broker that was asked does not know the topic: one that has just started reads the metadata first. */
  async partitions(): Promise<readonly PartitionState[]> {
    const admin = new kafkajs.Kafka({ clientId: "samsa-compose-suite", brokers: BOOTSTRAP, logLevel: kafkajs.logLevel.NOTHING }).admin();
    await admin.connect();
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [this.topic.name] });
      return (topics[0]?.partitions ?? []).toSorted((a, b) => a.partitionId - b.partitionId);
    } catch (error) {
      if (error instanceof kafkajs.KafkaJSProtocolError && error.type === "UNKNOWN_TOPIC_OR_PARTITION") return [];
      throw error;
    } finally {
      await admin.disconnect();
    }
  }

  untilIsrIsFull(): Promise<void> {
    return until("every replica is in sync", START_TIMEOUT_MS, async () => {
      const states = await this.partitions();
      return states.length === this.topic.partitions && states.every(({ isr }) => isr.length === this.topic.replicationFactor);
    });
  }

  /** What leads the metadata quorum, asked from within one of the controllers as an operator would; undefined while nothing does. */
  activeController(asked: string): string | undefined {
    const voters = this.layout.controllers.map((service) => `${service.replace("controller-", "")}@${service}:9093`).join(",");
    const command = ["node", "/opt/samsa/dist/samsa.mjs", "quorum", "--voters", voters, "--secret-file", "/run/samsa/cluster.secret", "--json"];
    const { status, stdout } = spawnSync("docker", ["exec", this.containerOf(asked), ...command], { encoding: "utf8" });
    if (status !== 0) return undefined;
    const { leader } = JSON.parse(stdout) as { readonly leader: number };
    return this.layout.controllers.find((service) => service === `controller-${leader}`);
  }
}
