import { createHash } from "node:crypto";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import type { Outcome, PortConnection, Transport } from "@samsa/world";
import { afterEach, expect, it } from "vitest";
import { WebSocket } from "ws";
import { MESSAGE_BYTES_MAX } from "../src/index.ts";
import { NodeNetwork } from "../src/network.ts";
import { eventually } from "./eventually.ts";

const networks: NodeNetwork[] = [];
const sockets: Socket[] = [];
const servers: Server[] = [];

function createNetwork(options = {}): NodeNetwork {
  const network = new NodeNetwork(options);
  networks.push(network);
  return network;
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) server.close();
  await Promise.all(networks.splice(0).map((network) => new Promise<void>((resolve) => network.close(resolve))));
});

const host = "127.0.0.1";
const call = <T>(start: (done: (outcome: Outcome<T>) => void) => void): Promise<Outcome<T>> => new Promise(start);

async function listen(network: NodeNetwork, transport: Transport, accept: (connection: PortConnection) => void): Promise<number> {
  const outcome = await call<number>((done) => network.listen({ transport, host, port: 0 }, accept, done));
  if (!outcome.ok) throw new Error(outcome.error.detail);
  return outcome.value;
}

function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void } {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => (resolve = settle));
  return { promise, resolve };
}

function rawClient(port: number): Socket {
  const socket = connect({ host, port, allowHalfOpen: true });
  socket.on("error", () => {});
  sockets.push(socket);
  return socket;
}

interface Told {
  readonly received: string[];
  readonly closed: Promise<string>;
}

function follow(connection: PortConnection): Told {
  const received: string[] = [];
  const closed = new Promise<string>((resolve) => {
    connection.attach({ received: (bytes) => received.push(Buffer.from(bytes).toString()), drained: () => {}, closed: resolve });
  });
  return { received, closed };
}

it("answers a client that half-closes: it is told of the end, and what was written still arrives", async () => {
  const accepted = deferred<PortConnection>();
  const client = rawClient(await listen(createNetwork(), "stream", accepted.resolve));
  const connection = await accepted.promise;
  const told = follow(connection);
  connection.write([Buffer.from("answer")]);
  client.end("last words");
  const heard: string[] = [];
  client.on("data", (bytes) => heard.push(bytes.toString()));
  await new Promise((resolve) => client.on("end", resolve));
  expect(await told.closed).toBe("end");
  expect([told.received.join(""), heard.join("")]).toEqual(["last words", "answer"]);
});

it.each(["before", "after"])(
  "ends a connection that is not read any more, also if that was said %s the end, when the other side has ended it",
  async (order) => {
    const network = createNetwork();
    const accepted = deferred<PortConnection>();
    const client = rawClient(await listen(network, "stream", accepted.resolve));
    const connection = await accepted.promise;
    const told = follow(connection);
    const stop = (): void => connection.setReading(false);
    if (order === "before") stop();
    const answered = new Promise((resolve) => client.on("data", resolve));
    // More than waits in the system: it is all sent only if it is read.
    client.end(Buffer.alloc(16 * 1024 * 1024));
    connection.write([Buffer.from("no")]);
    connection.end();
    if (order === "after") stop();
    expect(String(await answered)).toBe("no");
    expect(await told.closed).toBe("end");
    expect(await eventually(() => network.openConnections === 0)).toBe(true);
    expect(told.received).toEqual([]);
  },
);

it("resets who goes on sending after the end of a connection that is not read any more", async () => {
  const network = createNetwork({ endTimeoutMs: 200 });
  const accepted = deferred<PortConnection>();
  const client = rawClient(await listen(network, "stream", accepted.resolve));
  const connection = await accepted.promise;
  const told = follow(connection);
  connection.setReading(false);
  connection.end();
  client.resume();
  const sending = setInterval(() => client.write("more"), 5);
  expect(await told.closed).toBe("reset");
  clearInterval(sending);
});

it("tells of a client that is killed as a reset", async () => {
  const accepted = deferred<PortConnection>();
  const client = rawClient(await listen(createNetwork(), "stream", accepted.resolve));
  const told = follow(await accepted.promise);
  client.resetAndDestroy();
  expect(await told.closed).toBe("reset");
});

it("gives up a dial to a listener that never answers", async () => {
  // It takes the connection and says nothing: the upgrade to a message connection never comes.
  const silent = createServer((socket) => void sockets.push(socket));
  const port = await new Promise<number>((resolve) => silent.listen(0, host, () => resolve((silent.address() as AddressInfo).port)));
  const outcome = await call<PortConnection>((done) => createNetwork({ dialTimeoutMs: 50 }).dial({ transport: "message", host, port }, done));
  expect(outcome.ok ? "ok" : outcome.error.code).toBe("ETIMEDOUT");
  silent.close();
});

it("fails a dial to a host that has no address, and does not call it refused", async () => {
  const outcome = await call<PortConnection>((done) => createNetwork().dial({ transport: "stream", host: "nowhere.invalid", port: 9 }, done));
  expect(outcome.ok ? "ok" : outcome.error.code).toBe("EHOSTUNREACH");
});

