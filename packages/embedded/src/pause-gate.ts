import type { ClockPort, ConnectionHandler, DiskPort, Done, NetworkPort, PortConnection, WorldPorts } from "@samsa/world";

/**
 * Stops a node as SIGSTOP stops a process: its sockets stay open, and nothing is read, answered or timed. Whatever its world has to tell waits here,
 * and comes in its order when the node goes on. Nothing leaves either: all that a node does, it does in a turn, and turns wait too.
 *
 * Connections that come meanwhile are made, as by a kernel on behalf of a stopped process; the node hears of them when it goes on.
 */
export class PauseGate {
  private waiting: (() => void)[] = [];
  private isClosed = false;
  private readonly connections = new Set<GatedConnection>();
  private paused = false;

  get isPaused(): boolean {
    return this.paused;
  }

  pause(): void {
    this.paused = true;
    for (const connection of this.connections) connection.adjustReading();
  }

  resume(): void {
    if (!this.paused) return;
    this.paused = false;
    for (const connection of this.connections) connection.adjustReading();
    const waiting = this.waiting;
    this.waiting = [];
    for (const run of waiting) this.pass(run);
  }

  /** The node is dead: nothing is told any more. */
  close(): void {
    this.isClosed = true;
    this.waiting = [];
    this.connections.clear();
  }

  pass(run: () => void): void {
    if (this.isClosed) return;
    // What is told by what waited goes behind all of it.
    if (this.paused) this.waiting.push(run);
    else run();
  }

  decorate(ports: WorldPorts): WorldPorts {
    return {
      ...ports,
      disk: this.disk(ports.disk),
      network: this.network(ports.network),
      clock: this.clock(ports.clock),
      exit: (code, reason) => ports.exit(code, reason),
    };
  }

  private done<T>(done: Done<T>): Done<T> {
    return (outcome) => this.pass(() => done(outcome));
  }

  private clock(clock: ClockPort): ClockPort {
    return {
      now: () => clock.now(),
      wakeAt: (at, wake) => clock.wakeAt(at, () => this.pass(wake)),
      soon: (turn) => clock.soon(() => this.pass(turn)),
    };
  }

  private disk(disk: DiskPort): DiskPort {
    return {
      append: (place, buffers, done) => disk.append(place, buffers, this.done(done)),
      sync: (path, done, isUrgent) => disk.sync(path, this.done(done), isUrgent),
      syncDirectory: (path, done, isUrgent) => disk.syncDirectory(path, this.done(done), isUrgent),
      read: (path, position, length, done) => disk.read(path, position, length, this.done(done)),
      readToSend: (path, position, length, done) => disk.readToSend(path, position, length, this.done(done)),
      truncate: (path, length, done, isUrgent) => disk.truncate(path, length, this.done(done), isUrgent),
      rename: (from, to, done) => disk.rename(from, to, this.done(done)),
      delete: (path, done) => disk.delete(path, this.done(done)),
      list: (path, done) => disk.list(path, this.done(done)),
      statVolume: (path, done) => disk.statVolume(path, this.done(done)),
      makeDirectory: (path, done) => disk.makeDirectory(path, this.done(done)),
    };
  }

  private network(network: NetworkPort): NetworkPort {
    return {
      listen: (endpoint, accept, done) => network.listen(endpoint, (inner) => this.pass(() => accept(this.gated(inner))), this.done(done)),
      dial: (endpoint, done) =>
        network.dial(endpoint, (outcome) => {
          const gated = outcome.ok ? { ok: true as const, value: this.gated(outcome.value) } : outcome;
          this.pass(() => done(gated));
        }),
    };
  }

  private gated(inner: PortConnection): GatedConnection {
    const connection: GatedConnection = new GatedConnection(inner, this, () => this.connections.delete(connection));
    this.connections.add(connection);
    return connection;
  }
}

class GatedConnection implements PortConnection {
  readonly remote: string;
  private readonly inner: PortConnection;
  private readonly gate: PauseGate;
  private readonly gone: () => void;
  private wantsReading = true;
  private isReading = true;

  constructor(inner: PortConnection, gate: PauseGate, gone: () => void) {
    this.inner = inner;
    this.remote = inner.remote;
    this.gate = gate;
    this.gone = gone;
    this.adjustReading();
  }

  attach(handler: ConnectionHandler): void {
    this.inner.attach({
      received: (bytes) => this.gate.pass(() => handler.received(bytes)),
      drained: () => this.gate.pass(() => handler.drained()),
      closed: (reason) => {
        this.gone();
        this.gate.pass(() => handler.closed(reason));
      },
    });
  }

  setReading(isReading: boolean): void {
    this.wantsReading = isReading;
    this.adjustReading();
  }

  adjustReading(): void {
    const isReading = this.wantsReading && !this.gate.isPaused;
    if (isReading === this.isReading) return;
    this.isReading = isReading;
    this.inner.setReading(isReading);
  }

  write(chunks: readonly Uint8Array[]): boolean {
    return this.inner.write(chunks);
  }

  admit(): void {
    this.inner.admit();
  }

  end(): void {
    this.inner.end();
  }

  reset(): void {
    this.gone();
    this.inner.reset();
  }
}
