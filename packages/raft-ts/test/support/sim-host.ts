import {
  ANY_DIRECTORY,
  encodeWrite,
  type PersistedWrite,
  type RaftInput,
  RaftNode,
  type RaftOptions,
  type RaftOutput,
  type ReplicaKey,
  recover,
  type Snapshot,
} from "../../src/index.ts";
import { Application } from "./application.ts";
import type { Checker } from "./checker.ts";
import { crc32c } from "./crc.ts";
import type { EventQueue } from "./event-queue.ts";
import type { Random } from "./random.ts";
import { type Death, SimDisk } from "./sim-disk.ts";

/** What a host lives in. */
export interface World {
  readonly queue: EventQueue;
  readonly random: Random;
  readonly checker: Checker;
  /** The longest a sync takes. */
  readonly syncMaxUs: number;
  readonly optionsOf: (key: ReplicaKey, random: () => number) => RaftOptions;
  readonly send: (from: SimHost, output: Extract<RaftOutput, { type: "send" }>) => void;
  readonly becameLeader: (host: SimHost) => void;
}

/** The shell of one node: a process that runs, pauses and dies, its disk, and the application above it. */
export class SimHost {
  readonly id: number;
  node: RaftNode | undefined;
  /** Counts its processes: what one of them waited for is nothing to the next. */
  incarnation = 0;
  application = new Application();
  /** Nothing it writes becomes durable. */
  private isDiskStopped = false;
  private disk = new SimDisk();
  private directory = 0;
  private armedUs: number | undefined;
  private pausedUntilUs = 0;
  /** When the disk will have done all that it was told. */
  private diskFreeUs = 0;
  /** What waits for a stopped disk, in order. */
  private held: (() => void)[] = [];
  private readonly world: World;
  private readonly random: Random;

  constructor(id: number, world: World, random: Random) {
    this.id = id;
    this.world = world;
    this.random = random;
  }

  get key(): ReplicaKey {
    return { id: this.id, directoryId: `d${this.id}.${this.directory}` };
  }

  get isAwake(): boolean {
    return this.node !== undefined && this.pausedUntilUs <= this.world.queue.nowUs;
  }

  start(): void {
    if (this.node !== undefined) return;
    const { queue, checker } = this.world;
    const { recovered, validBytes, droppedBytes } = recover(this.disk.wal, this.disk.snapshot, crc32c);
    this.disk.rewrite(this.disk.wal.subarray(0, validBytes));
    this.incarnation++;
    this.armedUs = undefined;
    this.pausedUntilUs = 0;
    this.application = new Application();
    checker.started(this.key, recovered, droppedBytes);
    this.node = new RaftNode(
      this.world.optionsOf(this.key, () => this.random.u32()),
      recovered,
      queue.nowUs,
    );
    this.turn(this.node);
  }

  stop(how: Death): void {
    if (this.node === undefined) return;
    this.node = undefined;
    this.incarnation++;
    this.held = [];
    this.disk.die(how, this.world.random);
  }

  /** Another disk, and so another replica, under the same id. */
  wipe(): void {
    this.disk = new SimDisk();
    this.directory++;
  }

  pause(forUs: number): void {
    this.pausedUntilUs = this.world.queue.nowUs + forUs;
  }

  stopDisk(): boolean {
    const wasStopped = this.isDiskStopped;
    this.isDiskStopped = true;
    return !wasStopped;
  }

  resumeDisk(): void {
    this.isDiskStopped = false;
    for (const effect of this.held.splice(0)) effect();
  }

  /** Steps the process with this, when it is awake, unless it is another one by then. */
  input(incarnation: number, input: RaftInput): void {
    this.whenAwake(incarnation, (node) => node.step(input, this.world.queue.nowUs));
  }

  /** Whatever a client or an operator asks of the process. */
  request(ask: (node: RaftNode, nowUs: number) => void): void {
    this.whenAwake(this.incarnation, (node) => ask(node, this.world.queue.nowUs));
  }

