import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EMPTY_IMAGE, type MetadataImage } from "@samsa/metadata";
import type { ApiName, ErrorName } from "@samsa/protocol";
import type { TraceEvent } from "@samsa/world";
import { ClusterError } from "./cluster-error.ts";
import { ClusterFaults, type FailOptions } from "./cluster-faults.ts";
import { type ClusterOptions, clientAddress, configOf, endpointsOf, type NodePlan, planNodes, portCountOf, shapeOf } from "./cluster-options.ts";
import { type ClusterState, clusterStateOf, type NodeState } from "./cluster-state.ts";
import { EmbeddedNode } from "./embedded-node.ts";
import type { Fault } from "./fault.ts";
import { HostTimers } from "./host-timers.ts";
import { InProcessAdmin } from "./in-process-admin.ts";
import { type Link, LinkFaults } from "./link-faults.ts";
import { installNativeCode } from "./native-code.ts";
import { type RequestMatch, RequestRules } from "./requests/request-rules.ts";
import { ReservedPorts } from "./reserved-ports.ts";
import { ServingLeaders } from "./serving-leaders.ts";
import { Story } from "./story.ts";
import { Waiters } from "./waiters.ts";

const TIMEOUT_MS = 10_000;
const START_TIMEOUT_MS = 30_000;
const SECRET_BYTES = 32;

export interface TopicOptions {
  /** Default: `num.partitions`, which is 1. */
  readonly partitions?: number;
  /** Default: `default.replication.factor`, which is 3 where there are three brokers. */
  readonly replicationFactor?: number;
  /** Kafka's configs of topics: `{ "min.insync.replicas": 2 }`. */
  readonly config?: Readonly<Record<string, string | number | boolean>>;
  /** Default 10 seconds. */
  readonly timeoutMs?: number;
}

export interface WaitOptions {
  /** Default 10 seconds. */
  readonly timeoutMs?: number;
}

interface Parts {
  readonly options: ClusterOptions;
  readonly directory: string;
  readonly reserved: ReservedPorts;
  readonly plans: readonly NodePlan[];
}

/**
 * A whole Kafka cluster inside this process: brokers and controllers that really replicate, on sockets of the loopback interface, with all their files in one
 * temporary directory. Any Kafka client connects to it, and it can be broken.
 *
 *     await using cluster = await Cluster.start({ brokers: 3 });
 *     await cluster.createTopic("orders", { partitions: 3 });
 *     const kafka = new Kafka({ brokers: cluster.bootstrapServers.split(",") });
 *     await cluster.kill(cluster.leaderOf("orders", 0));
 *     await cluster.waitFor((state) => state.partition("orders", 0)?.isServed === true);
 *
 * Addresses stay the same through kill, stop and start. It takes its timers and clocks when it is loaded: `vi.useFakeTimers()` does not stop it. Several
 * clusters can live side by side. At its end (`await using`, or `dispose()`) nothing of it is left, no socket, no timer and no file. It sets no signal
 * handler, writes nothing to the console and never ends the process.
 *
 * Everything it throws is a `ClusterError` with a `code`.
 */
export class Cluster implements AsyncDisposable {
  /** `127.0.0.1:41001,127.0.0.1:41002,…`, one of each broker; the same for the cluster's life. */
  readonly bootstrapServers: string;
  private readonly directory: string;
  private readonly reserved: ReservedPorts;
  private readonly nodes: readonly EmbeddedNode[];
  private readonly timers = new HostTimers();
  private readonly rules = new RequestRules();
  private readonly links: LinkFaults;
  private readonly story: Story;
  private readonly waiters: Waiters;
  private readonly admin: InProcessAdmin;
  private readonly faults: ClusterFaults;
  private image: MetadataImage = EMPTY_IMAGE;
  private activeController: { readonly id: number | undefined; readonly epoch: number } = { id: undefined, epoch: -1 };
  private readonly serving = new ServingLeaders();
  private known: ClusterState | undefined;
  private disposed: Promise<void> | undefined;

