import {
  type CommittedMetadata,
  Controller,
  type ControllerConfig,
  type ControllerOutput,
  type ControllerReply,
  type DecidedRequest,
  type ControllerTrace,
  type ProbeOutcome,
} from "@samsa/controller";
import { type FeatureRange, type PartitionImage, SUPPORTED_FEATURES } from "@samsa/metadata";
import { type BrokerEpoch, brokerEpoch, leaderEpoch, micros, nodeId, type Now, partitionEpoch, Prng, type Uuid, uuid, wallMs, ZERO_UUID } from "@samsa/stdx";

export const SESSION_MS = 1000;
export const CONFIG: ControllerConfig = {
  brokerSessionTimeoutMs: SESSION_MS,
  fencingByRefusedDial: true,
  defaultReplicationFactor: 3,
  numPartitions: 1,
  minInsyncReplicas: 2,
  isUncleanElectionEnabled: false,
  isDeleteTopicEnabled: true,
  leaderBalanceIntervalMs: undefined,
};

type ReplyOf<T extends ControllerReply["type"]> = Extract<ControllerReply, { type: T }>;
type Probe = Extract<ControllerOutput, { type: "probe" }>;

export const incarnation = (n: number): Uuid => uuid(`incarnation${String(n).padStart(11, "0")}`);
/** One for each disk; 0 for one that was not told. */
export const directory = (n: number): Uuid => (n === 0 ? ZERO_UUID : uuid(`directory${String(n).padStart(13, "0")}`));
export const ids = (...values: number[]) => values.map(nodeId);

export interface RegistrationOptions {
  readonly pageCacheSurvived?: boolean;
  readonly rack?: string;
  /** Number of the disk; the broker's id where left out. */
  readonly directory?: number;
  /** Numbers of those that work, of a broker with several. */
  readonly logDirs?: readonly number[];
  readonly hasOfflineDirs?: boolean;
  readonly features?: readonly FeatureRange[];
}

/** One controller over a log of its own that commits what it is told to: everything at once, unless `holdsCommits`. */
export class Quorum {
  readonly controller: Controller;
  readonly entries: CommittedMetadata[] = [];
  readonly replies = new Map<number, ControllerReply>();
  readonly probes: Probe[] = [];
  readonly traces: ControllerTrace[] = [];
  holdsCommits = false;
  committed = 0;
  epoch = 0;
  private nowMs = 0;
  private nextToken = 1;

  constructor(config: Partial<ControllerConfig> = {}, seed = 1) {
    this.controller = new Controller({ self: nodeId(1), config: { ...CONFIG, ...config }, prng: new Prng(seed) });
  }

  /** An active controller with these brokers unfenced. */
  static with(brokerIds: readonly number[], config: Partial<ControllerConfig> = {}, seed = 1): Quorum {
    const quorum = new Quorum(config, seed);
    quorum.elect();
    for (const id of brokerIds) quorum.join(id);
    return quorum;
  }

  get requestCount(): number {
    return this.nextToken - 1;
  }

  get now(): Now {
    return { monotonicUs: micros(this.nowMs * 1000), wallMs: wallMs(this.nowMs) };
  }

  elect(): void {
    this.startTerm();
    this.settle();
  }

  /** Raft elects, and its barrier is not committed yet. */
  startTerm(): void {
    this.epoch++;
    this.controller.becameLeader(this.epoch, this.now);
    this.entries.push({ index: this.entries.length + 1, epoch: this.epoch, records: [] });
  }

  /** Another node leads; it has only the first `kept` of the entries that were not committed. */
  depose(kept: number): void {
    this.controller.lostLeadership(this.now);
    this.collect();
    this.entries.length = Math.min(this.entries.length, this.committed + kept);
    this.epoch++;
  }

  settle(): void {
    this.collect();
    while (!this.holdsCommits && this.commitOne());
  }

