import { spawnSync } from "node:child_process";
import { setTimeout as pause } from "node:timers/promises";
import type { Scenario } from "@samsa/scenario-runner";
import kafkajs from "kafkajs";

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
export const START_TIMEOUT_MS = 60_000;
const POLL_INTERVAL_MS = 100;

export function run(command: string, args: readonly string[], { isQuiet = true } = {}): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8", stdio: isQuiet ? "pipe" : ["ignore", "inherit", "inherit"] });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit code ${status}\n${stdout}${stderr}`}`);
  return (stdout ?? "").trim();
}

export async function until(what: string, timeoutMs: number, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = performance.now() + timeoutMs;
  while (!(await isTrue())) {
    if (performance.now() > deadlineMs) throw new Error(`${what}: not after ${timeoutMs} ms`);
    await pause(POLL_INTERVAL_MS);
  }
}

const hasPlugin = (): boolean => spawnSync("docker", ["compose", "version"]).status === 0;

/** The containers of one Compose file, and what clients on this machine see of them. */
export class ComposedCluster {
  readonly layout: Layout;
  private readonly topic: Scenario["topic"];

  constructor(layout: Layout, topic: Scenario["topic"]) {
    this.layout = layout;
    this.topic = topic;
  }

  compose(...args: readonly string[]): string {
    const own = ["--project-name", PROJECT, "--file", this.layout.file, ...args];
    return hasPlugin() ? run("docker", ["compose", ...own]) : run("docker-compose", own);
  }

  containerOf(service: string): string {
    return this.compose("ps", "-q", service);
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
    const command = ["node", "/opt/samsa/samsa.mjs", "quorum", "--voters", voters, "--secret-file", "/run/samsa/cluster.secret", "--json"];
    const { status, stdout } = spawnSync("docker", ["exec", this.containerOf(asked), ...command], { encoding: "utf8" });
    if (status !== 0) return undefined;
    const { leader } = JSON.parse(stdout) as { readonly leader: number };
    return this.layout.controllers.find((service) => service === `controller-${leader}`);
  }
}