  private constructor({ options, directory, reserved, plans }: Parts) {
    const secret = Uint8Array.from(Buffer.from(randomBytes(SECRET_BYTES).toString("hex"), "utf8"));
    const brokers = plans.filter(({ isBroker }) => isBroker);
    this.directory = directory;
    this.reserved = reserved;
    this.bootstrapServers = brokers.map(clientAddress).join(",");
    this.story = new Story((id) => (id > brokers.length ? `controller ${id}` : `broker ${id}`));
    this.waiters = new Waiters(() => this.state, this.timers);
    const planOf = new Map(plans.map((plan) => [plan.id, plan]));
    this.links = new LinkFaults(
      () => this.nodes,
      (id) => [planOf.get(id)].flatMap((plan) => (plan === undefined ? [] : endpointsOf(plan))),
    );
    this.nodes = plans.map(
      (plan) =>
        new EmbeddedNode({
          config: configOf(plan, plans, { directory, ...(options.config === undefined ? {} : { config: options.config }) }),
          secret,
          isTraceDetailed: options.isTraceDetailed ?? false,
          reserved,
          rules: this.rules,
          born: (control) => this.links.born(plan.id, control),
          traced: (event) => this.traced(event),
          changed: () => this.changed(),
        }),
    );
    this.faults = new ClusterFaults({ rules: this.rules, links: this.links, told: (text) => this.story.fault(text) });
    this.admin = new InProcessAdmin(this.nodes, { isUnfenced: (id) => this.state.node(id)?.isUnfenced === true, timers: this.timers });
  }

