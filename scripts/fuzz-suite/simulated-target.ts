import {
  type AnyApi,
  type ApiCodec,
  type ApiInputs,
  type ApiMessages,
  type ApiName,
  apis,
  decodeResponseHeader,
  encodeRequestFrame,
  Reader,
} from "@samsa/protocol";
import { combined, hostName, watchedCluster, type WatchedCluster } from "@samsa/simulator";
import { concatBytes, nodeId } from "@samsa/stdx";
import { Shell } from "@samsa/world";
import type { Expectation } from "./expectation.ts";
import { isSilent, patienceMs } from "./expectation.ts";
import { type FuzzCase, writesOf } from "./fuzz-case.ts";
import { SimulatedVisitor, type Visit } from "./simulated-visitor.ts";
import { type ClusterView, endKey, type FuzzTarget, isInternalTopic, type Played, type TopicView } from "./target.ts";

const BROKER = 1;
const VISITOR = 100;
/** In simulated time: whoever has no answer by then gets none. */
const ROUND_LIMIT_US = 1_500_000;
const CALL_LIMIT_US = 60_000_000;
/** What a closed connection leaves behind is gone by then. */
const QUIET_US = 50_000;
const KEEPS_BATCHES = ["compression.type", "message.timestamp.type", "cleanup.policy"];

/** One broker with its own controller, and everybody who connects to it as one simulated host. */
export class SimulatedTarget implements FuzzTarget {
  private readonly running: WatchedCluster;
  private readonly visitor = new SimulatedVisitor({ host: hostName(BROKER), port: 9092 });
  private readonly shell: Shell;
  private good: Visit | undefined;
  private correlationId = 0;
  private eventsTaken = 0;
  private connections = 0;

  constructor(seed: number) {
    this.running = watchedCluster({
      seed,
      shape: combined(1),
      properties: new Map([
        ["auto.create.topics.enable", String(seed % 4 === 0)],
        ["offsets.topic.num.partitions", "3"],
        ["offsets.topic.replication.factor", "1"],
      ]),
      world: { network: { fragmentation: seed % 3 === 0 ? "random" : "none" } },
    });
    const { world } = this.running;
    world.addHost(VISITOR, { host: hostName(VISITOR), isClient: true });
    const ports = world.ports(VISITOR);
    this.shell = new Shell({ ports, node: nodeId(VISITOR), machine: this.visitor });
    this.shell.start();
  }

  async call<Name extends ApiName>(api: Name, apiVersion: number, request: ApiInputs[Name]["request"]): Promise<ApiMessages[Name]["response"]> {
    const { world } = this.running;
    const codec: ApiCodec<Name> = apis[api];
    const frame = encodeRequestFrame(codec, { apiVersion, correlationId: this.correlationId++, clientId: "good" }, request) as readonly Uint8Array[];
    this.good ??= this.visitor.open([]);
    const { good } = this;
    const answered = good.answers.length;
    this.visitor.say(good, concatBytes(frame));
    this.shell.requestStop();
    world.runWhile(() => good.answers.length === answered && !good.isClosed, world.nowUs + CALL_LIMIT_US);
    const answer = good.answers[answered];
    if (answer === undefined) throw new Error(`a good ${api} ${apiVersion} was not answered`);
    const reader = new Reader(answer);
    decodeResponseHeader(reader, codec as AnyApi, apiVersion);
    return codec.decodeResponse(reader, apiVersion);
  }

  async pause(): Promise<void> {
    this.running.world.runFor(QUIET_US);
  }

  async play(cases: readonly { readonly fuzzCase: FuzzCase; readonly expectation: Expectation }[]): Promise<readonly Played[]> {
    const { world } = this.running;
    this.connections = world.network.size;
    const visits = cases.map(({ fuzzCase }) => this.visitor.open(writesOf(fuzzCase)));
    const isSettled = (): boolean => visits.every((visit, index) => isOver(visit, cases[index]?.expectation));
    this.shell.requestStop();
    world.runWhile(() => !isSettled(), world.nowUs + ROUND_LIMIT_US);
    // Whatever comes twice comes now.
    world.runFor(QUIET_US);
    const played = cases.map((one, index) => ({ ...one, answers: visits[index]?.answers ?? [], isClosed: visits[index]?.isClosed === true }));
    for (const visit of visits) this.visitor.close(visit);
    this.shell.requestStop();
    world.runFor(QUIET_US);
    return played;
  }

  async view(): Promise<ClusterView> {
    const node = this.running.cluster.viewOf(BROKER)?.node;
    const broker = node?.broker;
    if (broker === undefined) return { topics: new Map(), ends: new Map(), rest: "no broker" };
    const { image } = broker;
    const topics = new Map<string, TopicView>();
    for (const topic of image.topics()) {
      if (isInternalTopic(topic.name)) continue;
      const configs = image.topicConfig(topic.name);
      const state = JSON.stringify([topic, [...configs]]);
      topics.set(topic.topicId, {
        name: topic.name,
        partitions: topic.partitions.length,
        state,
        keepsBatches: !KEEPS_BATCHES.some((name) => configs.has(name)),
      });
    }
    const hosted = [...broker.replicas.all()].filter(({ topic }) => !isInternalTopic(topic));
    const ends = new Map(hosted.map(({ replica, partition, log }) => [endKey(replica.topicId, partition), log.appendedEnd]));
    const rest = JSON.stringify([[...image.brokers], [...image.features], [...image.brokerConfig("default")], [...image.brokerConfig(nodeId(BROKER))]]);
    const configs = new Map<string, ReadonlyMap<string, string>>([
      ...[...image.topics()].map(({ name }) => [`2:${name}`, image.topicConfig(name)] as const),
      ["4:", image.brokerConfig("default")],
      [`4:${BROKER}`, image.brokerConfig(nodeId(BROKER))],
      ["features", new Map([...image.features].map(([name, level]) => [name, String(level)]))],
    ]);
    return { topics, ends, configs, rest };
  }

  async takeClosings(): Promise<readonly string[]> {
    const { events } = this.running;
    const fresh = events.slice(this.eventsTaken);
    this.eventsTaken = events.length;
    return fresh.flatMap(({ event }) => (event.kind === "connection-closed" ? [event.because] : []));
  }

  problems(): readonly string[] {
    const { violations, cluster, world } = this.running;
    const problems = violations.filter((violation) => !isAboutManners(violation)).map(({ invariant, detail }) => `${invariant}: ${detail}`);
    if (cluster.views.length !== 1) problems.push("the broker's process has ended");
    if (world.network.size > this.connections) problems.push(`${world.network.size - this.connections} connections are left`);
    return problems;
  }

  async dispose(): Promise<void> {
    this.shell.kill();
  }
}

/** A sound producer takes a new epoch only where records were lost; those of a fuzz take them as they like, and may. */
const isAboutManners = ({ invariant, detail }: { readonly invariant: string; readonly detail: string }): boolean =>
  invariant === "I-T4" && detail.endsWith("no record was lost or given up");

/** Nothing more is to be waited for. */
function isOver({ isClosed, answers, isSaid }: Visit, expectation: Expectation | undefined): boolean {
  if (isClosed || expectation === undefined) return true;
  if (!isSaid || expectation.end === "closed") return false;
  const patient = expectation.requests.some((request) => patienceMs(request) * 1_000 > ROUND_LIMIT_US);
  return patient || answers.length >= expectation.requests.filter((request) => !isSilent(request)).length;
}
