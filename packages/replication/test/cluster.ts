import { type BrokerEpoch, leaderEpoch, micros, type NodeId, nodeId, type Now, type Offset, offset, partitionEpoch, uuid, wallMs } from "@samsa/stdx";
import {
  type Acks,
  type FetchedFromLeader,
  type FetchOutcome,
  type IsrAnswer,
  type IsrChange,
  Replica,
  type ReplicaFetch,
  type ReplicaTrace,
} from "../src/index.ts";
import { MemoryLog, valuesToRecords } from "./memory-log.ts";
import { type Image, ScriptedController } from "./scripted-controller.ts";

export const LAG_MS = 1_000;

export interface Produced {
  readonly by: NodeId;
  readonly incarnation: number;
  readonly leaderEpoch: ReturnType<typeof leaderEpoch>;
  readonly endOffset: Offset;
  readonly acks: Acks;
  readonly value: number;
}

interface Message {
  readonly what: "fetch" | "fetched" | "alter-isr" | "isr-altered";
  readonly deliver: () => void;
  /** What its sender sees when it is lost. */
  readonly lost: () => void;
}

export class Node {
  readonly id: NodeId;
  log = new MemoryLog();
  replica: Replica;
  isUp = true;
  hasLostPower = false;
  incarnation = 0;
  brokerEpoch: BrokerEpoch;
  /** Metadata it has, and what is on its way. */
  image: Image;
  readonly metadata: Image[] = [];
  hasFetchInFlight = false;
  traces: ReplicaTrace[] = [];
  /** Told since `plannedUs` was set, which is what whoever keeps its time knows. */
  hasDeadlineMoved = true;
  plannedUs: number | undefined;

  constructor(id: NodeId, image: Image, brokerEpoch: BrokerEpoch, open: (node: Node) => Replica) {
    this.id = id;
    this.image = image;
    this.brokerEpoch = brokerEpoch;
    this.replica = open(this);
  }
}

export interface ClusterOptions {
  readonly size: number;
  readonly minIsr: number;
  readonly isr?: readonly number[];
}

/** Several replicas of one partition, a controller, and messages between them that arrive when the test says so. */
export class Cluster {
  readonly nodes: readonly Node[];
  readonly controller: ScriptedController;
  readonly messages: Message[] = [];
  readonly produced: Produced[] = [];
  readonly minIsr: number;
  nowUs = 1_000_000;
  /** Told at the very moment, in the middle of a step. */
  highWatermarkMoved: (node: Node) => void = () => undefined;
  private nextValue = 1;

  constructor({ size, minIsr, isr }: ClusterOptions) {
    this.minIsr = minIsr;
    const ids = Array.from({ length: size }, (_, index) => nodeId(index));
    this.controller = new ScriptedController(ids, isr?.map(nodeId) ?? ids, (image) => this.nodes.forEach((node) => node.metadata.push(image)));
    this.nodes = ids.map((id) => new Node(id, this.controller.image, this.controller.epochOf(id), (node) => this.open(node)));
    for (const node of this.nodes) this.applyImage(node, this.controller.image);
  }

  get now(): Now {
    return { monotonicUs: micros(this.nowUs), wallMs: wallMs(Math.floor(this.nowUs / 1000)) };
  }

  node(id: number): Node {
    const node = this.nodes[id];
    if (node === undefined) throw new RangeError(`no node ${id}`);
    return node;
  }

  // --- Steps

  passTime(ms: number): void {
    this.nowUs += ms * 1000;
    for (const node of this.nodes) {
      const { isUp, replica } = node;
      const at = replica.nextDeadlineUs;
      if (!isUp || at === undefined || at > this.nowUs) continue;
      replica.tick(this.now);
      node.hasDeadlineMoved = true;
      node.plannedUs = undefined;
    }
  }

  /** The value appended, or undefined if the node refused. */
  produce(id: number, acks: Acks = -1): Produced | undefined {
    const node = this.node(id);
    const value = this.nextValue++;
    const outcome = node.replica.produce(valuesToRecords(value), acks, this.now);
    if (!node.isUp || outcome.type === "failed") return undefined;
    const produced = { by: node.id, incarnation: node.incarnation, leaderEpoch: outcome.leaderEpoch, endOffset: outcome.endOffset, acks, value };
    this.produced.push(produced);
    return produced;
  }

  finishWrites(id: number): void {
    const node = this.node(id);
    if (node.isUp) node.log.finishWrites(this.now);
  }

  sync(id: number): void {
    const node = this.node(id);
    if (node.isUp) node.log.sync(this.now);
  }

  /** The node applies the next image on its way to it. */
  learn(id: number): void {
    const node = this.node(id);
    const image = node.isUp ? node.metadata.shift() : undefined;
    if (image !== undefined) this.applyImage(node, image);
  }

  /** A follower asks its leader, unless it has a fetch in flight. */
  sendFetch(id: number): void {
    const node = this.node(id);
    const position = node.isUp && !node.hasFetchInFlight ? node.replica.fetchPosition() : undefined;
    if (position === undefined) return;
    const to = this.node(node.replica.leader);
    const { incarnation } = node;
    node.hasFetchInFlight = true;
    const request: ReplicaFetch = { replicaId: node.id, replicaEpoch: node.brokerEpoch, maxBytes: 36, ...position };
    const isSameProcess = (): boolean => node.isUp && node.incarnation === incarnation;
    const lost = (): void => {
      if (isSameProcess()) node.hasFetchInFlight = false;
    };
    const deliver = (): void => {
      if (!to.isUp) return lost();
      const answer = answerOf(request, to.replica.fetchAsReplica(request, this.now));
      const deliverAnswer = (): void => {
        if (!isSameProcess()) return;
        node.hasFetchInFlight = false;
        node.replica.applyFetched(answer, this.now);
      };
      this.messages.push({ what: "fetched", deliver: deliverAnswer, lost });
    };
    this.messages.push({ what: "fetch", deliver, lost });
  }

