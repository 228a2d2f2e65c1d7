import { type Excuse, History } from "@samsa/history";
import type { ResolvedFault } from "@samsa/simulator";
import type { FaultSupportTable } from "@samsa/world";
import { KafkaJsGroup } from "../drivers/kafkajs-group.ts";
import { KafkaJsProducer } from "../drivers/kafkajs-producer.ts";
import { LeaderChanges } from "../run/leader-changes.ts";
import type { NodeEvent } from "../run/node-event.ts";
import type { Observation } from "../run/observation.ts";
import type { ScenarioWorld, WorldFactory } from "../run/scenario-world.ts";
import { faultTypesOf, nodesOf, type Scenario } from "../scenario.ts";
import { readBack } from "./read-back.ts";
import { ProcessCluster } from "./process-cluster.ts";
import { type Inject, ProcessFaults } from "./process-faults.ts";
import { replicaDifferences } from "./replica-differences.ts";

export interface ProcessWorldOptions {
  readonly scenario: Scenario;
  /** The program that users start. */
  readonly bundle: string;
  /** Needed for faults from within. */
  readonly inject?: Inject;
  /** Told to stop: the cluster is taken down. */
  readonly signal?: AbortSignal;
}

const START_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const STOP_PRODUCER_TIMEOUT_MS = 60_000;
/** For the group to come to the end when all is written. */
const GROUP_TIMEOUT_MS = 60_000;

/** The history's clock. */
const nowUs = (): number => Math.round(performance.now() * 1000);

/** Processes are killed, stopped and paused for real; disk and network lie from within, over the control plane. */
const PROCESS_SUPPORT: FaultSupportTable = {
  crash: "real",
  "power-loss": "refused",
  stop: "real",
  pause: "real",
  partition: "decorated",
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
  private readonly history = new History("p");
  private readonly leaderChanges = new LeaderChanges();
  private readonly problems: string[] = [];
  private cluster: ProcessCluster | undefined;
  private faults: ProcessFaults | undefined;
  private group: KafkaJsGroup | undefined;
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
    const onEvent = (event: NodeEvent): void => {
      this.leaderChanges.add(event, nowUs());
      observation.event(event);
    };
    const cluster = await ProcessCluster.start({ bundle, ...shape, properties: new Map(Object.entries(properties)), areFaultsEnabled, onEvent });
    this.cluster = cluster;
    this.faults = new ProcessFaults(cluster, this.options.inject);
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
    await this.startGroup(cluster);
    return undefined;
  }

  async until(condition: () => boolean, timeoutMs: number): Promise<boolean> {
    return this.running().until(condition, timeoutMs);
  }

  async strike(fault: ResolvedFault): Promise<void> {
    await this.faultsOf().strike(fault);
    if (fault.type === "crash" || fault.type === "stop") this.leaderChanges.nodeEnded(fault.victim, nowUs());
  }

  async heal(): Promise<void> {
    await this.faultsOf().heal();
  }

  async restart(): Promise<readonly number[]> {
    return this.faultsOf().restart();
  }

  async wipe(node: number): Promise<void> {
    this.faultsOf().wipe(node);
  }

  async tear(node: number, partition: { readonly topic: string; readonly partition: number }): Promise<void> {
    this.faultsOf().tear(node, partition);
  }

  async finish(): Promise<History> {
    await this.stopProducer();
    this.isOver = true;
    const { group, history } = this;
    const { topic } = this.options.scenario;
    if (this.producer !== undefined) await readBack(history, { bootstrap: this.running().bootstrap, topic });
    if (group !== undefined) this.problems.push(...(await group.finish(history, (isDone) => this.until(isDone, GROUP_TIMEOUT_MS))));
    return history;
  }

  async replicaDifferences(history: History): Promise<readonly string[]> {
    const { observation } = this;
    const differences = await replicaDifferences(this.running(), {
      history,
      isrOf: (topic, partition) => observation.state.partition(topic, partition)?.isr ?? [],
    });
    if (differences.length === 0) observation.timeline.say("the files of all replicas are the same, byte for byte");
    return differences;
  }

  excuses(): readonly Excuse[] {
    return this.leaderChanges.excuses(this.options.scenario.load.acks);
  }

  failures(): readonly string[] {
    return [...this.running().nodes.flatMap(({ failure }) => failure ?? []), ...this.problems];
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
    await this.group?.end();
  }

  /** What the producer has on its way gets its answer, unless something of the cluster is broken for good. */
  private async stopProducer(): Promise<void> {
    let isStopped = false;
    const stopping = this.producer?.stop().then(() => {
      isStopped = true;
      this.cluster?.poke();
    });
    if (stopping === undefined) return;
    stopping.catch(() => undefined);
    if (await this.until(() => isStopped, STOP_PRODUCER_TIMEOUT_MS)) return stopping;
    this.problems.push(`the producer still waited for answers after ${STOP_PRODUCER_TIMEOUT_MS} ms`);
  }

  private faultsOf(): ProcessFaults {
    if (this.faults === undefined) throw new RangeError("the cluster was not started");
    return this.faults;
  }

  private running(): ProcessCluster {
    if (this.cluster === undefined) throw new RangeError("the cluster was not started");
    return this.cluster;
  }

  private async startGroup({ bootstrap }: ProcessCluster): Promise<void> {
    const { topic, load } = this.options.scenario;
    if (load.group === undefined) return;
    const group = await KafkaJsGroup.start({ bootstrap, topic, load: load.group, nowUs, onRecords: () => this.observation.onChange() });
    this.group = group;
    this.observation.consumedBy = () => group.processedRecords;
  }

  private async createProducer(cluster: ProcessCluster): Promise<KafkaJsProducer> {
    const { observation } = this;
    const { name } = this.options.scenario.topic;
    this.producer = await KafkaJsProducer.create({
      bootstrap: cluster.bootstrap,
      scenario: this.options.scenario,
      history: this.history,
      nowUs,
      onAck: (partition, records, baseOffset) => {
        if (!this.isOver) observation.acked(`${name}-${partition}`, records, baseOffset);
      },
      onRefusal: (error) => observation.sendRefused(error),
      onError: (partition, error) => observation.sendFailed(`${name}-${partition}`, error),
    });
    return this.producer;
  }
}