  commitOne(): boolean {
    const entry = this.entries[this.committed];
    if (entry === undefined) return false;
    this.committed++;
    this.controller.committed(entry, this.now);
    this.collect();
    return true;
  }

  /** Time passes; deadlines fire when they are due. */
  advance(ms: number): void {
    const until = this.nowMs + ms;
    for (let due = this.controller.nextDeadlineUs; due !== undefined && due <= until * 1000; due = this.controller.nextDeadlineUs) {
      this.nowMs = Math.max(this.nowMs, due / 1000);
      this.controller.deadline(this.now);
      this.settle();
    }
    this.nowMs = until;
  }

  /** Time passes unnoticed: the controller's process was stopped. */
  stall(ms: number): void {
    this.nowMs += ms;
    this.controller.deadline(this.now);
    this.settle();
  }

  send(request: DecidedRequest, from?: number): number {
    const token = this.nextToken++;
    const sender = from ?? ("brokerId" in request ? request.brokerId : 1);
    this.controller.request(token, nodeId(sender), request, this.now);
    this.settle();
    return token;
  }

  ask<R extends DecidedRequest>(request: R, from?: number): ReplyOf<R["type"]> {
    const reply = this.replies.get(this.send(request, from));
    if (reply?.type !== request.type) throw new Error(`no answer to ${request.type}`);
    return reply as ReplyOf<R["type"]>;
  }

  register(id: number, incarnationNumber: number, options: RegistrationOptions = {}): ReplyOf<"register-broker"> {
    return this.ask({
      type: "register-broker",
      brokerId: nodeId(id),
      incarnationId: incarnation(incarnationNumber),
      endpoints: [{ listener: "PLAINTEXT", host: "localhost", port: 9092 + (id % 1000) }],
      controlEndpoint: { host: "localhost", port: 9192 + (id % 1000) },
      rack: options.rack ?? null,
      pageCacheSurvived: options.pageCacheSurvived ?? true,
      directoryId: directory(options.directory ?? id),
      ...(options.logDirs === undefined ? {} : { logDirs: options.logDirs.map(directory) }),
      ...(options.hasOfflineDirs === undefined ? {} : { hasOfflineDirs: options.hasOfflineDirs }),
      features: options.features ?? SUPPORTED_FEATURES,
    });
  }

  /** The broker says that its log directories have failed. */
  failDirectories(id: number, ...failed: number[]): ReplyOf<"broker-heartbeat"> {
    const { index: appliedIndex } = this.controller.image;
    const offlineDirs = failed.map(directory);
    return this.ask({ type: "broker-heartbeat", brokerId: nodeId(id), brokerEpoch: this.brokerEpoch(id), appliedIndex, wantsShutdown: false, offlineDirs });
  }

  /** The broker says in which directory its replica of `t`-`partition` lies. */
  assign(id: number, partition: number, directoryNumber: number): ReplyOf<"assign-replicas-to-dirs"> {
    const replicas = [{ topicId: this.topicId("t"), partition, directoryId: directory(directoryNumber) }];
    return this.ask({ type: "assign-replicas-to-dirs", brokerId: nodeId(id), brokerEpoch: this.brokerEpoch(id), replicas });
  }

  heartbeat(id: number, options: { epoch?: number; appliedIndex?: number; wantsShutdown?: boolean } = {}): ReplyOf<"broker-heartbeat"> {
    const epoch = options.epoch === undefined ? this.brokerEpoch(id) : brokerEpoch(options.epoch);
    const appliedIndex = options.appliedIndex ?? this.controller.image.index;
    return this.ask({ type: "broker-heartbeat", brokerId: nodeId(id), brokerEpoch: epoch, appliedIndex, wantsShutdown: options.wantsShutdown ?? false });
  }

  /** A new incarnation registers and is unfenced. */
  join(id: number, options: RegistrationOptions = {}): void {
    this.register(id, 1000 + this.entries.length, options);
    this.heartbeat(id);
  }