  deliver(index: number): void {
    this.messages.splice(index % Math.max(1, this.messages.length), 1)[0]?.deliver();
  }

  lose(index: number): void {
    this.messages.splice(index % Math.max(1, this.messages.length), 1)[0]?.lost();
  }

  /** Its sender gives up, and it arrives all the same, later. */
  delayBeyondHope(index: number): void {
    const message = this.messages[index % Math.max(1, this.messages.length)];
    message?.lost();
  }

  crash(id: number, keepsUnsynced: boolean): void {
    const node = this.node(id);
    if (!node.isUp) return;
    node.isUp = false;
    if (!keepsUnsynced) node.hasLostPower = true;
    node.incarnation++;
    node.hasFetchInFlight = false;
    node.log = MemoryLog.recover(node.log, keepsUnsynced);
    this.controller.fence(node.id);
  }

  restart(id: number): void {
    const node = this.node(id);
    if (node.isUp) return;
    node.isUp = true;
    node.brokerEpoch = this.controller.register(node.id);
    node.metadata.length = 0;
    node.replica = this.open(node);
    this.applyImage(node, this.controller.image);
  }

  unfence(id: number): void {
    if (this.node(id).isUp) this.controller.unfence(nodeId(id));
  }

  /** Everything in flight arrives, in order, until nothing changes any more. */
  heal(rounds = 60): void {
    for (const { id } of this.nodes) this.restart(id);
    for (const { id } of this.nodes) this.unfence(id);
    for (let round = 0; round < rounds; round++) this.round();
  }

  round(): void {
    this.passTime(100);
    for (const node of this.nodes) {
      while (node.isUp && node.metadata.length > 0) this.learn(node.id);
      this.finishWrites(node.id);
      this.sync(node.id);
      this.sendFetch(node.id);
    }
    for (let left = this.messages.length + 10; left > 0 && this.messages.length > 0; left--) this.deliver(0);
  }

  // --- Wires

  private open(node: Node): Replica {
    const { incarnation } = node;
    const replica: Replica = new Replica({
      topic: "orders",
      topicId: uuid("orders"),
      partition: 0,
      self: node.id,
      log: node.log,
      replicaLagTimeMaxMs: LAG_MS,
      listener: {
        highWatermarkMoved: () => this.highWatermarkMoved(node),
        stateChanged: () => undefined,
        recordsAppended: () => undefined,
        recordsWritten: () => undefined,
        followersStartMoved: () => undefined,
        deadlineMoved: () => (node.hasDeadlineMoved = true),
        alterIsr: (_, change) => this.sendIsrChange(node, incarnation, change),
        brokerView: (id) => node.image.brokers.get(id),
        get ownBrokerEpoch() {
          return node.brokerEpoch;
        },
        isDetailed: true,
        trace: (event) => node.traces.push(event),
      },
    });
    node.log.listener = replica;
    return replica;
  }

  private sendIsrChange(node: Node, incarnation: number, change: IsrChange): void {
    const { replica } = node;
    let isAnswered = false;
    const answer = (result: IsrAnswer): void => {
      if (isAnswered || !node.isUp || node.incarnation !== incarnation) return;
      isAnswered = true;
      replica.isrAltered(result, this.now);
    };
    const lost = (): void => answer({ error: "TIMED_OUT" });
    const deliver = (): void => {
      const result = this.controller.alterIsr(node.id, change);
      this.messages.push({ what: "isr-altered", deliver: () => answer(result), lost });
    };
    this.messages.push({ what: "alter-isr", deliver, lost });
  }

  private applyImage(node: Node, image: Image): void {
    node.image = image;
    const state = {
      leaderEpoch: leaderEpoch(image.leaderEpoch),
      partitionEpoch: partitionEpoch(image.partitionEpoch),
      replicas: this.controller.replicas,
      isr: image.isr,
    };
    if (image.leader === node.id) node.replica.becomeLeader({ ...state, minInsyncReplicas: this.minIsr }, this.now);
    else node.replica.becomeFollower({ ...state, leader: image.leader }, this.now);
  }
}

/** The outcome as the follower's fetcher sees it, over the wire and back. */
export function answerOf({ currentLeaderEpoch, fetchOffset }: ReplicaFetch, outcome: FetchOutcome): FetchedFromLeader {
  const asked = { forLeaderEpoch: currentLeaderEpoch, forFetchOffset: fetchOffset };
  const nothing = { diverging: undefined, records: null, highWatermark: offset(-1), logStartOffset: offset(-1) };
  if (outcome.type === "failed") return { ...asked, ...nothing, error: outcome.error };
  const { highWatermark, logStartOffset } = outcome;
  const answer = { ...asked, ...nothing, error: "NONE", highWatermark, logStartOffset };
  if (outcome.type === "diverging") return { ...answer, diverging: { epoch: outcome.leaderEpoch, endOffset: outcome.endOffset } };
  const [bytes] = outcome.read.parts;
  return { ...answer, records: bytes instanceof Uint8Array ? bytes : null };
}