  /** Resolves when there is a controller and all brokers serve. Where it rejects, nothing is left behind. */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const shape = shapeOf(options);
    installNativeCode();
    const directory = mkdtempSync(join(tmpdir(), "samsa-embedded-"));
    let reserved: ReservedPorts | undefined;
    let cluster: Cluster | undefined;
    try {
      const bound = await ReservedPorts.reserve("127.0.0.1", portCountOf(shape));
      reserved = bound.reserved;
      cluster = new Cluster({ options, directory, reserved, plans: planNodes(shape, bound.ports) });
      await cluster.startAll(options.startTimeoutMs ?? START_TIMEOUT_MS);
      return cluster;
    } catch (error) {
      await cluster?.dispose();
      reserved?.release();
      rmSync(directory, { recursive: true, force: true });
      throw error;
    }
  }

  // What it is

  /** The cluster as it is now: nodes, controller, and every partition's leader and ISR. */
  get state(): ClusterState {
    return (this.known ??= clusterStateOf({
      nodes: this.nodes.map((node) => this.nodeState(node)),
      controller: this.activeController.id,
      controllerEpoch: this.activeController.epoch,
      image: this.image,
      serving: this.serving.awake((id) => this.nodes.some((node) => node.id === id && node.isAwake)),
    }));
  }

  /** The id of the active controller. Throws NO_CONTROLLER while there is none. */
  get controller(): number {
    const { controller } = this.state;
    if (controller !== undefined) return controller;
    throw new ClusterError("NO_CONTROLLER", "there is no active controller now; wait for one: cluster.waitFor((state) => state.controller !== undefined)");
  }

  /** The broker that leads a partition. Throws UNKNOWN_TOPIC, UNKNOWN_PARTITION, or NO_LEADER while nobody leads it. */
  leaderOf(topic: string, partition = 0): number {
    const { state } = this;
    const found = state.partition(topic, partition);
    if (found === undefined && !state.topics.includes(topic))
      throw new ClusterError("UNKNOWN_TOPIC", `there is no topic ${JSON.stringify(topic)}; there are: ${state.topics.join(", ") || "none"}`);
    if (found === undefined) throw new ClusterError("UNKNOWN_PARTITION", `topic ${JSON.stringify(topic)} has no partition ${partition}`);
    if (found.leader !== undefined) return found.leader;
    throw new ClusterError(
      "NO_LEADER",
      `nobody leads ${topic}-${partition} now: its ISR is ${found.isr.join(" ") || "empty"}; start one of its replicas ${found.replicas.join(", ")}`,
    );
  }

  /** The broker that coordinates a consumer group. Asks as a client does, so that the topic of groups is made if nobody has used a group yet. */
  coordinatorOf(groupId: string, { timeoutMs = TIMEOUT_MS }: WaitOptions = {}): Promise<number> {
    this.mustLive();
    return this.admin.coordinatorOf(groupId, timeoutMs);
  }

  /** Creates a topic. Resolves when each of its partitions is served, and every broker that is unfenced knows it. */
  async createTopic(name: string, { partitions, replicationFactor, config = {}, timeoutMs = TIMEOUT_MS }: TopicOptions = {}): Promise<void> {
    this.mustLive();
    await this.admin.createTopic({ name, partitions, replicationFactor, config }, timeoutMs);
    const isKnown = (state: ClusterState): boolean =>
      state.partition(name, 0) !== undefined &&
      state.partitions.every(({ topic, isServed }) => topic !== name || isServed) &&
      this.nodes.every(({ id, metadata }) => state.node(id)?.isUnfenced !== true || metadata === undefined || metadata.topicByName(name) !== undefined);
    await this.waiters.until(isKnown, { timeoutMs, what: `that all brokers know topic ${JSON.stringify(name)}` });
  }

  // What is done to its nodes

  /** As SIGKILL: the node is gone at once, nothing is flushed, its port refuses. Throws WRONG_NODE_STATUS if it is down. */
  async kill(id: number): Promise<void> {
    const node = this.node(id);
    if (node.isUp) this.story.fault(`kill of node ${id}`);
    await node.kill();
  }

  /** As SIGTERM: the node moves its leaders to others, and ends. Rejects with TIMED_OUT where it can't, for want of a majority of controllers. */
  async stop(id: number, { timeoutMs = TIMEOUT_MS }: WaitOptions = {}): Promise<void> {
    const node = this.node(id);
    if (node.isAwake) this.story.fault(`stop of node ${id}`);
    const stopped = node.stop();
    let cancel: () => void = () => undefined;
    const late = new Promise<never>((_, reject) => {
      const message = `node ${id} did not stop in ${timeoutMs} ms, perhaps because nobody can take over what it leads; kill it`;
      cancel = this.timers.after(timeoutMs, () => reject(new ClusterError("TIMED_OUT", message)));
    });
    await Promise.race([stopped, late]).finally(cancel);
  }

  /**
   * Starts a node that was killed or stopped, with its files and on its ports. Resolves when it listens; until it has caught up wait for
   * `state.isHealthy`. Rejects with PORT_TAKEN where another program has its port.
   */
  async start(id: number): Promise<void> {
    const node = this.node(id);
    if (!node.isUp) this.story.say(`node ${id} starts`);
    await node.start();
  }

  /** As SIGSTOP: its connections stay open, new ones are made, and nobody gets an answer. Throws WRONG_NODE_STATUS if it does not run. */
  pause(id: number): void {
    const node = this.node(id);
    node.pause();
    this.story.fault(`pause of node ${id}`);
  }

  /** As SIGCONT. */
  resume(id: number): void {
    const node = this.node(id);
    this.story.say(`node ${id} goes on`);
    node.resume();
  }

  // What is done to its network and its answers

  /** Cuts nodes from each other, both ways, until it is undone: `using cut = cluster.partition(1, [2, 3])`. Clients still reach all of them. */
  partition(one: number | readonly number[], other: number | readonly number[]): Fault {
    return this.faults.cut(this.sides(one, other));
  }

  /**
   * Makes requests of an API wait before their broker handles them (`delay("Fetch", 200)`), or whatever two nodes have for each other, each way
   * (`delay([1, 2], 200)`). With a request all that its client sends behind it waits too.
   */
  delay(what: ApiName | readonly [number, number], ms: number, match: RequestMatch = {}): Fault {
    if (typeof what !== "string") return this.faults.delayLink(this.sides(what[0], what[1]), ms);
    this.checkMatch(match);
    return this.faults.delayRequests(what, ms, match);
  }

  /**
   * Answers the next request of an API with an error, in the place of the broker, which never sees it: `failNext("Produce", "NOT_LEADER_OR_FOLLOWER",
   * { topic: "orders", times: 2 })`. Every topic and partition of the request is answered so. Only clients are concerned; brokers replicate undisturbed.
   */
  failNext(api: ApiName, error: ErrorName, options: FailOptions = {}): Fault {
    this.checkMatch(options);
    return this.faults.fail(api, error, options);
  }

  /** Keeps requests of an API waiting, and all that their clients send behind them, until `release`, or until it is undone. */
  hold(api: ApiName, match: RequestMatch = {}): Fault {
    this.checkMatch(match);
    return this.faults.hold(api, match);
  }

  /** Lets go on what is held of an API; of all of them if it is left out. */
  release(api?: ApiName): void {
    this.faults.release(api);
  }

  /** Takes away all that `partition`, `delay`, `failNext` and `hold` have done. What is killed or paused stays so. */
  heal(): void {
    this.faults.heal();
    this.story.say("all is healed");
  }

  /** Faults that never did anything so far: a test that passes with one has not tested what it says. */
  get unfiredFaults(): readonly Fault[] {
    return this.faults.unfired;
  }

  /** Throws FAULTS_NOT_FIRED if there are any. */
  assertFaultsFired(): void {
    const unfired = this.unfiredFaults;
    if (unfired.length > 0)
      throw new ClusterError("FAULTS_NOT_FIRED", `these faults never did anything: ${unfired.map(({ description }) => description).join("; ")}`);
  }

  // What it tells

  /** Resolves as soon as the predicate is true of the cluster's state; looked at whenever that changes. Rejects with TIMED_OUT, and says what the state is. */
  waitFor(isMet: (state: ClusterState) => boolean, { timeoutMs = TIMEOUT_MS }: WaitOptions = {}): Promise<void> {
    return this.waiters.until(isMet, { timeoutMs, what: `what is waited for (${isMet.toString()})` });
  }

  /** Everything that the nodes have told of, oldest first; of a long life the newest 20,000 events. */
  get trace(): readonly TraceEvent[] {
    return this.story.trace;
  }

  /** Calls the listener with every event from now on, until it is disposed of. It must not throw. */
  onTrace(listener: (event: TraceEvent) => void): Disposable {
    return this.story.listen(listener);
  }

  /** The story in words, a line for each thing that happened: print it when a test fails. */
  timeline(): string {
    return this.story.toString();
  }

  /** Ends all of it, at once. The second time it is the same promise. */
  dispose(): Promise<void> {
    return (this.disposed ??= this.disposeAll());
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  private async disposeAll(): Promise<void> {
    this.faults.heal();
    await Promise.all(this.nodes.map((node) => node.dispose()));
    this.reserved.release();
    this.waiters.end(DISPOSED);
    this.admin.end(DISPOSED);
    this.timers.clear();
    rmSync(this.directory, { recursive: true, force: true });
  }

  private async startAll(timeoutMs: number): Promise<void> {
    const serves = ({ nodes, controller }: ClusterState): boolean =>
      controller !== undefined && nodes.every(({ isBroker, isUnfenced }) => isUnfenced || !isBroker);
    await Promise.all(this.nodes.map((node) => node.start()));
    await this.waiters.until(serves, { timeoutMs, what: "that all brokers serve" });
  }

  private traced(event: TraceEvent): void {
    this.story.traced(event);
    const { event: body, node } = event;
    if (body.kind === "became-leader") {
      this.serving.leads(body, { node, leaderEpoch: body.leaderEpoch });
      this.changed();
    }
    if (body.kind !== "controller") return;
    const { id, epoch } = this.activeController;
    if (body.isActive && body.epoch >= epoch) this.activeController = { id: node, epoch: body.epoch };
    else if (!body.isActive && node === id) this.activeController = { id: undefined, epoch };
    this.changed();
  }

  private changed(): void {
    const { id, epoch } = this.activeController;
    for (const { metadata, id: node, isUp } of this.nodes) {
      if (metadata !== undefined && metadata.index > this.image.index) this.image = metadata;
      if (node === id && !isUp) this.activeController = { id: undefined, epoch };
      if (!isUp) this.serving.forget(node);
    }
    this.known = undefined;
    this.waiters.changed();
  }

  private nodeState({ id, status, isBroker, isController, incarnationId, failure }: EmbeddedNode): NodeState {
    const registration = [...this.image.brokers.values()].find(({ brokerId }) => brokerId === id);
    const isUnfenced = registration !== undefined && !registration.isFenced && (incarnationId === undefined || incarnationId === registration.incarnationId);
    return { id, status, isBroker, isController, isUnfenced, ...(failure === undefined ? {} : { failure }) };
  }

  private node(id: number): EmbeddedNode {
    this.mustLive();
    const found = this.nodes.find((node) => node.id === id);
    if (found !== undefined) return found;
    throw new ClusterError("UNKNOWN_NODE", `there is no node ${id}; the cluster has ${this.nodes.map((node) => node.id).join(", ")}`);
  }

  private sides(one: number | readonly number[], other: number | readonly number[]): Link["sides"] {
    const sides: Link["sides"] = [[one].flat(), [other].flat()];
    for (const id of sides.flat()) this.node(id);
    const both = sides[0].find((id) => sides[1].includes(id));
    if (both !== undefined) throw new ClusterError("BAD_OPTION", `node ${both} is on both sides`);
    if (sides.some((side) => side.length === 0)) throw new ClusterError("BAD_OPTION", "a side has no nodes");
    return sides;
  }

  private checkMatch({ broker }: RequestMatch): void {
    this.mustLive();
    if (broker !== undefined) this.node(broker);
  }

  private mustLive(): void {
    if (this.disposed !== undefined) throw DISPOSED;
  }
}

const DISPOSED = new ClusterError("CLUSTER_DISPOSED", "the cluster is disposed of; start another one");
