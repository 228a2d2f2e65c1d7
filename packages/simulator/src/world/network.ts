import type { Prng } from "@samsa/stdx";
import { invariant } from "@samsa/stdx";
import type { Done, Endpoint, NetworkPort } from "@samsa/world";
import { failed, succeeded } from "@samsa/world";
import { Copier } from "./chunk.ts";
import type { Registry } from "./connection.ts";
import { Connection } from "./connection.ts";
import type { Direction } from "./direction.ts";
import { Link } from "./link.ts";
import { Handshake } from "./handshake.ts";
import type { Listener } from "./network-host.ts";
import { EPHEMERAL_PORT, LAST_PORT, NetworkHost } from "./network-host.ts";
import type { NetworkOptions } from "./options.ts";
import type { Process } from "./process.ts";
import { Call } from "./process.ts";
import type { Scheduler } from "./scheduler.ts";
import { Corruption } from "./corruption.ts";
import { type Classifier, Stash } from "./stash.ts";
import type { TraceHash } from "./trace-hash.ts";

const LOOPBACK_NAMES = new Set(["localhost", "127.0.0.1", "0.0.0.0", "::1"]);

export interface NetworkCounters {
  dialled: number;
  deliveredMessages: number;
  deliveredBytes: number;
}

/** Connections between hosts. Bytes are never lost but by a reset, never reordered within a direction. */
export class Network implements Registry {
  readonly scheduler: Scheduler;
  readonly hash: TraceHash;
  readonly options: NetworkOptions;
  readonly copier = new Copier();
  readonly stash: Stash;
  readonly corruption = new Corruption();
  classify: Classifier | undefined;
  readonly counters: NetworkCounters = { dialled: 0, deliveredMessages: 0, deliveredBytes: 0 };
  private readonly stream: Prng;
  /** When the connections of a dying process close. */
  private readonly deaths: Prng;
  private readonly report: (violation: string) => void;
  private readonly byName = new Map<string, NetworkHost>();
  private readonly byNode = new Map<number, NetworkHost>();
  private readonly links = new Map<NetworkHost, Map<NetworkHost, Link>>();
  private readonly connections = new Set<Connection>();
  private lastConnection = 0;

  constructor(parts: { scheduler: Scheduler; hash: TraceHash; options: NetworkOptions; stream: Prng; violation: (text: string) => void }) {
    this.scheduler = parts.scheduler;
    this.hash = parts.hash;
    this.options = parts.options;
    this.stream = parts.stream;
    this.deaths = parts.stream.fork("deaths");
    this.report = parts.violation;
    this.stash = new Stash(parts.scheduler);
  }

  /** Connections with an open end. */
  get size(): number {
    return this.connections.size;
  }

  addHost(node: number, name: string): NetworkHost {
    invariant(!this.byName.has(name) && !LOOPBACK_NAMES.has(name), "every host has a name of its own", { name });
    const host = new NetworkHost(node, name);
    this.byName.set(name, host);
    this.byNode.set(node, host);
    return host;
  }

  portOf(process: Process): NetworkPort {
    const host = this.byNode.get(process.node);
    invariant(host !== undefined, "a process has a host", { node: process.node });
    return {
      listen: (endpoint, accept, done) => this.listen({ host, process, endpoint, accept }, done),
      dial: (endpoint, done) => {
        if (process.isAlive) new Handshake({ network: this, from: host, process, endpoint, done }).start();
      },
    };
  }

  find(name: string, from: NetworkHost): NetworkHost | undefined {
    return LOOPBACK_NAMES.has(name) ? from : this.byName.get(name);
  }

  link(from: NetworkHost, to: NetworkHost): Link {
    let row = this.links.get(from);
    if (row === undefined) this.links.set(from, (row = new Map()));
    let link = row.get(to);
    if (link === undefined) row.set(to, (link = new Link(from, to, this.options, this.stream.fork(`${from.node}>${to.node}`))));
    return link;
  }

  /** The two ends come into being together; the dialler hears of it, and its bytes, a latency later. */
  connect(handshake: { from: NetworkHost; to: NetworkHost; process: Process; listener: Listener; port: number }): {
    connection: Connection;
    dialledAtUs: number;
  } {
    const { from, to, process, listener, port } = handshake;
    const back = this.link(to, from);
    const id = ++this.lastConnection;
    const endpoint = `${to.name}:${port}`;
    const connection = new Connection({
      id,
      transport: listener.transport,
      endpoint,
      wire: this,
      dialler: { process, address: `${from.name}:${EPHEMERAL_PORT + (id % (LAST_PORT - EPHEMERAL_PORT))}` },
      acceptor: { process: listener.process, address: endpoint },
      there: this.link(from, to),
      back,
    });
    this.connections.add(connection);
    this.counters.dialled++;
    const dialledAtUs = this.scheduler.nowUs + back.drawLatencyUs();
    connection.incomingOf(connection.dialler).notBefore(dialledAtUs);
    listener.process.deliver(new Call(listener.process, () => listener.accept(connection.acceptor)));
    return { connection, dialledAtUs };
  }