  private whenAwake(incarnation: number, act: (node: RaftNode) => void): void {
    const { node } = this;
    if (this.incarnation !== incarnation || node === undefined) return;
    if (!this.isAwake) return this.world.queue.at(this.pausedUntilUs, () => this.whenAwake(incarnation, act));
    act(node);
    this.turn(node);
  }

  /** Now and then a node sees several inputs before it is drained. */
  private turn(node: RaftNode): void {
    const { incarnation } = this;
    this.world.checker.stepped(this.id, node);
    if (this.world.random.chance(0.1)) return this.world.queue.after(0, () => this.incarnation === incarnation && this.drain(node));
    this.drain(node);
  }

  private drain(node: RaftNode): void {
    let isElected = false;
    for (const output of node.drain()) {
      this.perform(output);
      isElected ||= output.type === "role" && output.role === "leader";
    }
    this.world.checker.stepped(this.id, node);
    this.world.checker.drained(this.id, node);
    this.arm(node);
    if (isElected) this.world.becameLeader(this);
  }

  private perform(output: RaftOutput): void {
    const { checker } = this.world;
    switch (output.type) {
      case "persist":
        return this.persist(output.id, output.write);
      case "send":
        checker.sent(this.key, output.to, output.message);
        return this.world.send(this, output);
      case "restore":
        this.application.restore(output.snapshot);
        return checker.restored(this.id, output.snapshot);
      case "committed":
        for (const entry of output.entries) this.application.apply(entry);
        return checker.applied(this.id, output.entries);
      case "take-snapshot":
        return this.takeSnapshot(output.index);
      case "store-snapshot":
        return this.store(output.id, output.snapshot);
      case "read":
        return checker.answered(this.id, output.id, output.index);
      case "role":
        return;
    }
  }

  private persist(id: number, write: PersistedWrite): void {
    this.disk.write(write.base === undefined ? "append" : "replace", encodeWrite(write, crc32c));
    this.afterDisk(() => {
      this.disk.sync();
      this.world.checker.synced(this.key, write);
      return { type: "persisted", id };
    });
  }

  private store(id: number, snapshot: Snapshot): void {
    this.disk.store(snapshot.file);
    this.afterDisk(() => {
      this.disk.completeStore();
      this.world.checker.stored(this.key, snapshot);
      return { type: "snapshot-stored", id };
    });
  }

  private takeSnapshot(index: number): void {
    this.world.checker.took(this.id, index);
    const data = this.application.write();
    const { incarnation } = this;
    this.world.queue.after(this.world.random.between(0, this.world.syncMaxUs), () => this.input(incarnation, { type: "snapshot-taken", index, data }));
  }

  /** The disk does one thing after the other, and goes on while the process sleeps. */
  private afterDisk(effect: () => RaftInput): void {
    const { queue, random, syncMaxUs } = this.world;
    const { incarnation } = this;
    const complete = (): void => {
      if (this.incarnation !== incarnation) return;
      if (this.isDiskStopped) this.held.push(complete);
      else this.input(incarnation, effect());
    };
    this.diskFreeUs = Math.max(this.diskFreeUs, queue.nowUs + random.between(50, syncMaxUs));
    queue.at(this.diskFreeUs, complete);
  }

  /** A timer that is due earlier than it need be is set anew when it fires. */
  private arm(node: RaftNode): void {
    const deadlineUs = node.nextDeadlineUs;
    if (deadlineUs === undefined || (this.armedUs !== undefined && this.armedUs <= deadlineUs)) return;
    this.armedUs = deadlineUs;
    const { incarnation } = this;
    this.world.queue.at(deadlineUs, () => {
      if (this.incarnation !== incarnation || this.armedUs !== deadlineUs) return;
      this.armedUs = undefined;
      if ((node.nextDeadlineUs ?? Number.POSITIVE_INFINITY) > this.world.queue.nowUs) return this.arm(node);
      this.input(incarnation, { type: "deadline" });
    });
  }
}

/** Whether the shell may deliver: the connection is with that very replica. */
export const isFor = (to: ReplicaKey, connected: ReplicaKey): boolean =>
  to.id === connected.id && (to.directoryId === ANY_DIRECTORY || to.directoryId === connected.directoryId);
