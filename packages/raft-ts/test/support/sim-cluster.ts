import { encodeWrite, parseRaftMessage, type RaftInput, type RaftLimits, type RaftMessage, RaftNode, recoverWal } from "../../src/index.ts";
import { Checker } from "./checker.ts";
import { crc32c } from "./crc.ts";
import { EventQueue } from "./event-queue.ts";
import { Random } from "./random.ts";
import { SimDisk } from "./sim-disk.ts";

export interface SimOptions {
  readonly seed: number;
  readonly size: number;
  readonly limits?: Partial<RaftLimits>;
  readonly electionTimeoutUs?: number;
  readonly latencyMaxUs?: number;
  readonly syncMaxUs?: number;
  /** Whether peers learn of a dead process by a refused dial. */
  readonly hasRefusals?: boolean;
}

interface Host {
  readonly id: number;
  readonly disk: SimDisk;
  readonly random: Random;
  node: RaftNode | undefined;
  incarnation: number;
  deadlineUs: number | undefined;
  pausedUntilUs: number;
}

/** A quorum on virtual time: FIFO connections that can be reset, cut or stalled, write-ahead logs on disks that lose power. */
export class SimCluster {
  readonly queue = new EventQueue();
  readonly random: Random;
  readonly checker: Checker;
  readonly ids: readonly number[];
  readonly electionTimeoutUs: number;
  /** The longest a sync takes from now on. */
  syncMaxUs: number;
  private readonly options: SimOptions;
  private readonly hosts = new Map<number, Host>();
  /** Per pair: messages of an earlier connection never arrive. */
  private readonly generations = new Map<string, number>();
  private readonly lastArrivals = new Map<string, number>();
  private readonly cuts = new Set<string>();
  /** Called when a node becomes leader, to place faults. */
  onLeader: (id: number) => void = () => {};

  constructor(options: SimOptions) {
    this.options = options;
    this.random = new Random(options.seed);
    this.syncMaxUs = options.syncMaxUs ?? 3000;
    this.electionTimeoutUs = options.electionTimeoutUs ?? 1_000_000;
    this.ids = Array.from({ length: options.size }, (_, index) => index + 1);
    this.checker = new Checker(options.size);
    for (const id of this.ids)
      this.hosts.set(id, {
        id,
        disk: new SimDisk(),
        random: new Random(options.seed * 31 + id),
        node: undefined,
        incarnation: 0,
        deadlineUs: undefined,
        pausedUntilUs: 0,
      });
    for (const id of this.ids) this.start(id);
  }

  node(id: number): RaftNode | undefined {
    return this.host(id).node;
  }

  get running(): readonly RaftNode[] {
    return this.ids.flatMap((id) => this.node(id) ?? []);
  }

  /** The leader of the latest term, if any node leads. */
  get leader(): number | undefined {
    const leading = this.ids.filter((id) => this.node(id)?.role === "leader");
    return leading.toSorted((a, b) => (this.node(b)?.term ?? 0) - (this.node(a)?.term ?? 0))[0];
  }

  run(forUs: number, isDone?: () => boolean): boolean {
    return this.queue.run(this.queue.nowUs + forUs, isDone);
  }

  propose(id: number, text: string): void {
    const host = this.host(id);
    if (host.node === undefined || host.pausedUntilUs > this.queue.nowUs) return;
    host.node.propose(
      Uint8Array.from(text, (char) => char.charCodeAt(0)),
      this.queue.nowUs,
    );
    this.turn(host);
  }

  start(id: number): void {
    const host = this.host(id);
    if (host.node !== undefined) return;
    const { recovered, validBytes, droppedBytes } = recoverWal(host.disk.read(), crc32c);
    host.disk.truncate(validBytes);
    host.disk.sync();
    host.incarnation++;
    host.deadlineUs = undefined;
    host.pausedUntilUs = 0;
    this.checker.started(id, recovered, droppedBytes);
    const { electionTimeoutUs } = this;
    const options = { self: id, voters: this.ids, electionTimeoutUs, heartbeatIntervalUs: Math.floor(electionTimeoutUs / 5), random: () => host.random.u32() };
    host.node = new RaftNode(this.options.limits === undefined ? options : { ...options, limits: this.options.limits }, recovered, this.queue.nowUs);
    this.turn(host);
    for (const peer of this.peersOf(id)) if (!this.isCut(id, peer)) this.reset(id, peer);
  }

  stop(id: number, how: "crash" | "power-loss"): void {
    const host = this.host(id);
    if (host.node === undefined) return;
    host.node = undefined;
    host.incarnation++;
    if (how === "power-loss") host.disk.losePower(this.random);
    for (const peer of this.peersOf(id)) {
      this.bump(id, peer);
      if (this.options.hasRefusals === true && !this.isCut(id, peer)) this.redial(peer, id, host.incarnation);
    }
  }

  pause(id: number, forUs: number): void {
    this.host(id).pausedUntilUs = this.queue.nowUs + forUs;
  }

