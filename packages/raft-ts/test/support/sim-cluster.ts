import {
  ANY_DIRECTORY,
  parseRaftMessage,
  type RaftLimits,
  type RaftMessage,
  type RaftNode,
  type RaftOptions,
  type RaftOutput,
  type ReplicaKey,
  type Voter,
} from "../../src/index.ts";
import { Checker } from "./checker.ts";
import { crc32c } from "./crc.ts";
import { EventQueue } from "./event-queue.ts";
import { Random } from "./random.ts";
import type { Death } from "./sim-disk.ts";
import { isFor, SimHost, type World } from "./sim-host.ts";
import { SimNetwork } from "./sim-network.ts";

export interface SimOptions {
  readonly seed: number;
  /** Voters to begin with, of ids 1 to `size`. */
  readonly size: number;
  /** Nodes that begin as observers, with the ids behind. */
  readonly observers?: number;
  /** Whether the disks of the first voters are given, or become known by the first election. */
  readonly isPinned?: boolean;
  readonly limits?: Partial<RaftLimits>;
  readonly electionTimeoutUs?: number;
  readonly latencyMaxUs?: number;
  readonly syncMaxUs?: number;
  /** Whether peers learn of a dead process by a refused dial. */
  readonly hasRefusals?: boolean;
  /** Of a piece of a snapshot, to arrive with another byte. */
  readonly damageChance?: number;
}

const REDIAL_US = 100_000;

/** A quorum, and who observes it, on virtual time. */
export class SimCluster implements World {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly checker = new Checker();
  readonly network: SimNetwork;
  readonly ids: readonly number[];
  readonly electionTimeoutUs: number;
  syncMaxUs: number;
  damageChance: number;
  /** Called when a node becomes leader, to place faults. */
  onLeader: (id: number) => void = () => {};
  private readonly options: SimOptions;
  private readonly hosts: readonly SimHost[];
  private readonly firstVoters: readonly Voter[];

  constructor(options: SimOptions) {
    const { seed, size, observers = 0 } = options;
    this.options = options;
    this.random = new Random(seed);
    this.network = new SimNetwork(this.queue, new Random(seed * 17 + 3), options.latencyMaxUs ?? 1000);
    this.syncMaxUs = options.syncMaxUs ?? 3000;
    this.damageChance = options.damageChance ?? 0;
    this.electionTimeoutUs = options.electionTimeoutUs ?? 1_000_000;
    this.ids = Array.from({ length: size + observers }, (_, index) => index + 1);
    this.hosts = this.ids.map((id) => new SimHost(id, this, new Random(seed * 31 + id)));
    this.firstVoters = this.hosts.slice(0, size).map(({ key }) => ({
      id: key.id,
      directoryId: options.isPinned === true ? key.directoryId : ANY_DIRECTORY,
      address: `node${key.id}`,
    }));
    for (const id of this.ids) this.start(id);
  }

  host(id: number): SimHost {
    const host = this.hosts[id - 1];
    if (host === undefined) throw new RangeError(`no node ${id}`);
    return host;
  }

  node(id: number): RaftNode | undefined {
    return this.host(id).node;
  }

  get running(): readonly RaftNode[] {
    return this.hosts.flatMap(({ node }) => node ?? []);
  }

  /** The leader of the latest term, if any node leads. */
  get leader(): number | undefined {
    const leading = this.ids.filter((id) => this.node(id)?.role === "leader");
    return leading.toSorted((a, b) => (this.node(b)?.term ?? 0) - (this.node(a)?.term ?? 0))[0];
  }

  run(forUs: number, isDone?: () => boolean): boolean {
    return this.queue.run(this.queue.nowUs + forUs, isDone);
  }

  /** Nothing is asked of nobody. */
  propose(id: number | undefined, text: string): void {
    if (id === undefined) return;
    const payload = Uint8Array.from(text, (char) => char.charCodeAt(0));
    this.host(id).request((node, nowUs) => {
      if (node.propose(payload, nowUs).ok) this.checker.marks.proposals++;
    });
  }