  /** The broker's session ends while all others live on. */
  expire(id: number): void {
    const others = [...this.controller.image.brokers.values()].filter((broker) => !broker.isFenced && broker.brokerId !== id);
    this.advance(SESSION_MS - 1);
    for (const { brokerId } of others) this.heartbeat(brokerId);
    this.advance(1);
  }

  createTopic(name: string, options: { partitions?: number; replicas?: readonly (readonly number[])[]; configs?: Record<string, string | null> } = {}) {
    const assignments = (options.replicas ?? []).map((replicas, partition) => ({ partition, replicas: ids(...replicas) }));
    const configs = new Map(Object.entries(options.configs ?? {}));
    const topic = { name, partitionCount: assignments.length > 0 ? -1 : (options.partitions ?? -1), replicationFactor: -1, assignments, configs };
    const [created] = this.ask({ type: "create-topics", topics: [topic], validateOnly: false }).topics;
    if (created === undefined) throw new Error("no topic in the answer");
    return created;
  }

  /** The leader of `topic`-0 asks for an ISR, in its newest epochs unless told otherwise. */
  alter(
    newIsr: readonly number[],
    options: { from?: number; leaderEpoch?: number; partitionEpoch?: number; epochs?: Record<number, number>; topic?: string; partition?: number } = {},
  ) {
    const topic = options.topic ?? "t";
    const partition = this.partition(topic, options.partition ?? 0);
    const from = nodeId(options.from ?? partition.leader);
    const asked = {
      topicId: this.topicId(topic),
      partition: partition.partition,
      leaderEpoch: leaderEpoch(options.leaderEpoch ?? partition.leaderEpoch),
      partitionEpoch: partitionEpoch(options.partitionEpoch ?? partition.partitionEpoch),
      newIsr: newIsr.map((id) => ({ brokerId: nodeId(id), brokerEpoch: brokerEpoch(options.epochs?.[id] ?? this.brokerEpoch(id)) })),
    };
    return this.ask({ type: "alter-partition", brokerId: from, brokerEpoch: this.brokerEpoch(from), partitions: [asked] });
  }

  alterError(...parameters: Parameters<Quorum["alter"]>): string {
    const reply = this.alter(...parameters);
    return reply.partitions[0]?.error ?? reply.error;
  }

  partition(topic = "t", partition = 0): PartitionImage {
    const image = this.controller.image.topicByName(topic)?.partitions[partition];
    if (image === undefined) throw new Error(`no partition ${topic}-${partition}`);
    return image;
  }

  topicId(topic: string): Uuid {
    return this.controller.image.topicByName(topic)?.topicId ?? uuid("AAAAAAAAAAAAAAAAAAAAAA");
  }

  brokerEpoch(id: number): BrokerEpoch {
    return this.controller.image.brokers.get(nodeId(id))?.brokerEpoch ?? brokerEpoch(-1);
  }

  isFenced(id: number): boolean {
    return this.controller.image.brokers.get(nodeId(id))?.isFenced ?? true;
  }

  probed(id: number, outcome: ProbeOutcome): void {
    this.controller.probed(nodeId(id), outcome, this.now);
    this.settle();
  }

  connectionLost(id: number): void {
    this.controller.connectionLost(nodeId(id), this.now);
    this.settle();
  }

  /** Answers the probes that were asked for, and forgets them. */
  takeProbes(): readonly number[] {
    return this.probes.splice(0).map((probe) => probe.brokerId);
  }

  private collect(): void {
    for (const output of this.controller.drain()) {
      if (output.type === "reply") {
        if (this.replies.has(output.token)) throw new Error(`request ${output.token} is answered twice`);
        this.replies.set(output.token, output.reply);
      } else if (output.type === "propose") {
        this.entries.push({ index: this.entries.length + 1, epoch: this.epoch, records: output.records });
        this.controller.proposed(output.batch, this.entries.length);
      } else if (output.type === "probe") this.probes.push(output);
      else this.traces.push(output.event);
    }
  }
}