  /** The process is gone and its host is not: peers see resets. */
  processDied(process: Process): void {
    for (const { connection, end } of this.endsOf(process)) this.closeEnd(connection, end);
    this.closeListeners(process);
  }

  /**
   * The process executes nothing any more, and the system closes what it held over a while: its connections at random moments, its
   * listeners at the end. What was accepted on its behalf until then is closed with them.
   */
  processDies(process: Process, host: NetworkHost, overUs: number): void {
    const { scheduler, deaths } = this;
    host.deadAtUs = scheduler.nowUs + overUs;
    for (const { connection, end } of this.endsOf(process)) {
      const close = new Call(undefined, () => {
        if (end.isOpen) this.closeEnd(connection, end);
      });
      scheduler.schedule(scheduler.nowUs + deaths.below(overUs), close);
    }
    scheduler.schedule(host.deadAtUs, new Call(undefined, () => this.processDied(process)));
  }

  /** The host is gone: peers see nothing, until their patience ends or it is back. */
  hostVanished(process: Process, host: NetworkHost): void {
    host.isPowered = false;
    host.deadAtUs = 0;
    for (const { connection, end } of this.endsOf(process)) {
      const outgoing = connection.outgoingOf(end);
      end.abandon();
      outgoing.close("reset", { losesBytes: true, afterUs: outgoing.stream.between(1, this.options.silenceUsMax) });
    }
    this.closeListeners(process);
  }

  hostReturned(host: NetworkHost): void {
    host.isPowered = true;
    for (const connection of this.connections) {
      for (const end of [connection.dialler, connection.acceptor]) if (!end.isOpen && end.process.node === host.node) connection.outgoingOf(end).hasten();
    }
  }

  /** Breaks every connection of one host, or of all. */
  breakConnections(host: NetworkHost | undefined, losesBytes: boolean): void {
    for (const connection of this.connections) {
      const isConcerned = host === undefined || connection.dialler.process.node === host.node || connection.acceptor.process.node === host.node;
      if (isConcerned) connection.break(losesBytes);
    }
  }

  /** Each chunk is named once: the classifier remembers requests to know their answers. */
  holds(bytes: Uint8Array, direction: Direction): boolean {
    if (this.classify === undefined || !(this.stash.isWanted || this.corruption.isWanted)) return false;
    const { connection, sender, receiver, isFromDialler } = direction;
    const message = this.classify(bytes, connection.transport, {
      connection: connection.id,
      from: sender.process.node,
      to: receiver.process.node,
      isFromDialler,
    });
    this.corruption.damage(bytes, message);
    return this.stash.holds(message, direction);
  }

  delivered(direction: Direction, bytes: number): void {
    this.counters.deliveredMessages++;
    this.counters.deliveredBytes += bytes;
    this.stash.delivered(direction);
  }

  closed(connection: Connection): void {
    this.connections.delete(connection);
  }

  violation(text: string): void {
    this.report(text);
  }

  /** Closed by the system in the place of its process. */
  private closeEnd(connection: Connection, end: Connection["dialler"]): void {
    const outgoing = connection.outgoingOf(end);
    end.abandon();
    outgoing.close("reset", { losesBytes: outgoing.stream.chancePpm(500_000) });
  }

  private *endsOf(process: Process): Generator<{ connection: Connection; end: Connection["dialler"] }> {
    for (const connection of this.connections) {
      for (const end of [connection.dialler, connection.acceptor]) if (end.process === process && end.isOpen) yield { connection, end };
    }
  }

  private closeListeners(process: Process): void {
    const { listeners } = this.byNode.get(process.node) as NetworkHost;
    for (const [port, listener] of listeners) if (listener.process === process) listeners.delete(port);
  }

  private listen(request: { host: NetworkHost; process: Process; endpoint: Endpoint; accept: Listener["accept"] }, done: Done<number>): void {
    const { host, process, endpoint, accept } = request;
    if (!process.isAlive) return;
    const answer = (outcome: Parameters<Done<number>>[0]): void => this.scheduler.schedule(this.scheduler.nowUs, new Call(process, () => done(outcome)));
    const port = endpoint.port === 0 ? host.freePort() : endpoint.port;
    if (port === undefined || host.listeners.has(port)) return answer(failed("EADDRINUSE", `${host.name}:${endpoint.port}`));
    host.listeners.set(port, { process, transport: endpoint.transport, accept });
    answer(succeeded(port));
  }
}
