import type { Now } from "@samsa/stdx";
import { InvariantViolation, nodeId, type NodeId } from "@samsa/stdx";
import type { ConnectionEffect, ConnectionId, DialEffect, DiskEffect, Effect } from "./effect.ts";
import { completionOf, FileQueue } from "./file-queue.ts";
import type { CloseReason, Completion, Input } from "./input.ts";
import type { Machine } from "./machine.ts";
import type { Outcome, PortConnection, WorldPorts } from "./ports.ts";
import { type SendLoad, SendQueue } from "./send-queue.ts";
import { type ReadAt, SliceFiles } from "./slice-files.ts";
import type { TraceBody } from "./trace.ts";

/** Queues of files that may stay when nothing waits in them: a log that is written to is written to again. */
const FILE_QUEUES_KEPT = 1000;

interface LiveConnection {
  readonly port: PortConnection;
  readonly queue: SendQueue;
}

/**
 * Carries out what one machine asks for, over one world's ports; the only such code. One turn steps every input that is
 * ready, drains once, and performs the effects in order. It decides nothing: completions go back to the machine.
 */
export class Shell {
  private readonly ports: WorldPorts;
  private readonly node: NodeId;
  private readonly machine: Machine;
  private inputs: Input[] = [];
  private isTurnDue = false;
  private isDead = false;
  private nextConnection = 1;
  private traceSequence = 0;
  private readonly connections = new Map<ConnectionId, LiveConnection>();
  private readonly sendLoad: SendLoad = { congested: 0 };
  private readonly touched = new Set<LiveConnection>();
  private readonly files = new Map<string, FileQueue>();
  private readonly slices = new SliceFiles();
  private readonly wake = (): void => this.push({ type: "deadline" });
  private readonly turn = (): void => this.runTurn();

  constructor(options: { readonly ports: WorldPorts; readonly node: number; readonly machine: Machine }) {
    this.ports = options.ports;
    this.node = nodeId(options.node);
    this.machine = options.machine;
  }

  start(): void {
    this.push({ type: "started" });
  }

  requestStop(): void {
    this.push({ type: "stop" });
  }

  /** Somebody outside of this world has something for the machine: it gets a turn. */
  poke(): void {
    this.wake();
  }

  /** The process is gone: nothing that was under way reaches the machine any more. */
  kill(): void {
    this.isDead = true;
    this.inputs = [];
    for (const { queue } of this.connections.values()) queue.stop();
    for (const queue of this.files.values()) queue.stop();
  }

  private push(input: Input): void {
    if (this.isDead) return;
    this.inputs.push(input);
    if (this.isTurnDue) return;
    this.isTurnDue = true;
    this.ports.clock.soon(this.turn);
  }

  private runTurn(): void {
    this.isTurnDue = false;
    if (this.isDead) return;
    const now = this.ports.clock.now();
    const inputs = this.inputs;
    this.inputs = [];
    try {
      for (const input of inputs) this.machine.step(input, now);
      this.perform(this.machine.drain(now), now);
    } catch (error) {
      this.die(error, now);
    }
  }

  /** A machine that throws is broken, whatever it threw: going on could lose data. */
  private die(error: unknown, now: Now): void {
    const detail = error instanceof Error ? (error.stack ?? error.message) : String(error);
    const invariant = error instanceof InvariantViolation ? error.message : "the machine threw";
    this.emit({ kind: "violation", invariant, detail }, now);
    this.exit(70, detail);
  }

  private exit(code: number, reason: string): void {
    if (this.isDead) return;
    this.kill();
    this.ports.exit(code, reason);
  }

  private perform(effects: readonly Effect[], now: Now): void {
    for (const effect of effects) {
      if (this.isDead) return;
      this.performOne(effect, now);
    }
    // Clearing a set gives it a new table, and most turns have sent nothing.
    if (this.touched.size === 0) return;
    for (const connection of this.touched) connection.queue.flush();
    this.touched.clear();
  }

  private performOne(effect: Effect, now: Now): void {
    switch (effect.type) {
      case "send":
      case "close":
      case "set-reading":
      case "admit":
        return this.onConnection(effect);
      case "deadline":
        return this.ports.clock.wakeAt(effect.at, this.wake);
      case "trace":
        return this.emit(effect.event, now);
      case "exit":
        return this.exit(effect.code, effect.reason);
      case "listen":
      case "dial":
        return this.onNetwork(effect);
      default:
        return this.onDisk(effect);
    }
  }

  private emit(event: TraceBody, now: Now): void {
    if (this.ports.trace.isListening) this.ports.trace.emit({ seq: this.traceSequence++, t: now.monotonicUs, node: this.node, event });
  }