it("refuses everything on a message listener but its one WebSocket", async () => {
  let connections = 0;
  const port = await listen(createNetwork(), "message", () => connections++);
  expect((await fetch(`http://${host}:${port}/samsa`)).status).toBe(426);
  const stranger = new WebSocket(`ws://${host}:${port}/elsewhere`);
  await new Promise((resolve) => stranger.on("error", resolve));
  const garbage = rawClient(port);
  garbage.write("\0\0\0\x10not http at all\r\n\r\n");
  await new Promise((resolve) => garbage.resume().on("close", resolve).on("end", resolve));
  expect(connections).toBe(0);
});

it("closes a message connection on which a message is too large, and only that one", async () => {
  const accepted = deferred<PortConnection>();
  const port = await listen(createNetwork(), "message", accepted.resolve);
  const client = new WebSocket(`ws://${host}:${port}/samsa`, { perMessageDeflate: false });
  client.on("error", () => {});
  await new Promise((resolve) => client.on("open", resolve));
  const told = follow(await accepted.promise);
  client.send(Buffer.alloc(MESSAGE_BYTES_MAX + 1));
  expect(await told.closed).toBe("reset");
  expect(told.received).toEqual([]);
});

it("gives a stranger no memory for a large message, and takes it whole when the stranger is admitted", async () => {
  const accepted: PortConnection[] = [];
  const network = createNetwork();
  const port = await listen(network, "message", (connection) => accepted.push(connection));
  const dial = async (): Promise<PortConnection> => {
    const outcome = await call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
    if (!outcome.ok) throw new Error(outcome.error.detail);
    follow(outcome.value);
    return outcome.value;
  };
  const [stranger, peer] = [await dial(), await dial()];
  await eventually(() => accepted.length === 2);
  const sizes: number[][] = accepted.map(() => []);
  for (const [index, connection] of accepted.entries())
    connection.attach({ received: (bytes) => sizes[index]?.push(bytes.length), drained: () => {}, closed: () => {} });
  accepted[1]?.admit();
  const message = Buffer.alloc(MESSAGE_BYTES_MAX);
  stranger.write([Buffer.alloc(100)]);
  for (const one of [stranger, peer, peer, peer]) one.write([message]);
  await eventually(() => sizes[1]?.length === 3);
  expect(sizes[0]).toEqual([100]);
  accepted[0]?.admit();
  await eventually(() => sizes[0]?.length === 2);
  expect(sizes[0]).toEqual([100, MESSAGE_BYTES_MAX]);
});

it("holds messages of one chunk when the receiver stops in the middle, and the end behind them", async () => {
  const accepted = deferred<PortConnection>();
  const network = createNetwork();
  const port = await listen(network, "message", accepted.resolve);
  const dialled = await call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  if (!dialled.ok) throw new Error(dialled.error.detail);
  const connection = await accepted.promise;
  const received: string[] = [];
  let isReading = true;
  const setReading = (value: boolean): void => {
    isReading = value;
    connection.setReading(value);
  };
  const closed = new Promise<string>((resolve) => {
    const onReceived = (bytes: Uint8Array): void => {
      received.push(`${Buffer.from(bytes).toString()} ${isReading}`);
      setReading(false);
      setTimeout(() => setReading(true), 5);
    };
    connection.attach({ received: onReceived, drained: () => {}, closed: resolve });
  });
  follow(dialled.value);
  for (const text of ["a", "b", "c", "d"]) dialled.value.write([Buffer.from(text)]);
  dialled.value.end();
  expect(await closed).toBe("end");
  expect(received).toEqual(["a true", "b true", "c true", "d true"]);
});

it("breaks every connection, fails every dial and frees every port when it closes", async () => {
  const network = createNetwork();
  const accepted = deferred<PortConnection>();
  const port = await listen(network, "stream", accepted.resolve);
  const dialled = await call<PortConnection>((done) => createNetwork().dial({ transport: "stream", host, port }, done));
  if (!dialled.ok) throw new Error(dialled.error.detail);
  const told = follow(dialled.value);
  await accepted.promise;
  const pending = call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  await new Promise<void>((resolve) => network.close(resolve));
  expect(await told.closed).toBe("reset");
  expect((await pending).ok).toBe(false);
  const again = await call<PortConnection>((done) => createNetwork().dial({ transport: "stream", host, port }, done));
  expect(again.ok ? "ok" : again.error.code).toBe("ECONNREFUSED");
});

/** A WebSocket server by hand: it says yes to the upgrade, keeps what comes, and answers only what `answer` makes of it. */
async function rawMessageServer(answer: (bytes: Buffer) => Uint8Array | undefined): Promise<{ port: number; pings: () => number }> {
  let pings = 0;
  const server = createServer((socket) => {
    sockets.push(socket);
    let isUpgraded = false;
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => {
      if (isUpgraded) {
        pings++;
        const reply = answer(bytes);
        if (reply !== undefined) socket.write(reply);
        return;
      }
      isUpgraded = true;
      const key = /sec-websocket-key: (.*)\r\n/i.exec(bytes.toString())?.[1] ?? "";
      const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    });
  });
  await new Promise<void>((listening) => server.listen(0, host, listening));
  servers.push(server);
  return { port: (server.address() as AddressInfo).port, pings: () => pings };
}