  read(id: number | undefined): void {
    if (id === undefined) return;
    this.host(id).request((node, nowUs) => {
      const read = node.readIndex(nowUs);
      if (read.ok) this.checker.asked(id, read.id);
    });
  }

  optionsOf(self: ReplicaKey, random: () => number): RaftOptions {
    const { electionTimeoutUs } = this;
    const isVoter = this.firstVoters.some(({ id }) => id === self.id);
    return {
      self,
      voters: isVoter ? this.firstVoters : [],
      seeds: this.ids,
      electionTimeoutUs,
      heartbeatIntervalUs: Math.floor(electionTimeoutUs / 5),
      random,
      crc: crc32c,
      limits: this.options.limits ?? {},
    };
  }

  start(id: number): void {
    const host = this.host(id);
    if (host.node !== undefined) return;
    host.start();
    for (const peer of this.ids) if (peer !== id && !this.network.isCut(id, peer)) this.reset(id, peer);
  }

  stop(id: number, how: Death): void {
    const host = this.host(id);
    if (host.node === undefined) return;
    host.stop(how);
    for (const peer of this.ids) {
      if (peer === id) continue;
      this.network.break(id, peer);
      if (this.options.hasRefusals === true && !this.network.isCut(id, peer)) this.redial(peer, id, host.incarnation);
    }
  }

  /** The connection breaks, what was in flight is lost, and is made anew. */
  reset(a: number, b: number): void {
    const { network } = this;
    network.break(a, b);
    if (this.node(a) === undefined || this.node(b) === undefined || network.isCut(a, b)) return;
    const generation = network.generation(a, b);
    const delayUs = network.latency();
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const { incarnation } = this.host(self);
      this.queue.after(delayUs, () => {
        if (network.generation(a, b) === generation) this.host(self).input(incarnation, { type: "peer-reconnected", peer });
      });
    }
  }

  /** Nothing passes between the two sides until `heal`. */
  cut(side: readonly number[]): void {
    for (const a of side) for (const b of this.ids) if (!side.includes(b)) this.network.cut(a, b);
  }

  heal(): void {
    for (const a of this.ids) for (const b of this.ids) if (a < b && this.network.heal(a, b)) this.reset(a, b);
  }

  becameLeader({ id }: SimHost): void {
    this.onLeader(id);
  }

  send(from: SimHost, { to, message }: Extract<RaftOutput, { type: "send" }>): void {
    const peer = this.host(to.id);
    if (peer.node === undefined || !isFor(to, peer.key)) return;
    const parsed = parseRaftMessage(message);
    if (parsed === undefined) throw new Error(`a node sent what no node accepts: ${JSON.stringify(message)}`);
    const arriving = this.damaged(parsed);
    const { incarnation } = peer;
    const { key } = from;
    this.network.send(from.id, to.id, () => peer.input(incarnation, { type: "message", from: key, message: arriving }));
  }

  private damaged(message: RaftMessage): RaftMessage {
    if (message.type !== "snapshot-chunk" || message.bytes.length === 0 || !this.random.chance(this.damageChance)) return message;
    const bytes = message.bytes.slice();
    const at = this.random.between(0, bytes.length - 1);
    bytes[at] = (bytes[at] ?? 0) ^ 0x40;
    this.checker.marks.damagedChunks++;
    return { ...message, bytes };
  }

  /** A dial of a dead process is refused, again and again while it is dead. */
  private redial(self: number, peer: number, peerIncarnation: number): void {
    const { incarnation } = this.host(self);
    this.queue.after(this.network.latency() + this.random.between(0, 3000), () => {
      if (this.host(peer).incarnation !== peerIncarnation || this.host(self).incarnation !== incarnation) return;
      if (!this.network.isCut(self, peer)) this.host(self).input(incarnation, { type: "peer-refused", peer });
      this.queue.after(REDIAL_US, () => this.host(peer).incarnation === peerIncarnation && this.redial(self, peer, peerIncarnation));
    });
  }
}
