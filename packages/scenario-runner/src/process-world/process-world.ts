import type { History } from "@samsa/history";
import { History as WrittenHistory } from "@samsa/history";
import type { Fault, FaultSupportTable, Victim } from "@samsa/world";
import { KafkaJsProducer } from "../drivers/kafkajs-producer.ts";
import type { NodeEvent } from "../run/node-event.ts";
import type { Observation } from "../run/observation.ts";
import type { ScenarioWorld, Strike, WorldFactory } from "../run/scenario-world.ts";
import { faultTypesOf, nodesOf, type Scenario } from "../scenario.ts";
import { readBack } from "./read-back.ts";
import { ProcessCluster } from "./process-cluster.ts";

/** A fault for one node, asked for over its control listener. */
export interface FaultRequest {
  readonly host: string;
  readonly port: number;
  readonly node: number;
  /** The cluster's. */
  readonly secret: Uint8Array;
  readonly fault: Fault;
}

export interface ProcessWorldOptions {
  readonly scenario: Scenario;
  /** The program that users start. */
  readonly bundle: string;
  /** Asks as the operator's command line does. Null: the node does it; else why not. Needed for faults from within. */
  readonly inject?: (request: FaultRequest) => Promise<string | null>;
  /** Told to stop: the cluster is taken down. */
  readonly signal?: AbortSignal;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;

/** Processes are killed, stopped and paused for real; disk and network lie from within, over the control plane. */
const PROCESS_SUPPORT: FaultSupportTable = {
  crash: "real",
  "power-loss": "refused",
  stop: "real",
  pause: "real",
  partition: "refused",
  reset: "decorated",
  stash: "refused",
  corrupt: "refused",
  "slow-network": "decorated",
  "slow-disk": "decorated",
  "disk-full": "decorated",
  "log-dir-failure": "decorated",
  "disk-error": "decorated",
  clock: "refused",
  plant: "decorated",
};

/** Three or more processes of the bundle on this machine, and kafkajs as their producer. */
export function processWorld(options: ProcessWorldOptions): WorldFactory {
  const startMs = performance.now();
  return {
    name: "process",
    support: PROCESS_SUPPORT,
    create: (observation) => new ProcessWorld(options, observation),
    nowMs: () => performance.now() - startMs,
  };
}

export class ProcessWorld implements ScenarioWorld {
  readonly name = "process";
  private readonly options: ProcessWorldOptions;
  private readonly observation: Observation;
  private readonly history = new WrittenHistory("p");
  private readonly down = new Set<number>();
  private cluster: ProcessCluster | undefined;
  private producer: KafkaJsProducer | undefined;
  private isOver = false;

  constructor(options: ProcessWorldOptions, observation: Observation) {
    this.options = options;
    this.observation = observation;
  }

  async start(): Promise<string | undefined> {
    const { scenario, bundle, signal } = this.options;
    const { observation } = this;
    const areFaultsEnabled = faultTypesOf(scenario).some((type) => PROCESS_SUPPORT[type] === "decorated");
    signal?.throwIfAborted();
    const { properties = {}, ...shape } = scenario.cluster;
    const onEvent = (event: NodeEvent): void => observation.event(event);
    const cluster = await ProcessCluster.start({ bundle, ...shape, properties: new Map(Object.entries(properties)), areFaultsEnabled, onEvent });
    this.cluster = cluster;
    observation.onChange = () => cluster.poke();
    signal?.addEventListener("abort", () => cluster.abort(signal.reason), { once: true });
    observation.timeline.say(`${nodesOf(scenario.cluster)} start as processes ${cluster.nodes.map(({ pid }) => pid).join(", ")}`);
    const producer = await this.createProducer(cluster);
    if (!(await this.until(() => observation.state.unfenced.size === scenario.cluster.brokers, START_TIMEOUT_MS)))
      return `not every broker was in service after ${START_TIMEOUT_MS} ms`;
    await producer.createTopic();
    const { topic } = scenario;
    if (!(await this.until(() => observation.state.partitions.size >= topic.partitions, START_TIMEOUT_MS)))
      return `topic ${topic.name} had no leaders after ${START_TIMEOUT_MS} ms`;
    await producer.start();
    return undefined;
  }

  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    return this.running().until(condition, timeoutMs);
  }