/** An unmasked pong without content. */
const PONG = Uint8Array.of(0x8a, 0x00);
const HEARTBEAT_MS = 20;

it("resets a message connection whose other side has gone silent without a word", async () => {
  const { port, pings } = await rawMessageServer(() => undefined);
  const network = createNetwork({ heartbeatIntervalMs: HEARTBEAT_MS });
  const dialled = await call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  if (!dialled.ok) throw new Error(dialled.error.detail);
  expect(await follow(dialled.value).closed).toBe("reset");
  expect(pings()).toBeGreaterThan(0);
  await eventually(() => network.openConnections === 0);
});

it("keeps a message connection whose other side says nothing but that it is alive, and one that it does not read itself", async () => {
  const { port, pings } = await rawMessageServer(() => PONG);
  const network = createNetwork({ heartbeatIntervalMs: HEARTBEAT_MS });
  const dial = () => call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  const [alive, unread] = [await dial(), await dial()];
  if (!alive.ok || !unread.ok) throw new Error("both are dialled");
  let closed = 0;
  for (const { value } of [alive, unread]) void follow(value).closed.then(() => closed++);
  unread.value.setReading(false);
  expect(await eventually(() => pings() >= 10)).toBe(true);
  expect([closed, network.openConnections]).toEqual([0, 2]);
});

it("takes nobody for gone because it was stopped itself", async () => {
  const { port, pings } = await rawMessageServer(() => PONG);
  const network = createNetwork({ heartbeatIntervalMs: HEARTBEAT_MS });
  const dialled = await call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  if (!dialled.ok) throw new Error(dialled.error.detail);
  let isClosed = false;
  void follow(dialled.value).closed.then(() => (isClosed = true));
  for (let stop = 0; stop < 3; stop++) {
    const before = pings();
    // The event loop stands still for several beats.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5 * HEARTBEAT_MS);
    expect(await eventually(() => pings() > before)).toBe(true);
  }
  expect(isClosed).toBe(false);
});

it.each([
  ["says nothing", ""],
  ["begins a request and never ends it", "GET /samsa HTTP/1.1\r\nHost: a\r\n"],
])("resets who connects for messages and %s", async (_, words) => {
  const network = createNetwork({ upgradeTimeoutMs: 30 });
  const client = rawClient(await listen(network, "message", () => expect.unreachable("it has no WebSocket")));
  client.resume();
  client.write(words);
  expect(await eventually(() => client.closed)).toBe(true);
  expect(await eventually(() => network.openConnections === 0)).toBe(true);
});

it("keeps at most 64 who have not asked for their WebSocket, and room for one that does", async () => {
  const network = createNetwork({ upgradeTimeoutMs: 60_000 });
  const accepted = deferred<PortConnection>();
  const port = await listen(network, "message", accepted.resolve);
  const silent = Array.from({ length: 200 }, () => rawClient(port).resume());
  expect(await eventually(() => silent.filter((client) => client.closed).length === 200 - 64)).toBe(true);
  const dialled = await call<PortConnection>((done) => network.dial({ transport: "message", host, port }, done));
  expect(dialled.ok).toBe(true);
  await accepted.promise;
  expect(silent.filter((client) => !client.closed)).toHaveLength(64 - 1);
});

it("takes a listening socket over that was made for it, and leaves the port free when it closes", async () => {
  const reserved = createServer();
  await new Promise<void>((resolve) => reserved.listen({ host, port: 0 }, resolve));
  const { port } = reserved.address() as AddressInfo;
  const asked: number[] = [];
  const network = createNetwork({
    reserved: (endpoint: { readonly port: number }) => {
      asked.push(endpoint.port);
      return asked.length === 1 ? reserved : undefined;
    },
  });
  const accepted = deferred<PortConnection>();
  const outcome = await call<number>((done) => network.listen({ transport: "stream", host, port }, accepted.resolve, done));
  expect(outcome).toEqual({ ok: true, value: port });
  sockets.push(connect(port, host));
  await accepted.promise;
  await new Promise<void>((resolve) => network.close(resolve));
  const again = createNetwork();
  expect(await call<number>((done) => again.listen({ transport: "stream", host, port }, () => {}, done))).toEqual({ ok: true, value: port });
  expect(asked).toEqual([port]);
});

it.each([
  { isKilled: false, event: "error" },
  { isKilled: true, event: "end" },
])("a connection on which all was read ends by $event where isKilled is $isKilled", async ({ isKilled, event }) => {
  const network = createNetwork();
  const accepted = deferred<PortConnection>();
  const port = await listen(network, "stream", accepted.resolve);
  const socket = connect(port, host);
  sockets.push(socket);
  const seen = deferred<string>();
  for (const one of ["end", "error"]) socket.on(one, () => seen.resolve(one));
  socket.resume();
  await accepted.promise;
  network.close(() => {}, isKilled);
  expect(await seen.promise).toBe(event);
});