  /** The connection breaks, what was in flight is lost, and is made anew. */
  reset(a: number, b: number): void {
    this.bump(a, b);
    if (this.node(a) === undefined || this.node(b) === undefined || this.isCut(a, b)) return;
    const generation = this.generation(a, b);
    const delayUs = this.latency();
    for (const [self, peer] of [
      [a, b],
      [b, a],
    ] as const) {
      const { incarnation } = this.host(self);
      this.queue.after(delayUs, () => {
        if (this.generation(a, b) === generation) this.input(self, incarnation, { type: "peer-reconnected", peer });
      });
    }
  }

  /** Nothing passes between the two sides until `heal`. */
  cut(side: readonly number[]): void {
    for (const a of side) {
      for (const b of this.ids) {
        if (side.includes(b)) continue;
        this.cuts.add(pair(a, b));
        this.bump(a, b);
      }
    }
  }

  heal(): void {
    const cuts = [...this.cuts];
    this.cuts.clear();
    for (const key of cuts) {
      const [a, b] = key.split("-").map(Number);
      if (a !== undefined && b !== undefined) this.reset(a, b);
    }
  }

  /** A dial of a dead process is refused, again and again while it is dead. */
  private redial(self: number, peer: number, peerIncarnation: number): void {
    const { incarnation } = this.host(self);
    this.queue.after(this.latency() + this.random.between(0, 3000), () => {
      if (this.host(peer).incarnation !== peerIncarnation || this.host(self).incarnation !== incarnation) return;
      if (!this.isCut(self, peer)) this.input(self, incarnation, { type: "peer-refused", peer });
      this.queue.after(100_000, () => this.host(peer).incarnation === peerIncarnation && this.redial(self, peer, peerIncarnation));
    });
  }

  private input(id: number, incarnation: number, input: RaftInput): void {
    const host = this.host(id);
    if (host.incarnation !== incarnation || host.node === undefined) return;
    if (host.pausedUntilUs > this.queue.nowUs) return this.queue.at(host.pausedUntilUs, () => this.input(id, incarnation, input));
    host.node.step(input, this.queue.nowUs);
    this.turn(host);
  }

  /** Now and then a node sees several inputs before it is drained. */
  private turn(host: Host): void {
    const { node, incarnation } = host;
    if (node === undefined) return;
    if (this.random.chance(0.1)) return this.queue.after(0, () => host.incarnation === incarnation && this.drain(host, node));
    this.drain(host, node);
  }

  private drain(host: Host, node: RaftNode): void {
    const { id, incarnation } = host;
    let isElected = false;
    for (const output of node.drain()) {
      if (output.type === "persist") {
        host.disk.append(encodeWrite(output.write, crc32c));
        this.queue.after(this.random.between(50, this.syncMaxUs), () => {
          if (host.incarnation !== incarnation) return;
          host.disk.sync();
          this.checker.synced(id, output.write);
          this.input(id, incarnation, { type: "persisted", id: output.id });
        });
      } else if (output.type === "send") {
        this.checker.sent(id, output.to, output.message);
        this.send(id, output.to, output.message);
      } else if (output.type === "committed") this.checker.committed(id, output.entries, node);
      else isElected ||= output.role === "leader";
    }
    this.checker.stepped(id, node);
    this.arm(host, node);
    if (isElected) this.onLeader(id);
  }

  private arm(host: Host, node: RaftNode): void {
    const deadlineUs = node.nextDeadlineUs;
    if (deadlineUs === undefined || deadlineUs === host.deadlineUs) return;
    host.deadlineUs = deadlineUs;
    const { incarnation } = host;
    this.queue.at(deadlineUs, () => {
      if (host.incarnation !== incarnation || host.deadlineUs !== deadlineUs) return;
      host.deadlineUs = undefined;
      this.input(host.id, incarnation, { type: "deadline" });
    });
  }

  private send(from: number, to: number, message: RaftMessage): void {
    if (this.isCut(from, to) || this.node(to) === undefined) return;
    const generation = this.generation(from, to);
    const { incarnation } = this.host(to);
    const key = `${from}>${to}`;
    const atUs = Math.max(this.queue.nowUs + this.latency(), this.lastArrivals.get(key) ?? 0);
    this.lastArrivals.set(key, atUs);
    const parsed = parseRaftMessage(structuredClone(message));
    if (parsed === undefined) throw new Error(`a node sent what no node accepts: ${JSON.stringify(message)}`);
    this.queue.at(atUs, () => {
      if (this.generation(from, to) === generation) this.input(to, incarnation, { type: "message", from, message: parsed });
    });
  }

  private latency(): number {
    return this.random.between(200, this.options.latencyMaxUs ?? 1000);
  }

  private peersOf(id: number): readonly number[] {
    return this.ids.filter((peer) => peer !== id);
  }

  private isCut(a: number, b: number): boolean {
    return this.cuts.has(pair(a, b));
  }

  private generation(a: number, b: number): number {
    return this.generations.get(pair(a, b)) ?? 0;
  }

  private bump(a: number, b: number): void {
    this.generations.set(pair(a, b), this.generation(a, b) + 1);
    for (const key of [`${a}>${b}`, `${b}>${a}`]) this.lastArrivals.delete(key);
  }

  private host(id: number): Host {
    const host = this.hosts.get(id);
    if (host === undefined) throw new RangeError(`no node ${id}`);
    return host;
  }
}

const pair = (a: number, b: number): string => (a < b ? `${a}-${b}` : `${b}-${a}`);