  async strike({ fault, victim }: Strike): Promise<void> {
    if (victim === undefined) {
      for (const { id } of this.running().nodes) await this.injectInto(id, fault);
      return;
    }
    const node = this.running().node(victim);
    switch (fault.type) {
      case "crash":
      case "stop":
        this.down.add(victim);
        return node.kill(fault.type === "crash" ? "SIGKILL" : "SIGTERM");
      case "pause":
        await node.kill("SIGSTOP");
        setTimeout(() => void node.kill("SIGCONT"), fault.forMs).unref();
        return;
      default:
        return this.injectInto(victim, fault);
    }
  }

  async restart(): Promise<readonly number[]> {
    const started = [...this.down];
    for (const id of started) this.running().node(id).start();
    this.down.clear();
    return started;
  }

  async finish(): Promise<History> {
    await this.producer?.stop();
    this.isOver = true;
    if (this.producer !== undefined) await readBack(this.history, { bootstrap: this.running().bootstrap, topic: this.options.scenario.topic });
    return this.history;
  }

  /** Nobody sees into the processes: what a leader had committed is not known. */
  excuses(): undefined {
    return undefined;
  }

  failures(): readonly string[] {
    return this.running().nodes.flatMap(({ failure }) => failure ?? []);
  }

  residentBytes(): ReadonlyMap<number, number> {
    return new Map(this.running().nodes.flatMap((node) => (node.residentBytes === undefined ? [] : [[node.id, node.residentBytes] as const])));
  }

  get bootstrap(): readonly string[] {
    return this.running().bootstrap;
  }

  get brokerIds(): readonly number[] {
    return this.running().brokerIds;
  }

  /** Where a broker keeps its partitions; gone after `dispose`. */
  dataDirectory(broker: number): string {
    return this.running().dataDirectory(broker);
  }

  /** SIGTERM to every broker; those that have not ended after a while are killed. */
  async stop(): Promise<void> {
    await this.running().stop(STOP_TIMEOUT_MS);
  }

  async dispose(): Promise<void> {
    this.producer?.abandon();
    await this.cluster?.dispose();
  }

  private running(): ProcessCluster {
    if (this.cluster === undefined) throw new RangeError("the cluster was not started");
    return this.cluster;
  }

  private async createProducer(cluster: ProcessCluster): Promise<KafkaJsProducer> {
    const { observation } = this;
    const { name } = this.options.scenario.topic;
    this.producer = await KafkaJsProducer.create({
      bootstrap: cluster.bootstrap,
      scenario: this.options.scenario,
      history: this.history,
      nowUs: () => Math.round(performance.now() * 1000),
      onAck: (partition, records, baseOffset) => {
        if (!this.isOver) observation.acked(`${name}-${partition}`, records, baseOffset);
      },
      onError: (partition, error) => observation.sendFailed(`${name}-${partition}`, error),
    });
    return this.producer;
  }

  private async injectInto(node: number, fault: Fault): Promise<void> {
    const cluster = this.running();
    const address = cluster.controlAddresses.get(node);
    if (address === undefined) throw new RangeError(`there is no node ${node}`);
    const victim: Victim = { type: "node", id: node };
    const { inject } = this.options;
    if (inject === undefined) throw new TypeError("nobody can ask the nodes for faults");
    const error = await inject({ ...address, node, secret: cluster.secret, fault: "victim" in fault ? { ...fault, victim } : fault });
    if (error !== null) throw new Error(`node ${node} did not take the fault: ${error}`);
  }
}