  private onDisk(effect: DiskEffect): void {
    const { disk } = this.ports;
    const { id } = effect;
    switch (effect.type) {
      case "append":
        return this.fileQueue(effect.path).push(effect);
      case "truncate":
        this.slices.truncated(effect.path, effect.generation);
        return this.fileQueue(effect.path).push(effect);
      case "rename":
        return this.rename(effect);
      case "delete":
        this.slices.deleted(effect.path);
        return this.fileQueue(effect.path).push(effect);
      case "sync":
        return this.fileQueue(effect.path).sync(effect);
      case "sync-directory":
        return disk.syncDirectory(effect.path, (outcome) => this.push(completionOf(id, "synced", outcome)), effect.isUrgent);
      case "make-directory":
        return disk.makeDirectory(effect.path, (outcome) => this.push(completionOf(id, "directory-made", outcome)));
      case "list":
        return disk.list(effect.path, (outcome) => this.push(outcome.ok ? { type: "listed", id, entries: outcome.value } : failure(id, outcome)));
      case "stat-volume":
        return disk.statVolume(effect.path, (outcome) => this.push(outcome.ok ? { type: "volume-stated", id, size: outcome.value } : failure(id, outcome)));
      case "read":
        return this.read(effect);
    }
  }

  /** Takes its turn among the operations of both names: each queue holds it until the other has come to it. */
  private rename(effect: Extract<DiskEffect, { type: "rename" }>): void {
    const { id, from, to, generation } = effect;
    if (from === to) return this.push({ type: "renamed", id });
    const moved = generation === undefined ? undefined : this.slices.moving({ from, to, generation });
    const releases: (() => void)[] = [];
    const start = (release: () => void): void => {
      releases.push(release);
      if (releases.length < 2) return;
      this.ports.disk.rename(from, to, (outcome) => {
        moved?.();
        this.push(completionOf(id, "renamed", outcome));
        for (const each of releases) each();
      });
    };
    this.fileQueue(from).exclusive(start);
    this.fileQueue(to).exclusive(start);
  }

  private read({ id, slice }: Extract<DiskEffect, { type: "read" }>): void {
    const readAt: ReadAt = (path, done) => this.ports.disk.read(path, slice.position, slice.length, done);
    this.slices.read(slice, readAt, (outcome) => this.push(outcome.ok ? { type: "read", id, bytes: outcome.value } : failure(id, outcome)));
  }

  private fileQueue(path: string): FileQueue {
    const known = this.files.get(path);
    if (known !== undefined) return known;
    const queue = new FileQueue(this.ports.disk, {
      report: (completion: Completion) => this.push(completion),
      idle: () => {
        if (this.files.size > FILE_QUEUES_KEPT && this.files.get(path) === queue) this.files.delete(path);
      },
    });
    this.files.set(path, queue);
    return queue;
  }

  private onNetwork(effect: DialEffect): void {
    const { id, transport } = effect;
    if (effect.type === "listen") {
      const accept = (port: PortConnection): void => {
        if (this.isDead) return port.reset();
        const connection = this.adopt(port, transport === "message");
        this.push({ type: "accepted", connection, listener: effect.listener, remote: port.remote });
      };
      this.ports.network.listen(effect, accept, (outcome) => this.push(outcome.ok ? { type: "listening", id, port: outcome.value } : failure(id, outcome)));
      return;
    }
    this.ports.network.dial(effect, (outcome) => {
      if (!outcome.ok) return this.push(failure(id, outcome));
      if (this.isDead) return outcome.value.reset();
      this.push({ type: "dialled", id, connection: this.adopt(outcome.value, transport === "message") });
    });
  }

  private adopt(port: PortConnection, isMessageTransport: boolean): ConnectionId {
    const id = this.nextConnection++ as ConnectionId;
    const closed = (reason: CloseReason): void => {
      queue.stop();
      if (this.connections.delete(id)) this.push({ type: "closed", connection: id, reason });
    };
    const queue = new SendQueue({
      connection: port,
      disk: this.ports.disk,
      slices: this.slices,
      isMessageTransport,
      load: this.sendLoad,
      events: {
        blocked: () => this.push({ type: "blocked", connection: id }),
        drained: () => this.push({ type: "drained", connection: id }),
        broken: () => {
          port.reset();
          closed("stale");
        },
      },
    });
    this.connections.set(id, { port, queue });
    port.attach({
      received: (bytes) => {
        if (this.connections.has(id)) this.push({ type: "received", connection: id, bytes });
      },
      drained: () => queue.unblock(),
      closed,
    });
    return id;
  }

  private onConnection(effect: ConnectionEffect): void {
    const live = this.connections.get(effect.connection);
    // The connection broke in this very turn: its `closed` input is on its way.
    if (live === undefined) return;
    switch (effect.type) {
      case "send":
        live.queue.push(effect.parts);
        this.touched.add(live);
        return;
      case "close":
        if (effect.how === "end") return live.queue.end();
        live.queue.stop();
        live.port.reset();
        if (this.connections.delete(effect.connection)) this.push({ type: "closed", connection: effect.connection, reason: "reset" });
        return;
      case "set-reading":
        return live.port.setReading(effect.isReading);
      case "admit":
        return live.port.admit();
    }
  }
}

function failure(id: Completion["id"], outcome: Extract<Outcome<unknown>, { ok: false }>): Completion {
  return { type: "failed", id, error: outcome.error };
}
