import { imageHash } from "@samsa/metadata";
import { decodePeerMessage } from "@samsa/server";
import { WorkloadMachine } from "@samsa/workload";
import type { Effect, TraceEvent } from "@samsa/world";
import { type ClusterObserver, combined, type NodeView, SimulatedCluster, SimulatedWorld, Watcher } from "@samsa/simulator";
import { type Visit, type Visited, Visitor } from "./visitor.ts";

const SHAPE = combined(3);
const WORKLOAD = 100;
const START_LIMIT_US = 60_000_000;
/** A greeting that is not finished is over by then, and who was closed by mistake has come back. */
const QUIET_US = 5_000_000;
/** Of each kind of message. */
const SAMPLES_KEPT = 4;

/** A cluster with some data and nothing to do, and strangers at its control ports. */
export class VisitedCluster {
  readonly world: SimulatedWorld;
  readonly cluster: SimulatedCluster;
  readonly watcher = new Watcher(SHAPE, () => undefined);
  readonly exits: string[] = [];
  readonly events: TraceEvent[] = [];
  /** What nodes have said to each other, by kind of message. */
  readonly samples = new Map<string, Uint8Array[]>();
  private nextVisitor = WORKLOAD + 1;

  constructor(seed: number) {
    this.world = new SimulatedWorld({
      seed,
      trace: (event) => void this.events.push(event),
      exited: (node, code, reason) => void this.exits.push(`node ${node} ended with ${code}: ${reason}`),
    });
    this.cluster = new SimulatedCluster(this.world, { shape: SHAPE, properties: new Map() }, this.observer());
    this.cluster.startAll();
    this.load(seed);
    this.endFirstReign();
    this.world.runFor(QUIET_US);
  }

  /** What no stranger may change: of every node its process, Raft's state, the metadata, and what its replicas hold. */
  get state(): string {
    return JSON.stringify(
      this.cluster.views.map(({ id, incarnation, node }) => {
        const { term, role, votedFor, leader, lastIndex, commitIndex } = node.quorum.node ?? {};
        const replicas = [...(node.broker?.replicas.all() ?? [])].map(({ topic, partition, log, replica }) => [
          topic,
          partition,
          log.appendedEnd,
          replica.highWatermark,
          replica.leaderEpoch,
        ]);
        const metadata = String(imageHash(node.controller.image));
        return { id, incarnation, term, role, votedFor, leader, lastIndex, commitIndex, isActive: node.controller.isActive, metadata, replicas };
      }),
    );
  }

  /** Lets them come, all at the same moment, and time go by until all that will come of it has come. */
  visit(visits: readonly Visit[], forUs = QUIET_US): readonly Visited[] {
    const id = this.nextVisitor++;
    const visitor = new Visitor(visits, id);
    this.cluster.addClient(
      id,
      () => visitor,
      () => undefined,
    );
    this.world.runFor(forUs);
    return visitor.visited;
  }

  /** Lines in the logs of the nodes about peers that were refused. */
  get refusals(): readonly string[] {
    return this.events.flatMap(({ event }) => (event.kind === "peer-refused" ? [`${event.remote} ${event.because}`] : []));
  }

  get term(): number {
    return Math.max(...this.cluster.views.map(({ node }) => node.quorum.node?.term ?? 0));
  }

  /** So that there is a term that is over, and nodes have said all that an election takes. */
  private endFirstReign(): void {
    const victim = this.cluster.views.find(({ node }) => node.controller.isActive)?.id ?? 0;
    this.cluster.inject({ type: "crash", victim, restartAfterMs: 1_000 });
    const { brokers } = this.watcher.ghost.image;
    const isWhole = (): boolean =>
      this.cluster.views.length === SHAPE.brokers && this.term > 1 && [...this.watcher.ghost.image.brokers.values()].every(({ isFenced }) => !isFenced);
    this.world.runFor(2_000_000);
    if (!this.world.runWhile(() => !isWhole(), this.world.nowUs + START_LIMIT_US)) throw new Error(`the cluster of ${brokers.size} did not become whole again`);
  }

  private load(seed: number): void {
    const workload = new WorkloadMachine({
      runId: "visited",
      seed,
      bootstrap: this.cluster.bootstrap,
      topic: { name: "orders", partitions: 2, replicationFactor: 3, configs: {} },
      pace: { type: "rate", recordsPerSecond: 100 },
      totalRecords: 20,
    });
    this.cluster.addClient(
      WORKLOAD,
      () => workload,
      () => undefined,
    );
    this.world.runWhile(() => !workload.isOver, START_LIMIT_US);
  }

  private observer(): ClusterObserver {
    const { watcher } = this;
    return {
      started: (view, how) => watcher.started(view, how),
      lostPower: (node) => watcher.lostPower(node),
      wiped: (node) => watcher.wiped(node),
      lostMetadataLog: (node) => watcher.lostMetadataLog(node),
      replacedLogDir: (node) => watcher.replacedLogDir(node),
      afterTurn: (view: NodeView, effects: readonly Effect[], nowUs: number) => {
        watcher.afterTurn(view, effects, nowUs);
        for (const effect of effects) if (effect.type === "send") for (const part of effect.parts) if (part instanceof Uint8Array) this.keep(part);
      },
    };
  }

  /** As a sample of its kind, if there are few yet. */
  keep(bytes: Uint8Array): void {
    const message = decodePeerMessage(bytes);
    if (message === undefined) return;
    const kind = kindOf(message);
    const known = this.samples.get(kind) ?? [];
    if (known.length < SAMPLES_KEPT) this.samples.set(kind, [...known, bytes.slice()]);
  }
}

type PeerMessage = NonNullable<ReturnType<typeof decodePeerMessage>>;

function kindOf(message: PeerMessage): string {
  switch (message.type) {
    case "raft":
      return `raft ${message.message.type}`;
    case "ask":
      return `ask ${message.request.type}`;
    case "answer":
      return `answer ${message.reply.type}`;
    default:
      return message.type;
  }
}
