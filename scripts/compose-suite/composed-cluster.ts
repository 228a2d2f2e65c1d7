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

/** Part of what `samsa quorum --json` prints. */
interface QuorumAccount {
  readonly leader: number;
  readonly voters: readonly { readonly id: number; readonly lastCaughtUpAgoMs: number }[];
}

export const BOOTSTRAP = ["localhost:9092", "localhost:9192", "localhost:9292"];
const PROJECT = "samsa-suite";
/** What Compose makes of the project's name for its network. */
export const NETWORK = `${PROJECT}_default`;
export const START_TIMEOUT_MS = 60_000;
/** Less than a container takes to be healthy: it is not of before the kill. */
const CAUGHT_UP_AGO_MS_MAX = 1_500;

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
    await until("every node is healthy", START_TIMEOUT_MS, () => containers.every(isHealthy));
  }

  /**
   * The container of one that was killed, on its volume: resolves when it is healthy, and a controller when the quorum has it back. The other nodes do
   * without it, so that nothing else tells of one that ends at once. The engine forgets the health of before when a container starts.
   */
  async startAgain(service: string): Promise<void> {
    const container = this.containerOf(service);
    run("docker", ["start", container]);
    await until(`${service} is healthy`, START_TIMEOUT_MS, () => {
      const [state, exitCode] = inspect(container, "{{.State.Status}} {{.State.ExitCode}}").split(" ");
      if (state === "exited") throw new Error(`${service} has ended with exit code ${exitCode}`);
      return isHealthy(container);
    });
    if (this.layout.controllers.includes(service)) await until(`the quorum has ${service} back`, START_TIMEOUT_MS, () => this.isCaughtUp(service));
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

  /** What leads the metadata quorum; undefined while nothing does. */
  activeController(asked: string): string | undefined {
    const leader = this.quorum(asked)?.leader;
    return this.layout.controllers.find((service) => idOf(service) === leader);
  }

  /** The leader of the quorum says that this controller had all of its log, not long ago. */
  private isCaughtUp(service: string): boolean {
    const voter = this.quorum(service)?.voters.find(({ id }) => id === idOf(service));
    return voter !== undefined && voter.lastCaughtUpAgoMs >= 0 && voter.lastCaughtUpAgoMs <= CAUGHT_UP_AGO_MS_MAX;
  }

  /** The quorum's own account, asked from within one of the controllers as an operator would; undefined while nothing leads it. */
  private quorum(asked: string): QuorumAccount | undefined {
    const voters = this.layout.controllers.map((service) => `${idOf(service)}@${service}:9093`).join(",");
    const command = ["node", "/opt/samsa/dist/samsa.mjs", "quorum", "--voters", voters, "--secret-file", "/run/samsa/cluster.secret", "--json"];
    const { status, stdout } = spawnSync("docker", ["exec", this.containerOf(asked), ...command], { encoding: "utf8" });
    return status === 0 ? (JSON.parse(stdout) as QuorumAccount) : undefined;
  }
}

const idOf = (service: string): number => Number(service.replace("controller-", ""));

const inspect = (container: string, format: string): string => run("docker", ["inspect", "--format", format, container]);

const isHealthy = (container: string): boolean => inspect(container, "{{.State.Health.Status}}") === "healthy";
