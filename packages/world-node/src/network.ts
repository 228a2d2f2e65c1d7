import type { Server, Socket } from "node:net";
import { connect, createServer } from "node:net";
import type { Done, Endpoint, NetworkPort, Outcome, PortConnection, Transport } from "@samsa/world";
import { failed, succeeded } from "@samsa/world";
import { Heartbeats } from "./heartbeats.ts";
import type { MessageConnection } from "./message-connection.ts";
import { createMessageServer, dialMessages } from "./message-transport.ts";
import { DIAL_TIMEOUT_MS, HEARTBEAT_INTERVAL_MS, LISTEN_BACKLOG, UPGRADE_TIMEOUT_MS } from "./network-limits.ts";
import { PiecePool } from "./piece-pool.ts";
import { StreamConnection } from "./stream-connection.ts";
import { networkFailure } from "./system-error.ts";
import { clearTimeout, setImmediate, setTimeout } from "./timers.ts";

export interface NodeNetworkOptions {
  readonly dialTimeoutMs?: number;
  readonly heartbeatIntervalMs?: number;
  readonly upgradeTimeoutMs?: number;
  readonly endTimeoutMs?: number;
  /** The disk's too; its own if it is left out. */
  readonly pieces?: PiecePool;
  /** A server that listens there already on behalf of this network, which takes its handle over; asked once for each `listen`. */
  readonly reserved?: (endpoint: Endpoint) => Server | undefined;
}

/** TCP connections and WebSockets over them. */
export class NodeNetwork implements NetworkPort {
  private readonly dialTimeoutMs: number;
  private readonly upgradeTimeoutMs: number;
  private readonly endTimeoutMs: number | undefined;
  private readonly heartbeats: Heartbeats;
  private readonly pieces: PiecePool;
  private readonly reserved: (endpoint: Endpoint) => Server | undefined;
  private readonly servers = new Set<Server>();
  private readonly sockets = new Set<Socket>();
  /** Dials without an answer yet: called, they fail. */
  private readonly dials = new Set<(outcome: Outcome<never>) => void>();
  private isClosed = false;

  constructor(options: NodeNetworkOptions = {}) {
    this.dialTimeoutMs = options.dialTimeoutMs ?? DIAL_TIMEOUT_MS;
    this.upgradeTimeoutMs = options.upgradeTimeoutMs ?? UPGRADE_TIMEOUT_MS;
    this.endTimeoutMs = options.endTimeoutMs;
    this.pieces = options.pieces ?? new PiecePool();
    this.reserved = options.reserved ?? (() => undefined);
    this.heartbeats = new Heartbeats(options.heartbeatIntervalMs ?? HEARTBEAT_INTERVAL_MS);
  }

  get openConnections(): number {
    return this.sockets.size;
  }

  listen(endpoint: Endpoint, accept: (connection: PortConnection) => void, done: Done<number>): void {
    if (this.isClosed) return later(done, CLOSED);
    const server = this.createServer(endpoint.transport, accept);
    const onError = (error: Error): void => {
      this.servers.delete(server);
      done(networkFailure(error));
    };
    server.once("error", onError);
    const listening = (): void => {
      server.off("error", onError);
      // A connection that could not be accepted (no descriptors left) is that client's loss.
      server.on("error", () => {});
      const address = server.address();
      done(succeeded(typeof address === "object" && address !== null ? address.port : endpoint.port));
    };
    const reserved = this.reserved(endpoint);
    if (reserved === undefined) server.listen({ host: endpoint.host, port: endpoint.port, backlog: LISTEN_BACKLOG }, listening);
    else server.listen(reserved, LISTEN_BACKLOG, listening);
    this.servers.add(server);
  }

  dial(endpoint: Endpoint, done: Done<PortConnection>): void {
    if (this.isClosed) return later(done, CLOSED);
    let giveUp: () => void = () => {};
    const settle = (outcome: Outcome<PortConnection>): void => {
      if (!this.dials.delete(abandon)) return;
      clearTimeout(timer);
      done(outcome);
    };
    const abandon = (outcome: Outcome<never>): void => {
      settle(outcome);
      giveUp();
    };
    const silence = failed("ETIMEDOUT", `no answer from ${endpoint.host}:${endpoint.port} for ${this.dialTimeoutMs} ms`);
    const timer = setTimeout(() => abandon(silence), this.dialTimeoutMs);
    this.dials.add(abandon);
    const opened = (connection: PortConnection, socket: Socket): void => {
      this.track(socket);
      settle(succeeded(connection));
    };
    const openedStream = (socket: Socket): void => opened(new StreamConnection(socket, this.pieces, this.endTimeoutMs), socket);
    const openedMessages = (connection: MessageConnection, socket: Socket): void => {
      connection.watch(this.heartbeats);
      opened(connection, socket);
    };
    const fail = (error: Error): void => settle(networkFailure(error));
    giveUp = endpoint.transport === "stream" ? dialStream(endpoint, openedStream, fail) : dialMessages(endpoint, openedMessages, fail);
  }

  /**
   * Every connection breaks, nothing listens any more. `done` comes once. `isKilled`: connections end as the system ends those of a killed process,
   * with a reset only where something that came was not read.
   */
  close(done: () => void, isKilled = false): void {
    this.isClosed = true;
    this.heartbeats.stop();
    for (const abandon of this.dials) abandon(CLOSED);
    for (const socket of this.sockets) {
      if (isKilled) socket.destroy();
      else socket.resetAndDestroy();
    }
    let open = this.servers.size;
    if (open === 0) return void setImmediate(done);
    for (const server of this.servers) {
      // Also called (with an error) for a server that does not listen yet or any more.
      server.close(() => {
        open--;
        if (open === 0) done();
      });
    }
    this.servers.clear();
  }

  private createServer(transport: Transport, accept: (connection: PortConnection) => void): Server {
    const acceptMessages = (connection: MessageConnection): void => {
      connection.watch(this.heartbeats);
      accept(connection);
    };
    const server =
      transport === "stream"
        ? createServer((socket) => accept(new StreamConnection(socket, this.pieces, this.endTimeoutMs)))
        : createMessageServer(acceptMessages, this.upgradeTimeoutMs);
    return server.prependListener("connection", (socket: Socket) => this.track(socket));
  }

  private track(socket: Socket): void {
    this.sockets.add(socket);
    socket.once("close", () => this.sockets.delete(socket));
  }
}

/** One of the two is called, once; the function returned gives up. */
function dialStream(endpoint: Endpoint, opened: (socket: Socket) => void, failed: (error: Error) => void): () => void {
  const socket = connect({ host: endpoint.host, port: endpoint.port, noDelay: true });
  socket.once("error", failed);
  socket.once("connect", () => {
    socket.off("error", failed);
    opened(socket);
  });
  return () => socket.destroy();
}

const CLOSED = failed("EHOSTUNREACH", "the world is closed");

function later<T>(done: Done<T>, outcome: Outcome<never>): void {
  setImmediate(() => done(outcome));
}
